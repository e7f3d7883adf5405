"""The `alicloud-sandbox` command."""
