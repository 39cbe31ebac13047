"""Private feeds: drawn from the store, kept ready, and handed out to whoever has the address."""
