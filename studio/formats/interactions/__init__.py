"""Importers of interactions: who took what, when."""
