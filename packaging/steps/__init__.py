"""The steps of setting up and testing, one a file. The standard library only."""
