"""How far the nearest is, asked of one set of data while that of another is on its way."""

import asyncio
import time
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject

from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data import nearest_samples
from pushforward.studio.app.data_types.graphs.molecule_type import KIND as MOLECULES
from tests.qtloop import until

ROW = 9 * 9 + 3 * 36  # which atom each of nine is, and which bond each pair has


def images(scale: float) -> Arrays:
    rng = np.random.default_rng(0)
    return {"x": (scale * rng.random((20, 4, 4, 1))).astype(np.float32)}


async def test_what_is_usual_in_some_data_is_not_taken_for_others(
    qapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dim ones, then bright ones, and dim ones again before that was answered."""
    owner = QObject()
    asked, measured = nearest_samples.Nearest(owner), nearest_samples.measured
    dim, bright = images(1.0), images(1000.0)

    def slowly(
        data: Arrays, row: int, among: Arrays, kind_: Kind, usual: Any
    ) -> nearest_samples.Near:
        found = measured(data, row, among, kind_, usual)
        time.sleep(0.0 if data is dim else 0.1)
        return found

    monkeypatch.setattr(nearest_samples, "measured", slowly)

    async def usual_in(data: Arrays, row: int) -> float | None:
        asked.ask(data, row, data, kind("images"))
        await until(lambda: asked.near is not None)
        return None if asked.near is None else asked.near.usual

    usual = await usual_in(dim, 0)
    asked.ask(bright, 1, bright, kind("images"))
    await asyncio.sleep(0.05)
    assert await usual_in(dim, 1) == usual


def test_a_molecule_that_nothing_has_the_spectrum_of_has_its_distances() -> None:
    """There is no other to compare with it bond by bond."""
    rng = np.random.default_rng(0)
    apart = MOLECULES.apart
    assert apart is not None
    rows = rng.choice([-1.0, 1.0], (6, ROW)).astype(np.float32)
    far = apart({"x": rows[0]}, {"x": rows[1:]})
    assert far.shape == (5,)
    assert (far > 0).all()
    assert apart({"x": rows[2]}, {"x": rows[1:]}).tolist().index(0.0) == 1
