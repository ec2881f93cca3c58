"""Where the runs of a sweep are trained: processes here, another computer, a Ray cluster, Slurm."""
