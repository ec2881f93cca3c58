"""One of many things that can be chosen, in words. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Option", "found"]


@dataclass(frozen=True)
class Option:
    """Something that can be chosen.

    Attributes:
        value: what is chosen by it.
        title, summary: a line each.
        note: a fact for the end of the line.
        why_not: why it cannot be chosen as things are, "" where it can be.
        instead: what choosing it does nevertheless ("the model becomes POP"); with a reason and
            without this it cannot be chosen at all.
        facts: more that is known of it, each with its name.
        words: by which it is found, besides those above.
        thing: what it stands for, for who shows it more closely.
    """

    value: Any
    title: str
    summary: str = ""
    note: str = ""
    why_not: str = ""
    instead: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    words: str = ""
    thing: Any = field(default=None, compare=False)

    @property
    def usable(self) -> bool:
        """Whether it can be chosen."""
        return not self.why_not or bool(self.instead)

    def rank(self, search: str) -> int:
        """Return how well a search finds it: 0 for not at all, more for its title."""
        title = self.title.lower()
        rest = " ".join((self.summary, self.note, self.words)).lower()
        words = search.lower().split()
        if not all(word in title or word in rest for word in words):
            return 0
        if title == " ".join(words):
            return 5
        if words and title.startswith(words[0]):
            return 4
        if words and any(part.startswith(words[0]) for part in title.split()):
            return 3
        return 2 if all(word in title for word in words) else 1


def found(options: Iterable[Option], search: str) -> list[Option]:
    """Return the options that a search finds, the best first; all in their order for none."""
    if not search.strip():
        return list(options)
    ranked = [(each.rank(search), each) for each in options]
    return [each for rank, each in sorted(ranked, key=lambda pair: -pair[0]) if rank]
