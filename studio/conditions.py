"""Describe the conditions of a model as a sentence, for the setup, the run and its log."""

from collections.abc import Mapping

from pushforward.studio.counts import join_words

__all__ = ["CLASS", "KERNEL", "told_of"]

CLASS, SIZE = "label", "size"
KERNEL = "kernel"
"""The field that compares data class by class."""


def told_of(one: str, words: Mapping[str, str], field: str) -> str:
    """Return a sentence on the conditions of a model with a field, "" for none; ``words`` names the
    known conditions, ``one`` is a sample.
    """
    if not words:
        return ""
    if field != KERNEL:
        return f"It is conditioned on {join_words(list(words.values()))}."
    # It compares what is of one class, and sees which places are padded.
    others = [word for name, word in words.items() if name not in (CLASS, SIZE)]
    heard = f"the {words[CLASS]} of each {one}" if CLASS in words else f"nothing of a {one}"
    unheard = f", and none of {join_words(others)}" if others else ""
    kept = f"; the {words[SIZE]} is kept" if SIZE in words else ""
    return f"Its kernel compares {heard}{unheard}{kept}."
