"""Data sets of images: real files that ship with the studio, one module a set.

They are registered here and not in `models`, which reads no files.
"""
