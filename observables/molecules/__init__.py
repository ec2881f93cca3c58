"""Observables of molecules.

Molecules are graphs of heavy atoms: ``atoms`` (n, N) whole numbers, places in `atoms.ATOMS`, and
``bonds`` (n, N, N), symmetric, of order 1 to 3 and 0 where there is none; the first ``size`` (n,)
atoms of each are real. Hydrogens fill what valence is left. Charges are not known.
"""
