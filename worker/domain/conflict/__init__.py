"""What counts as a conflict, how it is found, how bad it is, and how long it lives."""
