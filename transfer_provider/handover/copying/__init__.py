"""A handover by a copy (`channel: image`): what a run observes of it, decides, refuses and declares."""
