"""Samplers of symbols: siblings of the Gaussian ones, with the same frames."""
