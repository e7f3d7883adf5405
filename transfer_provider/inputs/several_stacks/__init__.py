"""What the stacks of a project share by files, and must not share: a `base` of security groups, and an instance."""
