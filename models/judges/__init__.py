"""Judges: networks in whose features samples are compared. One file each, found by discovery."""
