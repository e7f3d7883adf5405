"""What every run reports again until somebody acts: ended and untracked transfers, instances that changed."""
