"""How well a model tells classes apart."""
