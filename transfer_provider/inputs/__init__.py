"""What users declare, in code or in YAML, checked: pure, no cloud and no Pulumi."""
