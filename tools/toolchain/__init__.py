"""How the engine and the alicloud plugin are had where they are not installed: built from their Go modules."""
