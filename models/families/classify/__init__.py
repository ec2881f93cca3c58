"""Learners that tell classes apart."""
