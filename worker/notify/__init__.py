"""Tells people what they should not have to look for: by webhook and by mail."""
