"""Kinds of data, one file each; everything else asks the spec or the registry."""
