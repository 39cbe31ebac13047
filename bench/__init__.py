"""Benchmarks: each prints how much slower calsync is than a floor measured beside it."""
