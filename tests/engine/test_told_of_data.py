"""What data sets say of themselves: their size, their licence, and how many of each class."""

import re
from pathlib import Path

import numpy as np
import pytest

from pushforward.models.contracts.data import Splits
from pushforward.models.registry import registry
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.resources import folder
from pushforward.studio.store.project import Project

discover()
SETS = registry.all("dataset")
FINITE = [entry for entry in SETS if entry.finite]


@pytest.mark.parametrize("entry", FINITE, ids=lambda entry: entry.slug)
def test_a_finite_set_says_how_many_it_has_its_licence_and_how_it_was_made(entry):
    splits = entry.make(entry.config())
    assert isinstance(splits, Splits)
    said = int(entry.size.split()[0].replace(",", ""))
    parts = (splits.train, splits.validation, splits.test)
    assert said == sum(len(part) for part in parts if part is not None)
    assert entry.licence
    assert entry.made


@pytest.mark.parametrize("path", sorted(folder("datasets").glob("*/NOTICE.md")), ids=str)
def test_the_licence_of_a_notice_is_the_one_that_is_declared(path: Path):
    slug = {"jets": "pythia-jets", "citeseer": "ego"}.get(path.parent.name, path.parent.name)
    entry = registry.get("dataset", slug)
    named = {"CC BY-SA": "Attribution-ShareAlike", "CC BY": "Attribution"}
    name = re.match(
        r"(CC BY-SA|CC BY|CC0|MIT|BSD 3-Clause|Apache-2.0|Public domain)", entry.licence
    ).group()
    assert named.get(name, name) in path.read_text()


def test_a_preview_counts_the_classes_of_all_rows():
    facts, arrays = preview(Pick(slug="digits"), None, 20)
    assert len(arrays["x"]) == 20
    assert sum(facts["counts"]) == facts["n"] == 1297
    assert len(facts["counts"]) == len(facts["names"]) == 10
    jets, _ = preview(Pick(slug="pythia-jets"), None, 20)
    assert jets["counts"] == [4000] * 5
    tops, _ = preview(Pick(slug="pythia-jets", config={"types": "top"}), None, 20)
    assert tops["counts"] == [0, 0, 4000, 0, 0]
    assert preview(Pick(slug="two-moons"), None, 20)[0]["counts"] == [10, 10], "of those drawn"


def test_a_preview_of_a_sorted_file_is_of_all_of_it(tmp_path: Path):
    """Also where there are fewer than twice as many rows as are shown."""
    project = Project.create(tmp_path / "p", "p")
    table = np.arange(300, dtype=np.float32)[:, None] * np.ones(2, np.float32)
    project.add_dataset("sorted", table, ["x", "y"], "sorted.csv")
    _, arrays = preview(Pick(slug="project:sorted"), project.path, 200)
    assert len(arrays["x"]) == 200
    assert arrays["x"][:, 0].max() > 295


def test_the_first_of_a_preview_are_from_all_over_a_sorted_file(tmp_path: Path):
    """A pane shows as many as it has room for, of one class where a folder is a class."""
    project = Project.create(tmp_path / "p", "p")
    table = np.arange(300, dtype=np.float32)[:, None] * np.ones(2, np.float32)
    project.add_dataset("sorted", table, ["x", "y"], "sorted.csv")
    _, arrays = preview(Pick(slug="project:sorted"), project.path, 1000)
    first = arrays["x"][:30, 0]
    assert first.min() < 100
    assert first.max() > 200
    assert len(np.unique(arrays["x"][:, 0])) == len(arrays["x"])
