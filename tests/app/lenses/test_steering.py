"""The lab that steers a latent along learned edit directions."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs.representation import steering_lab
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import Operate
from pushforward.studio.protocol.parts import ErrorInfo
from pushforward.studio.protocol.spec import Pick
from tests.qtloop import until


def steered(config: Any) -> dict[str, np.ndarray]:
    """Return what the operator answers: the brighter, the more it is brightened."""
    shade = 0.5 + config["brighten"] / 10
    return {
        "anchor": np.full((1, 1, 8, 8), 0.5, np.float32),
        "x": np.full((1, 1, 8, 8), shade, np.float32),
        "strips": np.zeros((5, 7, 1, 8, 8), np.float32),
        "amounts": np.linspace(-2, 2, 7),
        "explained": np.array([0.37, 0.14, 0.06, 0.22, -0.2]),
    }


@pytest.fixture
def asked(lens: Any) -> list[Operate]:
    """Give the run of the lens a VAE of images; return what it is asked."""
    state, run, commands = lens.state, lens.run, []
    state.engine = replace(state.engine, state="ready")
    run.spec = structs.replace(run.spec, family=Pick(slug="vae"), dataset=Pick(slug="digits"))
    run.checkpoints = [10]
    abilities = ["samples", "deterministic"]
    family = structs.replace(state.catalog.entries[0], slug="vae", capabilities=abilities)
    dataset = EntrySpec(
        kind="dataset", slug="digits", title="", summary="", source="", fields=[], kinds=["images"]
    )
    operator = EntrySpec(
        kind="operator", slug="steer-latent", title="", summary="", source="", fields=[],
        needs=abilities, kinds=["images"],
    )  # fmt: skip
    state.catalog.entries.extend([family, dataset, operator])

    async def ask(command: Operate) -> Answer:
        commands.append(command)
        if command.config["seed"] == 2:
            raise Refused(ErrorInfo(kind="user", message="No such latent.", hint=""))
        return Answer({"step": 10}, steered(command.config))

    lens.link.ask = ask
    return commands


async def test_sliders_move_a_latent_and_say_what_each_direction_explains(
    lens: Any, qtbot: QtBot, asked: list[Operate]
) -> None:
    spec = steering_lab.VIEW
    assert spec.applies(lens.state)
    view = spec.factory(lens.state, lens.actions)
    view.resize(1000, 640)
    for widget in (view, view.bar):
        qtbot.addWidget(widget)
    view.show()
    await until(lambda: view.found is not None)
    assert view.shares["shift_right"].text() == "37\u00a0%"
    assert view.shares["brighten"].text() == "0\u00a0%"
    assert "No latent direction does this: zoom, brighten" in view.note.text()
    assert not view.reset.isEnabled()
    view.sliders["brighten"].setValue(20)
    await until(lambda: view.found[0].amounts == (0, 0, 0, 0, 2.0))
    assert asked[-1].config["brighten"] == 2.0
    assert view.amounts["brighten"].text() == "+2.0"
    assert float(view.found[1]["x"][0, 0, 0, 0]) == pytest.approx(0.7)
    view.reset.click()
    await until(lambda: view.found[0].amounts == (0, 0, 0, 0, 0))
    QTest.keyClick(view, Qt.Key.Key_N)
    await until(lambda: view.found[0].seed == 1)
    assert not view.grab().isNull()


async def test_a_refusal_is_shown(lens: Any, qtbot: QtBot, asked: list[Operate]) -> None:
    view = steering_lab.VIEW.factory(lens.state, lens.actions)
    qtbot.addWidget(view)
    qtbot.addWidget(view.bar)
    view.show()
    await until(lambda: view.found is not None)
    view._key, view.found, view._seed = lens.state.runs.selection, None, 2
    view.meet()
    await until(lambda: view.wrong == "No such latent.")
