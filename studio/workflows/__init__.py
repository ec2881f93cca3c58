"""What the command line and the Python API share: which run, which settings, what was measured."""
