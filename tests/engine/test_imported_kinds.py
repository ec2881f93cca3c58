"""Imported jets and graphs become data that a training can read."""

from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.models.registry import registry
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.graphs.graphml import GraphML
from pushforward.studio.formats.jets.jetnet import JetNet
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.project import Project

discover()
GRAPH = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="undirected">
{nodes}{edges}</graph></graphml>"""


def imported(tmp_path: Path, importer, paths: list[Path]):
    project = Project.create(tmp_path / "project", "project")
    rows = importer.rows(paths, {option.path: option.default for option in importer.options})
    with project.new_dataset("mine", rows.schema) as writer:
        for block in rows.blocks:
            writer.add(block)
    return find_imported("mine", tmp_path / "project")


def test_jets_train_with_their_conditions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clouds = np.zeros((40, 5, 4), np.float32)
    clouds[:, :3] = rng.random((40, 3, 4)) * 0.1
    clouds[:, :3, 3] = 1.0
    jets = np.abs(rng.normal(1000.0, 50.0, (40, 4))).astype(np.float32)
    jets[:, 2] /= 10.0  # a mass is below the pT
    with h5py.File(tmp_path / "t.hdf5", "w") as file:
        file["particle_features"], file["jet_features"] = clouds, jets
    data = imported(tmp_path, JetNet(), [tmp_path / "t.hdf5"])
    spec = data.rows.spec()
    assert spec.kind == "jets"
    assert spec.given["label"].names == ("top",)
    batch = data.rows.rows(slice(0, 3))
    assert batch.mask is not None
    assert batch.mask.sum(dim=1).tolist() == [3, 3, 3]
    # What nobody chooses of a sample is of these rows, and of none that is held out.
    law = spec.restored_given(spec.law)["pt"]
    learned = data.rows.rows(slice(None)).given["pt"]
    assert 0 < len(learned) < 40
    assert set(law.round().tolist()) == set(learned.round().tolist())


def test_graphs_train_in_their_sizes(tmp_path: Path) -> None:
    paths = []
    for size in (3, 4, 5, 3, 4, 5, 4, 4, 3, 5):
        nodes = "".join(f'<node id="n{i}"/>' for i in range(size))
        edges = "".join(f'<edge source="n{i}" target="n{i + 1}"/>' for i in range(size - 1))
        paths.append(tmp_path / f"{len(paths)}.graphml")
        paths[-1].write_text(GRAPH.format(nodes=nodes, edges=edges))
    data = imported(tmp_path, GraphML(), paths)
    assert data.rows.spec().kind == "graphs"
    assert set(data.rows.rows(slice(None)).given["size"].tolist()) <= {3, 4, 5}
    # One of ten is held out to validate and one to test: no two halves are made of either.
    assert data.own, "it is said that figures are against what was learned"


def test_it_is_said_which_imported_graphs_are_copies(tmp_path: Path) -> None:
    paths = []
    for size in (3, 4) * 15:
        nodes = "".join(f'<node id="n{i}"/>' for i in range(size))
        edges = "".join(f'<edge source="n{i}" target="n{i + 1}"/>' for i in range(size - 1))
        paths.append(tmp_path / f"{len(paths)}.graphml")
        paths[-1].write_text(GRAPH.format(nodes=nodes, edges=edges))
    data = imported(tmp_path, GraphML(), paths)
    facts, _ = preview(Pick(slug="project:mine"), tmp_path / "project", 30)
    held = 30 - len(data.rows)
    assert held > 0
    assert facts["repeats"] == (
        "2 of the 30 graphs are different, the others copies; "
        f"{held} of the {held} held out are also in the training set, so noise floors and novelty "
        "mean little."
    )


@pytest.mark.parametrize("slug", ["jets", "graphs"])
def test_what_is_lacking_is_named(slug: str) -> None:
    with pytest.raises(Refused, match=r"lacks .*size"):
        kind_of(slug).from_parts({"x": np.zeros((3, 4, 3), np.float32)}, Facts())


@pytest.mark.parametrize(
    "slug", ["points", "images", "jets", "jet-variables", "graphs", "interactions", "texts"]
)
def test_data_are_written_to_files_with_all_suffixes_that_their_kind_names(tmp_path, slug):
    data = registry.get("kind", slug).make(20, 0)
    rows, kind = data.rows(slice(None)), kind_of(slug)
    assert {".npz", ".h5", ".hdf5"} <= set(kind.suffixes)
    for suffix in set(kind.suffixes) - (set() if find_spec("pyarrow") else {".parquet"}):
        path = tmp_path / f"made{suffix}"
        kind.write(path, rows, data.columns, {})
        assert path.stat().st_size > 0
