"""Labs of representations: views of an anchor, the map of features, probes and the sweep of σ."""
