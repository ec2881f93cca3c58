"""A sentence is typed: its tree comes, as often as it is drawn, beside that of the grammar."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from pushforward.observables.sentences.grammar import LONGEST, WORDS, Tree, parses
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.data_types.graphs.parse_lab import DRAWS, VIEW, ParsedView
from pushforward.studio.app.data_types.graphs.sentence_paint import Link, SentencePicture
from pushforward.studio.app.data_types.graphs.sentence_type import picture_of
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import Operate
from tests.qtloop import until

SENTENCE = "the dog that the girl saw ran"


def row_of(tree: Tree) -> np.ndarray:
    """Return a tree as the row of a graph with labels."""
    n = len(tree.categories)
    types = np.zeros((LONGEST, 8), np.float32)
    types[:n] = 2.0 * np.eye(8)[list(tree.categories)] - 1.0
    first, second = ends(LONGEST)
    edges = np.where(second < n, -1.0, 0.0) * np.ones((4, 1))
    for one, other, relation in tree.links:
        pair = (first == min(one, other)) & (second == max(one, other))
        edges[relation - 1, pair] = 1.0
    return np.concatenate([types.ravel(), edges.ravel()]).astype(np.float32)


def told(words: tuple[str, ...]) -> np.ndarray:
    numbers = [1 + WORDS.index(word) for word in words]
    return np.array([*numbers, *[0] * (LONGEST - len(numbers))], np.int32)


@pytest.fixture
def asked() -> list[Operate]:
    return []


@pytest.fixture
def view(lens: Any, qtbot: QtBot, asked: list[Operate]) -> ParsedView:
    state, run = lens.state, lens.run
    state.engine = replace(state.engine, state="ready")
    dataset = EntrySpec(
        kind="dataset", slug=run.spec.dataset.slug, title="", summary="", source="", fields=[],
        kinds=["sentences"],
    )  # fmt: skip
    parse = EntrySpec(
        kind="operator", slug="parse", title="Parse", summary="", source="", fields=[]
    )
    state.catalog.entries.extend([dataset, parse])
    run.checkpoints = [5]

    async def ask(command: Any) -> Answer:
        assert isinstance(command, Operate)
        asked.append(command)
        words = tuple(command.config["text"].split())
        found = parses(words)
        x = row_of(found[0] if found else parses(["the", "dog", "ran"])[0])
        many = np.tile(x, (DRAWS, 1))
        if words[0] == "every":  # a quarter of the draws miss a link
            many[: DRAWS // 4, 8 * LONGEST :] = np.abs(x[8 * LONGEST :]) * -1.0
        return Answer({"step": 5}, {"x": many})

    lens.link.ask = ask
    found = VIEW.factory(state, lens.actions)
    found.resize(900, 640)
    qtbot.addWidget(found)
    found.show()
    return found


async def test_what_is_typed_is_asked_and_held_against_the_grammar(
    view: ParsedView, lens: Any, asked: list[Operate]
) -> None:
    assert VIEW.applies(lens.state)
    await until(lambda: view.verdict.text().startswith("8 of 8"))
    assert asked[0].inline
    assert asked[0].config == {"text": SENTENCE, "draws": DRAWS}
    assert view.made.picture.words == tuple(SENTENCE.split())
    assert "dog to ran" in view.made.accessibleName()
    assert not view.real.isVisible(), "it is the same"
    view.line.setText("every dog ran")
    await until(lambda: view.verdict.text().startswith("6 of 8"))
    assert view.real.isVisible()
    assert {link.certain for link in view.made.picture.links} == {0.75}
    view.line.setText("dog the saw")
    await until(lambda: "no tree" in view.verdict.text())
    assert not view.real.isVisible()
    assert view.order.text() == ""


async def test_a_word_that_nobody_knows_is_said_at_once_and_asks_for_nothing(
    view: ParsedView, asked: list[Operate]
) -> None:
    await until(lambda: len(asked) == 1)
    view.line.setText("the zebra ran")
    assert view.refused.text() == "The word 'zebra' is not known."
    assert view.refused.isVisible()
    assert not view.verdict.isVisible()
    view.another.click()
    await until(lambda: len(asked) == 2)
    assert not view.refused.isVisible()
    await until(lambda: view.order.text().startswith("This order of word classes does not occur"))


def test_a_sentence_says_whether_its_tree_is_right() -> None:
    own = kind("sentences")
    words = tuple(SENTENCE.split())
    (real,) = parses(words)
    moved = frozenset(
        (one, other, 2 if relation == 1 and one == 1 else relation)
        for one, other, relation in real.links
    )
    rows = [row_of(real), row_of(replace(real, links=moved))]
    rows.append(row_of(replace(real, categories=(1, *real.categories[1:]))))
    arrays = {"x": np.stack(rows), "sentence": np.stack([told(words)] * 3)}
    measured = own.measures(arrays)
    assert measured["Tree"].tolist() == ["right", "1 wrong link", "1 wrong class"]
    assert own.tiles(arrays).describe(0) == SENTENCE
    assert set(measured["Order of word classes"].tolist()) <= {"seen part", "unseen part"}
    assert "Tree" not in own.measures({"x": arrays["x"]}), "nobody knows the words"


def test_a_sentence_of_which_all_is_masked_has_its_words() -> None:
    words = told(tuple(SENTENCE.split()))
    picture = picture_of(
        {"x": np.zeros_like(row_of(parses(SENTENCE.split())[0])), "sentence": words}
    )
    assert " ".join(picture.words) == SENTENCE
    assert picture.types == [-1] * 7
    assert picture.links == []


def test_an_arc_is_drawn_from_each_word_to_the_one_it_hangs_on() -> None:
    def ink(links: list[Link]) -> np.ndarray:
        image = QImage(300, 200, QImage.Format.Format_RGB32)
        image.fill(QColor(DARK.background))
        with QPainter(image) as painter:
            SentencePicture(["a"] * 3, [0, 1, 2], links).paint(
                painter, image.rect().toRectF(), DARK
            )
        bits = np.frombuffer(image.constBits(), np.uint8).reshape(200, 300, 4)
        return bits.astype(int)

    none, short = ink([]), ink([Link(0, 1, 1)])
    far = ink([Link(0, 1, 1), Link(2, 0, 2)])
    drawn = [np.abs(each - none).sum(axis=2) > 0 for each in (short, far)]
    assert drawn[0][:, :150].any()
    assert not drawn[0][:, 160:].any(), "the third word is on no arc"
    assert drawn[1][:, 160:].any()
    assert (ink([Link(0, 1, 1, 0.02)]) == none).all(), "what is hardly there is not drawn"
