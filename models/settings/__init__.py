"""Settings of families that have many, and those that several have: the file of a family shows its
mathematics.
"""
