"""What a model is told of each datum, as a sentence: on the setup, beside a run and in its log."""

from collections.abc import Mapping

from pushforward.studio.counts import join_words

__all__ = ["CLASS", "KERNEL", "told_of"]

CLASS, SIZE = "label", "size"
KERNEL = "kernel"
"""The field that compares data by what they are, class by class where they are told it."""


def told_of(one: str, words: Mapping[str, str], field: str) -> str:
    """Return what a model of a field is told, "" for nothing; ``words`` are what is known of each
    datum, ``one`` of which is called so, by name.
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
