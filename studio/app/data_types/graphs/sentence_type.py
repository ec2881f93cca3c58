"""Sentences: words in their order, and arcs from each to the word that it hangs on."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from pushforward.observables.sentences.grammar import WORDS, Tree, parses, unseen
from pushforward.studio.app.core.data_type import Arrays, EachTile, Measured, Tiles, how_many
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.lazy_measures import Lazily
from pushforward.studio.app.data_types.graphs import labelled_type
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.data_types.graphs.labelled_paint import labelled_rows
from pushforward.studio.app.data_types.graphs.sentence_paint import Link, SentencePicture
from pushforward.studio.app.data_types.graphs.typed_rows import TypedRows
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.counts import format_count

__all__ = ["KIND", "SENTENCE", "links_of", "picture_of", "tree_of"]

SENTENCE = "sentence"
"""The array that says which words each has, (n, N), from 1; 0 where there is none."""
RIGHT, ORDER = "Tree", "Order of word classes"


def _words(numbers: NDArray[Any]) -> tuple[str, ...]:
    """Return the words of a sentence."""
    return tuple(WORDS[int(k) - 1] for k in numbers if 1 <= int(k) <= len(WORDS))


@lru_cache(maxsize=4096)
def tree_of(words: tuple[str, ...]) -> Tree | None:
    """Return the tree that the grammar has for some words, None where they are no sentence."""
    found = parses(words)
    return found[0] if found else None


def links_of(rows: TypedRows, row: int) -> list[Link]:
    """Return the most likely relation of each word pair of a sentence, with its probability."""
    certain, kinds = rows.orders[row].max(axis=0), rows.kinds[row]
    first, second = ends(rows.nodes)
    return [
        Link(int(first[pair]), int(second[pair]), int(kinds[pair]), float(certain[pair]))
        for pair in np.flatnonzero(certain > 0.0).tolist()
    ]


def picture_of(datum: Arrays) -> SentencePicture:
    """Return a sentence x (L,), and its words where they are known, as a picture."""
    rows = labelled_rows({"x": np.asarray(datum["x"])[None]})
    words = _words(np.asarray(datum[SENTENCE])) if SENTENCE in datum else ()
    n = len(words) or int(rows.size[0])  # of a row that is masked as a whole nobody else says it
    types = np.where(rows.unknown[0], -1, rows.types[0])[:n]
    shown = (*words, *("",) * n)[:n]
    return SentencePicture(shown, types.tolist(), links_of(rows, 0))


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    picture_of(datum).paint(painter, rect.adjusted(4, 4, -4, -4), palette)


def _describe_sentence(datum: Arrays) -> str:
    return " ".join(picture_of(datum).words).strip() or "a sentence"


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of sentences in rows x (n, L), and "sentence", their words (n, N)."""
    own = {name: each for name, each in arrays.items() if name != labelled_type.COLUMNS}
    return EachTile(own, _paint, aspect=1.5, say=_describe_sentence)


def _judged(rows: TypedRows, row: int, words: tuple[str, ...]) -> str:
    """Say whether a tree is that of its words."""
    real = tree_of(words)
    if real is None or len(words) != int(rows.size[row]):
        return "no sentence"
    links = {frozenset((one, other)): kind for one, other, kind in real.links}
    made = {
        frozenset((each.one, each.other)): each.relation
        for each in links_of(rows, row)
        if each.certain > 0.5
    }
    wrong = sum(links.get(pair) != made.get(pair) for pair in links.keys() | made.keys())
    classes = int((rows.types[row, : len(words)] != np.array(real.categories)).sum())
    return (
        ", ".join(
            [format_count(wrong, "wrong link")] * (wrong > 0)
            + [format_count(classes, "wrong class", "wrong classes")] * (classes > 0)
        )
        or "right"
    )


def _measures(arrays: Arrays) -> Measured:
    """Say of each what is said of labelled graphs and, where its words are known, whether its tree
    is theirs.
    """
    found = labelled_type.KIND.measures(arrays)
    if SENTENCE not in arrays:
        return found
    rows = labelled_rows(arrays)
    words = [_words(each) for each in np.asarray(arrays[SENTENCE])]

    def more(title: str) -> Measured:
        if title == RIGHT:
            judged = [_judged(rows, row, own) for row, own in enumerate(words)]
            return {RIGHT: np.array(judged, dtype=str)}
        if title == ORDER:
            trees = [tree_of(own) for own in words]
            said = ["" if t is None else "unseen part" if unseen(t) else "seen part" for t in trees]
            return {ORDER: np.array(said, dtype=str)}
        return {title: found[title]}

    return Lazily({}, (RIGHT, *found, ORDER), more)


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    nodes = int(facts.get("nodes") or labelled_rows({"x": x}).nodes)
    return f"{format_count(how_many(x, facts), 'sentence')} of at most {nodes} words"


KIND = replace(
    labelled_type.KIND,
    slug="sentences",
    about="Linguistics: parsing, dependency trees",
    title="Sentences",
    one="sentence",
    many="sentences",
    moving="sentences",
    loading="Loading sentences",
    tiles=drawings,
    ready=lambda arrays: {},
    facts=_facts,
    measures=_measures,
    element="word",
    first=("Nodes", "Edges"),
    brief=(RIGHT,),
    legend="line: subject · dashes: object · dots: modifier · both: function word",
    told=(SENTENCE,),
    asked={"Nodes": "size"},
    graph=None,
    by_hand=None,
    views=("tiles", "browser", "parsed"),
    page=24,
    least=70,
    parts=(),
    marked=(SENTENCE,),
    alike=(),
    means=lambda arrays: "",
    rules=None,
    order=43,
    scene=partial(stage_tiles.scene, tiles=drawings),
    step=partial(stage_tiles.step, tiles=drawings),
)
