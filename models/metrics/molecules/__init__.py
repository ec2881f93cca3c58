"""Figures of molecules."""
