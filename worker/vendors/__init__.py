"""Everything a vendor is, and nothing else: one folder each, and one way out to all of them."""
