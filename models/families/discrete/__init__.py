"""Families that noise symbols, or write them one by one."""
