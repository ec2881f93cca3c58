"""Samples that are asked for: sliders and classes ask while they are moved, the newest question
first, and what was asked for stands beside what was made.
"""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data.validity import VALIDITY
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs.conditional_lab import VIEW, AskedView, _below
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import GetAble, Operate
from pushforward.studio.protocol.parts import ErrorInfo
from tests.qtloop import until

NODES = 5
ABLE = {
    "step": 5,
    "operators": [],
    "conditions": [
        {"name": "size", "low": 3.0, "high": 5.0, "whole": True},
        {"name": "density", "low": 0.2, "high": 0.6},
        {"name": "label", "names": ["two", "three"], "whole": True},
    ],
}


def made(density: float) -> dict[str, np.ndarray]:
    """Return three graphs of five nodes that are nearly as dense as asked."""
    first, _ = ends(NODES)
    count = round(density * len(first))
    x = np.where(np.arange(len(first)) < count, 1.0, -1.0).astype(np.float32)
    return {"x": np.stack([x, x, x]), "size": np.full(3, NODES)}


@pytest.fixture
def asked() -> list[Operate]:
    return []


@pytest.fixture
def view(lens: Any, qtbot: QtBot, asked: list[Operate]) -> AskedView:
    state, run = lens.state, lens.run
    state.engine = replace(state.engine, state="ready")
    entries = [
        EntrySpec(
            kind="dataset", slug=run.spec.dataset.slug, title="", summary="", source="",
            fields=[], kinds=["graphs"],
        ),
        EntrySpec(
            kind="operator", slug="generate", title="Generate", summary="", source="", fields=[],
        ),
    ]  # fmt: skip
    state.catalog.entries.extend(entries)
    run.checkpoints = [5]

    async def ask(command: Any) -> Answer:
        if isinstance(command, GetAble):
            return Answer(ABLE, {})
        assert isinstance(command, Operate)
        asked.append(command)
        if command.given.get("label") == "three":
            raise Refused(ErrorInfo(kind="user", message="It knows two alone.", hint=""))
        return Answer({"step": 5}, made(command.given.get("density", 0.4)))

    lens.link.ask = ask
    found = VIEW.factory(state, lens.actions)
    found.resize(800, 600)
    qtbot.addWidget(found)
    found.show()
    return found


async def test_what_is_moved_is_asked_and_shown_beside_what_came(
    view: AskedView, lens: Any, asked: list[Operate]
) -> None:
    assert VIEW.applies(lens.state)
    await until(lambda: view.grid.count == 3)
    assert asked[0].inline
    assert asked[0].given == {"density": pytest.approx(0.4), "label": "two"}, "no size at first"
    density = view.conditions.numbers["density"]
    for place in (60, 80, 100):
        density.slider.setValue(place)
    await until(lambda: asked[-1].given["density"] == pytest.approx(0.6))
    assert len(asked) <= 3, "what was overtaken is never asked"
    await until(lambda: view.table.cell(0, 2).text().startswith("0.6"))
    assert [view.table.cell(0, column).text() for column in (0, 1)] == ["Density", "0.6"]
    before = asked[-1].config["seed"]
    view.again.click()
    await until(lambda: asked[-1].config["seed"] == before + 1)
    size = view.conditions.numbers["size"]
    assert size.slider.isEnabled()
    size.slider.setValue(size.slider.value() - 1)
    assert size.tick.isChecked(), "whoever moves it asks for it"
    await until(lambda: asked[-1].given.get("size") == 3)
    density.tick.setChecked(False)
    await until(lambda: "density" not in asked[-1].given)
    assert density.value.text() == "any"


