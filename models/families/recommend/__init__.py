"""Learners that recommend the next item of a history."""
