"""How data that are no plain numbers lie in rows: what kinds, networks and figures share of it."""
