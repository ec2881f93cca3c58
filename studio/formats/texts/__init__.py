"""Files of texts."""
