"""Metrics of recommenders: where the item that came next stands in their list."""
