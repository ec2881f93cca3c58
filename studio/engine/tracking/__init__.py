"""Curves of a training in the user's experiment tracker, while it runs."""
