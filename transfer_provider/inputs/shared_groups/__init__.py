"""Security groups that several stacks share: a `security-groups.yaml` names a `base` file, and adds to its groups."""
