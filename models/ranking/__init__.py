"""Evaluation of recommenders: splits, full ranking, metrics per user, and comparisons."""
