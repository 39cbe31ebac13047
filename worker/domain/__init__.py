"""The pure core: what events, listings, conflicts and health are. No clock, no I/O, no logging."""
