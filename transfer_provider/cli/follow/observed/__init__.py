"""What is known of a stack's handovers: by its files, its state and both accounts, and what could not be queried."""
