"""Samples, parsed: a sentence is typed, and its generated tree is shown next to that of the
grammar.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from pushforward.observables.sentences.grammar import (
    CATEGORIES,
    RELATIONS,
    WORDS,
    Tree,
    draw_sentence,
    tokens,
    unseen,
)
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.live_lab_frame import AskedLive, Asking
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.graphs.labelled_paint import labelled_rows
from pushforward.studio.app.data_types.graphs.sentence_paint import Link, SentencePicture
from pushforward.studio.app.data_types.graphs.sentence_type import links_of, tree_of
from pushforward.studio.app.design.basic import button, column, label, row, view_bar
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions

__all__ = ["VIEW", "ParsedView"]

OPERATOR = "parse"
DRAWS = 8
FIRST = "the dog that the girl saw ran"
UNJUDGED = "The grammar has no tree for these words, so there is no correct answer."
SHOWN = shows_moving("parsed")


class SentencePlot(QWidget):
    """Shows a picture of a sentence, or nothing."""

    def __init__(self, called: str) -> None:
        super().__init__()
        self.picture: SentencePicture | None = None
        self._called = called
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(280, 120))
        self.setAccessibleName(called)
        repaint_on_theme(self)

    def show_picture(self, picture: SentencePicture | None) -> None:
        """Show another one."""
        self.picture = picture
        links = [] if picture is None else [each for each in picture.links if each.certain >= 0.5]
        words = () if picture is None else picture.words
        said = "; ".join(f"{words[each.one]} to {words[each.other]}" for each in links)
        self.setAccessibleName(f"{self._called}: {said}" if said else self._called)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture is not None:
            with QPainter(self) as painter:
                rect = QRectF(self.rect()).adjusted(4, 2, -4, -2)
                self.picture.paint(painter, rect, theme.colors())


@dataclass(frozen=True)
class Question:
    """A request for a run."""

    key: str
    words: tuple[str, ...]


class ParsedView(AskedLive[Question]):
    """Asks as words are typed."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._turn = 0
        self._lay_out()
        state.runs.changed.connect(self._changed)
        self.follow()

    def _lay_out(self) -> None:
        self.another = button(
            "Another sentence", self._draw_another, tip="A word order outside the training data"
        )
        self.bar = view_bar(self, self.words, None, self.another)
        self.line = QLineEdit(FIRST)
        self.line.setAccessibleName("Sentence")
        self.line.setPlaceholderText("Words of the grammar")
        self.line.textChanged.connect(lambda _: self.meet())
        self.refused = label("", "warm", wrap=True)
        self.verdict = label("", "strong", wrap=True)
        self.order = label("", "muted", wrap=True)
        self.made = SentencePlot("Sampled trees")
        self.real = SentencePlot("The tree of the grammar")
        self._real_title = label("The tree of the grammar", "strong")
        self.page = QWidget()
        body = column(parent=self.page, margins=(16, 10, 16, 12))
        line = row(label("Sentence", "muted"), (self.line, 1))
        body.addLayout(line)
        for part in (self.refused, self.verdict, self.order):
            body.addWidget(part)
        self._made_title = label("Sampled trees", "strong")
        body.addWidget(self._made_title)
        body.addWidget(self.made, 1)
        body.addWidget(self._real_title)
        body.addWidget(self.real, 1)
        body.addWidget(label(f"Vocabulary: {' '.join(WORDS)}", "small", wrap=True))
        column(self.page, parent=self)

    def _changed(self, key: str) -> None:
        if key == self._key and self.found is None:
            self.meet()

    # What is asked

    def _draw_another(self) -> None:
        """Write a sentence with a word order outside the training data."""
        self._turn += 1
        rng = np.random.default_rng(self._turn)
        while not unseen((found := draw_sentence(rng))[1]):
            pass
        self.line.setText(" ".join(found[0]))

    def meet(self) -> None:
        """Ask for the tree of what is written, or say why it has none."""
        run = self.run
        try:
            own = tokens(self.line.text())
        except ValueError as error:
            self.wrong = f"{str(error)[0].upper()}{str(error)[1:]}."
            self.drop()
        else:
            self.wrong = ""
            if run is not None and run.checkpoints and self.awake:
                self.want(Question(self._key, own))
        self.refresh()

    def asking(self, question: Question) -> Asking:
        """Return a sentence as a request."""
        return Asking(OPERATOR, {"text": " ".join(question.words), "draws": DRAWS})

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or what could be asked."""
        run, found = self.run, self.found
        ready = run is not None and bool(run.checkpoints)
        self.page.setVisible(ready)
        self.another.setVisible(ready)
        self.empty.setVisible(not ready)
        if not ready:
            self.empty.tell("Not available yet", "Trees can be sampled after the first checkpoint.")
            return
        self.refused.setText(self.wrong)
        self.refused.setVisible(bool(self.wrong))
        if found is not None:
            self._draw(*found)
        self._made_title.setVisible(found is not None)
        for part in (self.verdict, self.order):
            part.setVisible(not self.wrong)
        if found is None:
            self._real_title.hide()
            self.verdict.setText("Asking the model")

    def _draw(self, question: Question, arrays: Arrays) -> None:
        words, real = question.words, tree_of(question.words)
        self.made.show_picture(_mean_picture(words, arrays, real))
        self.real.show_picture(None if real is None else _real(words, real))
        right = 0 if real is None else _right(words, arrays, real)
        said = f"{right} of {len(arrays['x'])} sampled trees equal the tree of the grammar."
        self.verdict.setText(UNJUDGED if real is None else said)
        # Twice the same tree says no more than once.
        differs = real is not None and right < len(arrays["x"])
        for part in (self.real, self._real_title):
            part.setVisible(differs)
        self.order.setText(self._said_of_order(real))

    def _said_of_order(self, real: Tree | None) -> str:
        """Say whether sentences were learned whose word classes come in this order."""
        run = self.run
        if real is None or run is None or run.spec is None or run.spec.dataset is None:
            return ""
        part = run.spec.dataset.config.get("part", "seen")
        if unseen(real) == (part == "unseen"):
            return "This order of word classes occurs in the training data."
        return "This order of word classes does not occur in the training data."


def _drawn_links(arrays: Arrays) -> list[set[tuple[int, int, int]]]:
    """Return the links of each draw: a word, a later one, and their relation."""
    rows = labelled_rows(arrays)
    return [
        {(e.one, e.other, e.relation) for e in links_of(rows, place) if e.certain > 0.5}
        for place in range(len(rows.x))
    ]


def _mean_picture(words: tuple[str, ...], arrays: Arrays, real: Tree | None) -> SentencePicture:
    """Return all draws in one picture: links as clear as they come often."""
    rows, each = labelled_rows(arrays), _drawn_links(arrays)
    often = Counter(link for links in each for link in links)
    links = [Link(*link, count / len(each)) for link, count in sorted(often.items())]
    types = [int(np.bincount(rows.types[:, k]).argmax()) for k in range(len(words))]
    wrong = () if real is None else (k for k, own in enumerate(real.categories) if own != types[k])
    below = tuple(CATEGORIES[own] for own in types)
    return SentencePicture(words, types, links, below, RELATIONS, frozenset(wrong))


def _real(words: tuple[str, ...], tree: Tree) -> SentencePicture:
    links = [Link(one, other, relation) for one, other, relation in sorted(tree.links)]
    below = tuple(CATEGORIES[own] for own in tree.categories)
    return SentencePicture(words, tree.categories, links, below, RELATIONS)


def _right(words: tuple[str, ...], arrays: Arrays, real: Tree) -> int:
    """Return how many draws are the tree of the grammar."""
    rows, n = labelled_rows(arrays), len(words)
    links = {(*sorted((one, other)), relation) for one, other, relation in real.links}
    return sum(
        own == links and rows.types[place, :n].tolist() == list(real.categories)
        for place, own in enumerate(_drawn_links(arrays))
    )


def applies(state: AppState) -> bool:
    """Whether the selected run draws trees of sentences."""
    return SHOWN(state) and can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="parsed", lens="samples", title="Parsed", order=27, applies=applies, factory=ParsedView
)
