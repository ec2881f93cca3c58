"""What is measured of one datum, by figures of quality and on the screen alike.

Numpy only: the models and the window, which never reach each other, both reach it.
"""
