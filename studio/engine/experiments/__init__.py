"""Claims about real data, whose files `models` does not read: registered as all experiments are."""
