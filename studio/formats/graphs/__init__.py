"""Files of graphs."""
