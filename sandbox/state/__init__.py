"""What the local cloud holds now: accounts' resources, clock, ids, access keys."""
