"""Where the runs of a sweep are trained: processes here, a Ray cluster, Slurm."""
