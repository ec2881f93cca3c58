"""Quantities of users and their histories."""
