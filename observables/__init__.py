"""What is measured of one datum, by figures of quality and on the screen alike.

Numpy only, and networkx where it is asked whether a graph is planar: the models and the window,
which never reach each other, both reach it.
"""
