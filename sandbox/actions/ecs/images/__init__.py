"""ECS: images: listed, made from instances, shared with other accounts, copied, deleted."""
