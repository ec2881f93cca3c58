"""Graphs written as words: symbol after symbol, each saying what is added."""
