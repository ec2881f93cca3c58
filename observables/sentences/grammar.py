"""A small grammar of English: what its sentences are, and the one tree that each of them has.

A rule says what a phrase is made of. One part is its head, and the others hang on the head's word
by a relation (Gaifman 1965, doi:10.1016/S0019-9958(65)90232-9, section 2: dependencies of a phrase
structure with heads); there are parts that only look alike: "with the telescope" hangs on a verb,
as one can see with it, and "with the hat" on a noun; "that" begins a clause or is as good as "the";
one can leave, or be the left one of two. Each sentence has one tree, which a test makes sure of.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

__all__ = [
    "CATEGORIES",
    "LONGEST",
    "RELATIONS",
    "WORDS",
    "Tree",
    "draw_sentence",
    "parses",
    "tokens",
    "unseen",
]

LONGEST = 12
"""Words of a sentence at most."""

CATEGORIES = (
    "determiner", "adjective", "noun", "main verb", "verb", "adverb", "preposition", "pronoun",
)  # fmt: skip
RELATIONS = ("subject", "object", "modifier", "function")

_EVERY = 4  # of so many orders of categories one is unseen
_DET, _ADJ, _NOUN, _MAIN, _VERB, _ADV, _PREP, _PRON = range(8)
_SUBJECT, _OBJECT, _MODIFIER, _FUNCTION = range(1, 5)
_HEAD = 0

_GOES, _SEES = "slept ran sang left", "saw chased liked found watched"
# What stands for one word: its category, and the words that it may be.
_LEXICON: Mapping[str, tuple[int, tuple[str, ...]]] = {
    name: (category, tuple(words.split()))
    for name, category, words in (
        ("Det", _DET, "the a every that"),
        ("Adj", _ADJ, "old small red left"),
        ("Who", _NOUN, "dog cat girl man bird"),
        ("What", _NOUN, "ball house tree book"),
        ("Tool", _NOUN, "telescope camera saw"),
        ("Look", _NOUN, "hat tail beard"),
        ("Goes", _MAIN, _GOES),
        ("Sees", _MAIN, _SEES),
        ("goes", _VERB, _GOES),
        ("sees", _VERB, _SEES),
        ("Adv", _ADV, "often here quietly"),
        ("With", _PREP, "with"),
        ("That", _PRON, "that"),
    )
}

_Parts = tuple[tuple[str, int], ...]


def _noun(name: str) -> tuple[_Parts, ...]:
    """Return the phrases whose head is a noun of a sort: "the dog", "the old dog"."""
    own = (name, _HEAD)
    return (("Det", _FUNCTION), own), (("Det", _FUNCTION), ("Adj", _MODIFIER), own)


# Of each phrase what it may be made of: parts, and how each hangs on the head.
_RULES: Mapping[str, tuple[_Parts, ...]] = {
    "sentence": ((("subject", _SUBJECT), ("predicate", _HEAD)),),
    "predicate": (
        (("Goes", _HEAD),),
        (("Goes", _HEAD), ("Adv", _MODIFIER)),
        (("Sees", _HEAD), ("object", _OBJECT)),
        (("Sees", _HEAD), ("object", _OBJECT), ("by", _MODIFIER)),
    ),
    "subject": (
        (("somebody", _HEAD),),
        (("somebody", _HEAD), ("having", _MODIFIER)),
        (("somebody", _HEAD), ("clause", _MODIFIER)),
    ),
    "object": (
        (("anything", _HEAD),),
        (("anything", _HEAD), ("having", _MODIFIER)),
        (("anything", _HEAD), ("clause", _MODIFIER)),
    ),
    "clause": (
        (("That", _SUBJECT), ("goes", _HEAD)),
        (("That", _SUBJECT), ("sees", _HEAD), ("anything", _OBJECT)),
        (("That", _OBJECT), ("somebody", _SUBJECT), ("sees", _HEAD)),
    ),
    "having": ((("With", _FUNCTION), ("look", _HEAD)),),
    "by": ((("With", _FUNCTION), ("tool", _HEAD)),),
    "somebody": _noun("Who"),
    "anything": (*_noun("Who"), *_noun("What")),
    "look": _noun("Look"),
    "tool": _noun("Tool"),
}

WORDS = tuple(sorted({word for _, words in _LEXICON.values() for word in words}))
"""All words there are."""


@dataclass(frozen=True)
class Tree:
    """The tree of a sentence, or of a phrase of it.

    Attributes:
        categories: of each word, a place in `CATEGORIES`.
        links: (a word, what it hangs on, a number in `RELATIONS` from 1) of all words but one.
        head: the word that hangs on none.
    """

    categories: tuple[int, ...]
    links: frozenset[tuple[int, int, int]]
    head: int


def draw_sentence(rng: np.random.Generator) -> tuple[tuple[str, ...], Tree]:
    """Return a sentence and its tree. Of what a phrase may be made of each is as likely, and
    sentences that would be too long are drawn anew.
    """
    while True:
        words, tree = _draw_phrase("sentence", rng)
        if len(words) <= LONGEST:
            return words, tree


def _draw_phrase(name: str, rng: np.random.Generator) -> tuple[tuple[str, ...], Tree]:
    if name in _LEXICON:
        category, words = _LEXICON[name]
        return (words[rng.integers(len(words))],), Tree((category,), frozenset(), 0)
    parts = _RULES[name][rng.integers(len(_RULES[name]))]
    found = [_draw_phrase(part, rng) for part, _ in parts]
    tree = _joined([each for _, each in found], [relation for _, relation in parts])
    return tuple(word for words, _ in found for word in words), tree


def _joined(trees: Sequence[Tree], relations: Sequence[int]) -> Tree:
    """Return the tree of a phrase of those of its parts."""
    starts = [0]
    for tree in trees:
        starts.append(starts[-1] + len(tree.categories))
    heads = [start + tree.head for start, tree in zip(starts, trees, strict=False)]
    head = heads[list(relations).index(_HEAD)]
    links = {
        (start + one, start + other, relation)
        for start, tree in zip(starts, trees, strict=False)
        for one, other, relation in tree.links
    } | {(own, head, relation) for own, relation in zip(heads, relations, strict=True) if relation}
    return Tree(sum((tree.categories for tree in trees), ()), frozenset(links), head)


def unseen(tree: Tree) -> bool:
    """Whether no sentence is learned from that has this order of categories: one order in four."""
    return zlib.crc32(bytes(tree.categories)) % _EVERY == 0


def tokens(text: str, known: Sequence[str] = WORDS, longest: int = LONGEST) -> tuple[str, ...]:
    """Return the words of a typed sentence: without capitals and what stands between words.

    Raises:
        ValueError: it has none, too many, or one that is not known; half a sentence, which goes on
            after what was asked.
    """
    found = tuple(word for each in text.split() if (word := each.strip(".,;:!?'\"").lower()))
    if not found:
        raise ValueError("there is no word")
    if strange := next((word for word in found if word not in known), ""):
        raise ValueError(f"the word {strange!r} is not known")
    if len(found) > longest:
        raise ValueError(f"at most {longest} words; these are {len(found)}")
    return found


def parses(words: Sequence[str]) -> list[Tree]:
    """Return all trees that the grammar has for some words: one for a sentence, none for what is
    none.
    """
    own = tuple(words)

    @cache
    def spans(name: str, start: int) -> tuple[tuple[int, Tree], ...]:
        """Return where phrases that begin at a word may end, and their trees."""
        if name in _LEXICON:
            category, known = _LEXICON[name]
            fits = start < len(own) and own[start] in known
            return ((start + 1, Tree((category,), frozenset(), 0)),) if fits else ()
        found: list[tuple[int, Tree]] = []
        for parts in _RULES[name]:
            ways: list[tuple[int, tuple[Tree, ...]]] = [(start, ())]
            for part, _ in parts:
                ways = [
                    (end, (*trees, tree)) for at, trees in ways for end, tree in spans(part, at)
                ]
            relations = [relation for _, relation in parts]
            found += [(end, _joined(trees, relations)) for end, trees in ways]
        return tuple(found)

    return [tree for end, tree in spans("sentence", 0) if end == len(own)]