async def test_it_shows_a_marked_preview_which_more_refines(
    view: AskedView, asked: list[Operate]
) -> None:
    await until(lambda: view.status.mark.isVisible())
    assert view.status.mark.text() == "Preview, n = 12"
    assert asked[-1].config["n"] == 12
    await until(view.more.isEnabled)
    view.more.click()
    await until(lambda: not view.status.mark.isVisible())
    assert asked[-1].config["n"] == 64
    assert "steps" not in asked[-1].config.get("sampler", {}).get("config", {})
    assert not view.more.isVisible()
    view.again.click()
    await until(lambda: view.status.mark.isVisible())
    assert asked[-1].config["n"] == 12, "another question is a preview again"


async def test_until_others_are_drawn_it_is_said_that_these_are_not_they(
    view: AskedView, lens: Any
) -> None:
    """Old pictures and their table stood there for ten seconds as if they were the new ones."""
    assert view.page.isVisible() or not view._ready, "what can be asked for is there at once"
    await until(lambda: view.grid.count == 3)
    assert view.words.accessibleName() == "step 5"
    answer, go = lens.link.ask, asyncio.Event()

    async def slow(command: Any) -> Answer:
        await go.wait()
        return await answer(command)

    lens.link.ask = slow
    view.conditions.numbers["density"].slider.setValue(80)
    assert view.words.accessibleName() == "drawing anew, shown: step 5"
    assert not view.table.isEnabled()
    go.set()
    await until(lambda: view.words.accessibleName() == "step 5")
    assert view.table.isEnabled()


async def test_what_a_tick_stands_for_is_said(view: AskedView, monkeypatch: Any) -> None:
    rule = {"why": np.full(3, ""), "make": np.full(3, "a tree"), "met": np.ones(3)}
    monkeypatch.setattr(view._more, "of", lambda *a, **k: rule)
    await until(
        lambda: view.words.accessibleName() == "step 5 \N{MIDDLE DOT} \N{CHECK MARK}: a tree"
    )


def test_below_a_molecule_that_cannot_be_stands_why() -> None:
    known = {
        "Formula": np.array(["C2H6O", "C3H?"]),
        VALIDITY: np.array(["valid", "invalid: 5 bonds at C"]),
    }
    assert _below(replace(kind("molecules"), below="Formula"), known) == ["C2H6O", "5 bonds at C"]


def test_below_a_graph_stands_what_was_asked_for() -> None:
    known = {"Nodes": np.array([10]), "Density": np.array([0.2345]), "Edges": np.array([9])}
    assert _below(kind("graphs"), known, {"size": 10}) == ["nodes 10"]
    assert _below(kind("graphs"), known, {"density": 0.25}) == ["density 0.234"]
    assert _below(kind("graphs"), known) == ["edges 9"]


async def test_a_refusal_is_said_and_what_was_there_stays(
    view: AskedView, asked: list[Operate]
) -> None:
    await until(lambda: view.grid.count == 3)
    view.conditions.classes["label"].choose(2)
    await until(lambda: view.refused.isVisible())
    assert view.refused.text() == "It knows two alone."
    assert view.grid.count == 3
    view.conditions.classes["label"].choose(0)
    await until(lambda: not view.refused.isVisible())
    assert "label" not in asked[-1].given


async def test_whoever_has_no_denoiser_draws_as_it_was_made_to(
    view: AskedView, lens: Any, asked: list[Operate]
) -> None:
    await until(lambda: view.grid.count == 3)
    assert asked[-1].config["sampler"]["slug"] == "heun"
    family = lens.state.catalog.get("family", lens.run.spec.family.slug)
    able = [each for each in family.capabilities if each != "denoiser"]
    lens.state.catalog.entries.remove(family)
    lens.state.catalog.entries.append(structs.replace(family, capabilities=able))
    assert VIEW.applies(lens.state)
    view.again.click()
    await until(lambda: "sampler" not in asked[-1].config)


async def test_a_model_that_is_told_nothing_says_so(
    view: AskedView, lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(lambda: view.grid.count == 3)
    monkeypatch.setitem(ABLE, "conditions", [])
    lens.state.runs.selected.emit(lens.run.key)
    await until(lambda: "unconditional" in view.empty.accessibleName())
