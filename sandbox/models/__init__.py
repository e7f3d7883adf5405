"""What can exist: the world file and the things in it, as pure models."""
