"""Claims about representations learned from a generator."""
