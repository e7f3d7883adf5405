"""What `handover doctor` checks: the engine, the stack's files, its backend, and both accounts. Nothing is changed."""
