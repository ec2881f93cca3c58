"""Observables of sentences of a small grammar.

A sentence is a tuple of words of `grammar.WORDS`. Its tree says of each word its category, and of
each word but the main verb which other word it hangs on and by which relation.
"""
