"""The disk: a project is a folder, and its files are the truth.

Any process may read at any time, also while another writes: files are replaced whole (`atomic`)
or only grow by lines (`lines`). Nothing here knows torch, Qt or the engine, and importing it
loads neither h5py nor safetensors nor psutil: they are imported where they are needed.
"""
