"""The report as pages: what each shows, in words that need no manual. They work without script."""
