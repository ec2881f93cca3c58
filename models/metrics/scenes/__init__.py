"""Metrics of generated spectra of scenes."""
