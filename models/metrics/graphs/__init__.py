"""How graphs are compared: by what is counted in them, and by whether they are of the right make."""
