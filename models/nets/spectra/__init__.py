"""Networks for windows of hyperspectral scenes: first along the spectrum, then across pixels."""
