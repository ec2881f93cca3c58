"""Tables of points: CSV, TSV, NPY, NPZ, HDF5; one file a format."""
