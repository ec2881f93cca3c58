"""The data of a run: found, read, edited, handed out in batches."""
