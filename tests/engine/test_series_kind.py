"""Series in the engine: described, imported, exported."""

import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.data.notes import NotesConfig, notes
from pushforward.models.kinds.series import SeriesSet, series
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.registry import discover as discover_formats
from pushforward.studio.formats.series.table import SeriesTable
from pushforward.studio.store.project import Project

discover()
discover_formats()
KIND = kind_of("series")


def test_series_are_described():
    data = series(50, 0)
    assert KIND.describe_data(data) == "50 series of 6 times in 2 channels"
    facts = KIND.facts(notes(NotesConfig(), 20, 0))
    assert (facts["rate"], facts["channels"]) == (8000, ["sound"])
    assert facts["names"] == ["A4", "C5", "D5", "E5", "G5"]


def test_classes_are_told_to_who_asks():
    told = KIND.labelled(series(50, 0))
    assert told is not None
    assert told.spec().given["label"].names == ("slow", "fast")
    assert KIND.labelled(SeriesSet(series(50, 0).x)) is None


def test_a_table_of_ones_own_trains(tmp_path: Path):
    path = tmp_path / "loads.csv"
    x = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    np.savetxt(path, x, delimiter=",", header="north,south", comments="")
    options = {"item": "", "layout": "columns", "columns": [], "length": 12, "step": 4}
    rows = SeriesTable().rows([path], options)
    project = Project.create(tmp_path / "project", "project")
    with project.new_dataset("mine", rows.schema) as writer:
        for block in rows.blocks:
            writer.add(block)
    data = find_imported("mine", tmp_path / "project")
    spec = data.rows.spec()
    assert (spec.kind, spec.shape) == ("series", (12, 2))
    whole = data.rows.take(slice(None))
    assert isinstance(whole, SeriesSet)
    assert whole.channels == ("north", "south")


def test_other_arrays_are_no_series():
    with pytest.raises(Refused, match="no series"):
        KIND.from_parts({"x": np.zeros((5, 3), np.float32)}, Facts())


@pytest.mark.parametrize("suffix", KIND.suffixes)
def test_series_are_written(tmp_path: Path, suffix: str):
    path = tmp_path / f"made{suffix}"
    x = torch.linspace(-1, 1, 24).reshape(3, 8, 1)
    KIND.write(path, Batch(x), (), {"run": "r"})
    if suffix == ".npz":
        assert np.array_equal(np.load(path)["x"], x.numpy())
    elif suffix == ".csv":
        assert len(path.read_text().splitlines()) == 25
    elif suffix == ".wav":
        with wave.open(str(path)) as file:
            assert file.getframerate() == 8000
    assert path.stat().st_size > 0
