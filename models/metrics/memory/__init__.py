"""Metrics of memorisation: whether samples are copies of training data."""
