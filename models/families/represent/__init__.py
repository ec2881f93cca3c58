"""Models that learn a representation of the data."""
