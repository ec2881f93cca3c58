"""The gallery *Ask this model*: a card and a thumbnail for each lab of the run."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.labs import bound_lab, gallery_lab, likelihood_lab
from pushforward.studio.app.labs.gallery_lab import GalleryView
from pushforward.studio.protocol.catalog import EntrySpec
from tests.app.lenses.test_bound import FOUND
from tests.app.lenses.test_lab_previews import engine
from tests.qtloop import until

__all__ = ["engine"]  # a fixture


def offer(lens: Any, *modules: Any) -> None:
    for module in modules:
        entry = EntrySpec(
            kind="operator", slug=module.LAB.operator, title="A lab", summary="", source="",
            fields=[], needs=[],
        )  # fmt: skip
        lens.state.catalog.entries.append(entry)


async def test_each_lab_has_a_card_with_its_preview(
    lens: Any, qtbot: QtBot, engine: list[Any]
) -> None:
    assert FOUND
    offer(lens, bound_lab)
    assert not gallery_lab.applies(lens.state), "one lab needs no gallery"
    offer(lens, likelihood_lab)
    assert gallery_lab.applies(lens.state)
    view = GalleryView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    by_id = {card.spec.id: card for card in view.cards}
    assert {"bound", "likelihood"} <= set(by_id)
    await until(lambda: by_id["bound"].thumbnail is not None)
    assert "preview" in by_id["bound"].facts(None)
    opened: list[str] = []
    lens.state.window.show_lens.connect(opened.append)
    by_id["bound"].click()
    assert opened == ["quality/bound"]
    view.hide()
    assert view._lab is None
    requests = len(engine)
    lens.run.checkpoints = [10, 20, 30]
    lens.state.runs.changed.emit(lens.run.key)
    assert len(engine) == requests, "nothing is computed while it is hidden"


async def test_it_waits_for_the_first_checkpoint_and_for_the_engine(
    lens: Any, qtbot: QtBot, engine: list[Any]
) -> None:
    offer(lens, bound_lab, likelihood_lab)
    lens.run.checkpoints = []
    view = GalleryView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    assert "first checkpoint" in view.words.accessibleName() + view.words.text()
    assert view._lab is None
    lens.run.checkpoints = [10]
    lens.state.runs.changed.emit(lens.run.key)
    await until(lambda: any(card.thumbnail is not None for card in view.cards))


async def test_cards_are_filtered_by_word_and_refined_by_r(
    lens: Any, qtbot: QtBot, engine: list[Any]
) -> None:
    offer(lens, bound_lab, likelihood_lab)
    view = GalleryView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    by_id = {card.spec.id: card for card in view.cards}
    card = by_id["bound"]
    await until(lambda: card.thumbnail is not None)
    view.filter.setText("BOU")
    assert card.isVisible()
    assert not by_id["likelihood"].isVisible()
    view.filter.clear()
    assert by_id["likelihood"].isVisible()
    card._offer(True)
    assert card.does.isVisible()
    assert card.refine.isVisible()
    card._offer(False)
    assert not card.does.isVisible()
    before = [each for each in engine if not each.inline]
    QTest.keyClick(card, Qt.Key.Key_R)
    assert card.facts(None) == "refining…"
    await until(lambda: len([each for each in engine if not each.inline]) > len(before))


async def test_a_lab_that_the_model_cannot_run_is_dimmed_with_its_reason(
    lens: Any, qtbot: QtBot, engine: list[Any]
) -> None:
    class Refused(QWidget):
        filled, trouble = False, "This model is unconditional."

    offer(lens, bound_lab, likelihood_lab)
    view = GalleryView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    card = view.cards[0]
    view._end_lab()
    view._pending, view._lab = [card], Refused()
    view._poll()
    assert card.reason == "This model is unconditional."
