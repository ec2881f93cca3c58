"""The Python API: train, sample and evaluate without the window. ``import pushforward`` has it."""
