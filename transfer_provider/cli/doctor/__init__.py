"""`handover doctor`: read-only preflight checks of a stack's engine, files, state, accounts and permissions."""
