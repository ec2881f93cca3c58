"""Samples of jets: the real ones nearest to the one in the ring are of all that are supported."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.export_rows import Taking
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.lenses.samples.tile_samples_view import TileSamplesView
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import GetNearest
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.flow import FlowStore
from tests.app.lenses.test_jet_flow import TYPES, record_of
from tests.qtloop import until

FAR = np.array([[0.2, 0.3, 0.4] + [np.inf] * 61])


async def test_the_nearest_stand_in_the_place_of_the_data_and_go_with_the_chip(
    lens: Any, qtbot: QtBot
) -> None:
    asked, questions = lens.link.ask, []

    async def answer(command: Any) -> Answer:
        if not isinstance(command, GetNearest):
            return await asked(command)
        questions.append(command)
        x = np.repeat(record_of().x[-1][:1], 64, axis=0)
        return Answer(
            {"n": 900, "among": [3], "usual": [0.25], "names": list(TYPES)},
            {"x": x, "label": np.ones(64, int), "far": FAR, "number": 70 + np.arange(64)[None]},
        )  # fmt: skip

    lens.state.engine = replace(lens.state.engine, state="ready")
    lens.link.ask = answer
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="jets", title="", summary="", source="", fields=[], kinds=["jets"]
        )
    )  # fmt: skip
    lens.run.spec = structs.replace(lens.run.spec, dataset=Pick(slug="jets"))
    lens.run.classes, lens.run.job, lens.run.live = TYPES, "", record_of()
    lens.run.target, lens.run.learned = record_of().x[-1][:5], 5
    lens.run.target_told = {"label": np.arange(5) % 3}
    FlowStore(Path(lens.run.key)).keep(record_of())
    lens.run.kept = [5]
    view = TileSamplesView(lens.state, lens.actions)
    view.resize(900, 600)
    qtbot.addWidget(view)
    view.show()
    browser = view.browser
    await until(lambda: browser.made.count and browser.real.count == 5)
    browser.made.grid.inspect(4)
    browser.nearest.click()
    await until(lambda: browser.real.count == 3)
    assert questions[0].given["label"] == [1]
    assert browser._near_line.text().startswith(
        "nearest of 3 training jets of class light quark: 0.2 away by "
    )
    assert browser._near_line.text().endswith("; real samples: 0.25 from their nearest (median)")
    assert "the nearest of 3 training" in browser.real._where.text()
    selection = lens.state.selection
    selection.set(browser.real.source, np.array([2]), "tiles")
    known = selection.find_offered(selection.source)
    rows = tuple(known.numbers[selection.rows].tolist())
    command = Taking(lens.run.key, "chosen", selection.source, rows, 3).command(
        "a.h5", overwrite=False
    )
    assert (command.what, command.rows, command.n) == ("near", [72], 0)
    # The features of an encoder take the place of the distance, and know no class.
    browser.offer_encoders(view._kind, [("/p/runs/0007-genrep", "By encoder 7")])
    assert browser.compared.isVisibleTo(view)
    browser.compared.setCurrentIndex(1)
    browser.compared.activated.emit(1)
    await until(lambda: len(questions) == 2)
    assert (questions[1].encoder, questions[1].by) == ("/p/runs/0007-genrep", "")
    assert "label" not in questions[1].given
    await until(lambda: "away by features of run 7" in browser._near_line.text())
    browser.nearest.click()
    await until(lambda: browser.real.count == 5)
    assert len(questions) == 2
