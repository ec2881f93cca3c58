"""Kinds of data: points, images. One file each; everything else asks the spec or the registry."""
