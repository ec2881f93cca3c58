"""The likelihood lab in the Quality lens."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.labs.likelihood_lab import LikelihoodView
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import Control, ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.app.lenses import underway
from tests.qtloop import until

RNG = np.random.default_rng(0)
UNSEEN = RNG.normal(-1.0, 1.0, 400).astype(np.float32)


def arrays(apart: float, law: int = 1) -> dict[str, np.ndarray]:
    """Log-densities of a model that is so far from its bar, with an error of .01."""
    noise = RNG.normal(0.0, 0.2, 400)
    return {
        "learned": UNSEEN + 0.1,
        "bar-learned": UNSEEN,
        "unseen": (UNSEEN + apart + noise - noise.mean()).astype(np.float32),
        "bar-unseen": UNSEEN,
        "law": np.array(law),
        "numbers": np.array(2),
        "map": np.arange(16, dtype=np.float32).reshape(4, 4),
        "bounds": np.array([0.0, 4.0, 0.0, 4.0], np.float32),
    }


@pytest.fixture
def view(lens, qtbot) -> LikelihoodView:
    made = LikelihoodView(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


async def load(lens, view, found) -> None:
    run = lens.state.runs.current
    record = ResultRecord(
        operator="likelihood-lab", title="Likelihood lab", run=run.name, step=7, note="So it is."
    )
    name = Results(Path(run.key) / "results").write(record, found).name
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="likelihood-lab", step=7, result=name)
    )
    await until(lambda: view.filled)


async def test_it_says_how_far_it_is_and_can_be_ended(lens, view) -> None:
    lab = EntrySpec(
        kind="operator", slug="likelihood-lab", title="Likelihood lab", summary="", source="",
        fields=[],
    )  # fmt: skip
    lens.state.catalog.entries.append(lab)
    underway.begins(lens, "Likelihood lab: 0001-r")
    assert "20 of 200, 57 s left" in view.empty.accessibleName()
    underway.goes_on(lens)
    assert "150 of 200, 15 s left" in view.empty.accessibleName()
    (cancel,) = [each for each in view.empty.findChildren(QPushButton) if each.isVisible()]
    cancel.click()
    assert view.empty.accessibleName().startswith("Cancelling")
    await until(lambda: any(each.action == "cancel" for each in lens.link.of(Control)))


async def test_sets_are_lines_with_their_figures_and_the_map_is_drawn(lens, view) -> None:
    await load(lens, view, arrays(-0.5))
    table = view.table
    assert [table.cell(i, 0).text() for i in range(table.model().rowCount())] == [
        "Unseen data",
        "Learned data",
    ]
    unseen = float(arrays(-0.5)["unseen"].mean())
    assert float(table.cell(0, 2).text().split(" ")[0]) == pytest.approx(unseen, abs=0.02)
    bits, low, high = map(float, re.findall(r"-?[\d.]+", table.cell(0, 3).text()))
    assert bits == pytest.approx(-unseen / 2 / np.log(2), abs=0.02)
    # The error of the mean of 400 rows, in bits/dim.
    assert (high - low) / 2 == pytest.approx(1.96 * 1.0 / 20 / 2 / np.log(2), rel=0.25)
    assert low < bits < high
    assert "levels" not in view.protocol.text(), "these numbers have none"
    assert view.note.text() == "So it is."
    assert view.model.isVisibleTo(view)
    assert not view.law.isVisibleTo(view), "no map of the law was written"
    assert view.model._value_at(
        view.model.plane.box.mapToView(view.model.plane.box.rect().center())
    )


@pytest.mark.parametrize(("said", "levels"), [({"levels": np.array(17)}, 17), ({}, 256)])
async def test_of_pixels_it_is_said_of_how_many_levels_bits_are(
    lens, view, said: dict[str, Any], levels: int
) -> None:
    """Results of before say it by their settings alone."""
    await load(lens, view, arrays(0.0, 0) | {"cell": np.array(np.log2(levels - 1))} | said)
    assert view.table.heading(3).text() == f"bits/dim, {levels} levels"
    assert f"one of {levels}." in view.protocol.text()


@pytest.mark.parametrize(
    ("apart", "law", "shade"),
    [(-0.5, 1, "warm"), (-0.5, 0, "danger"), (0.0, 1, "good"), (0.3, 0, "good")],
)
async def test_a_difference_is_judged_by_what_the_model_is_held_against(
    lens, view, apart, law, shade
) -> None:
    await load(lens, view, arrays(apart, law))
    assert view.table.cell(0, 5).foreground().color().name() == getattr(colors(), shade)
    head = view.table.heading(4).text()
    assert head == ("of the law" if law else "of a Gaussian")
