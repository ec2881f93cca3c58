"""A particle has one hue in all lenses of a run."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from studio.app.views.moment import MomentView
from studio.app.views.watch import WatchView
from studio.protocol.catalog import StageSpec


@pytest.fixture
def views(lens: Any) -> Iterator[list[Any]]:
    stages = [StageSpec(name="draw", title="Draw", formula="x₀ ~ p", source="A 2020")]
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = msgspec.structs.replace(entry, stages=stages)
    made = [make(lens.state, lens.actions) for make in (WatchView, MomentView)]
    for view in made:
        view.resize(900, 640)
    yield made
    for view in made:
        view.close()
        view.deleteLater()
    QApplication.sendPostedEvents()


def test_a_particle_has_one_hue_in_watch_and_explain(lens: Any, views: list[Any]) -> None:
    """Each is opened at another step, with another number of particles."""
    inks = []
    for place, view in enumerate(views):
        view.show()
        QApplication.processEvents()
        lens.arrive(20 + 30 * place, n=600 * (place + 1))
        assert view.canvas.count == 600 * (place + 1)
        inks.append([view.canvas.ink(i) for i in range(40)])
    assert len(set(inks[0])) > 5
    assert inks[0] == inks[1]
