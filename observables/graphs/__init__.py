"""Observables of graphs.

Graphs are matrices ``adjacency`` (n, N, N), symmetric, with 0 where two nodes are not joined and
what joins them else, True or the number of its type; the first ``size`` (n,) nodes of each are
real. A single one is ``square`` (n, n), all of whose nodes are real.
"""
