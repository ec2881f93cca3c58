"""Networks for graphs."""
