"""A run that is dragged onto another one is compared with it."""

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.places.runs.sidebar.run_list import RunList
from pushforward.studio.app.places.runs.sidebar.run_list_model import RUN, dragged_run
from tests.app.lenses.test_compare import add_run


def drop(tree: Any, key: str, target: str) -> None:
    place = QPointF(tree.visualRect(tree._lines.index_of(target)).center())
    mime = dragged_run(key)
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    tree.dropEvent(event)


def test_a_run_dropped_on_another_is_compared_and_a_third_joins_them(lens: Any, qtbot: Any) -> None:
    others = [add_run(lens, "0002-s"), add_run(lens, "0003-t")]
    made = RunList(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(240, 300)
    made.show()
    made.refresh()
    QApplication.processEvents()
    first, model = lens.run.key, made.tree.model()
    index = made.tree._lines.index_of(first)
    assert model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.mimeData([index]).data(RUN).data().decode() == first
    drop(made.tree, others[0].key, first)
    assert lens.state.runs.chosen == (first, others[0].key)
    drop(made.tree, others[1].key, others[0].key)
    assert lens.state.runs.chosen == (first, others[0].key, others[1].key)
    drop(made.tree, first, first)
    assert len(lens.state.runs.chosen) == 3, "nothing is compared with itself"


def test_runs_on_other_data_are_refused_with_the_reason(lens: Any) -> None:
    other = add_run(lens, "0002-s")
    lens.actions.comparing.join(other.key, "gone")
    assert "Select 2 to 8 runs" in lens.state.notices.history[-1].why
