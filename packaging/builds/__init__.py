"""The commands of `packaging/build.py`, one module each, and what they share."""
