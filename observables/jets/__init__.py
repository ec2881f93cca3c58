"""Observables of jets.

All are functions of constituents as arrays: ``angles`` (n, N, 2), eta and phi of each from the axis
of its jet, and ``pt`` (n, N), its transverse momentum, 0 where a place is padded. Numbers must be
finite, no pT below 0. Constituents are massless, so that pseudorapidity is rapidity.
"""
