"""Five simulated vendors over real HTTP, to rehearse with and to test against."""
