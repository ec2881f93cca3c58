"""How graphs are compared: by what is counted in them, and whether they are of the right make."""
