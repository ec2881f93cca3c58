"""Programs of others that make data."""
