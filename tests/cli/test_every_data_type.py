"""Every registered data type: from training to files read back, and through the window's job.

A data type is met here as soon as it is registered. One tiny run of each is trained by the command
line; what its samples hold is compared with each file that they can be written to.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PySide6.QtGui import QImageReader

from pushforward.models.config import describe, replace_at
from pushforward.models.contracts.batch import Batch
from pushforward.models.entries import FamilyEntry
from pushforward.models.kinds.labelled_graphs import labelled_packing
from pushforward.models.kinds.molecules import packing_of
from pushforward.models.layouts.graphs import Packing, unpack, unpack_types
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import preferred
from pushforward.models.registry import registry
from pushforward.observables.graphs.labels import NODE_LABELS
from pushforward.observables.molecules.atoms import ATOMS
from pushforward.studio.__main__ import main
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.samples import SampleSet
from pushforward.studio.workflows.command_line import assignments
from tests.cli.exported import read_arrays, read_graphs, read_pictures, read_sound, read_table
from tests.engine.test_commands import Desk
from tests.models.pairs import NETWORK, SETTINGS

discover()
KINDS = [entry.slug for entry in registry.all("kind")]
N, SEED = 8, 3
TRAINING = {
    "steps": 3, "batch": 8, "samples": 64, "particles": 8, "frames": 2, "evaluate_every": 0,
    "evaluate_samples": 16, "checkpoint_steps": 3, "device": "cpu", "threads": 1,
}  # fmt: skip
ELEMENTS = ("C", "N", "O", "F", "S", "Cl", "Br")
"""Of the molecules of MOSES."""
OWN = {"cubes": "classify-scene", "interactions": "recommend"}
"""What is done with a run that makes no samples."""
GRAPHS = (".graphml", ".json", ".edgelist", ".g6")


@dataclass(frozen=True)
class Trained:
    """A run with one set of samples in its results; None where its model makes none."""

    kind: str
    run: RunFolder
    samples: SampleSet | None


def family_for(kind: str) -> FamilyEntry:
    """Return the family to train: a diffusion where it takes the data, else one that samples."""
    able = [entry for entry in registry.all("family") if kind in kinds_of(entry)]
    ranked = sorted(able, key=lambda e: (e.slug != "edm", "samples" not in e.abilities))
    return ranked[0]


def smallest(family: FamilyEntry, kind: str) -> dict[str, Any]:
    """Return settings of a family with its networks and its counts as small as they can be."""
    data: dict[str, Any] = {}
    for row in describe(family.config):
        path, last = row["path"], row["path"].removeprefix("net.")
        if row["of"] == "network":
            slug = preferred(row, kind, {})["slug"]
            own = {each["path"] for each in describe(registry.get("network", slug).config)}
            sizes = {name: size for name, size in NETWORK.items() if name in own}
            data = replace_at(data, path, {"slug": slug, "config": sizes})
        elif path in SETTINGS or last in NETWORK:
            data = replace_at(data, path, {**NETWORK, **SETTINGS}[last])
    return data


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    @cache
    def make(kind: str) -> Trained:
        family = family_for(kind)
        dataset = next(e for e in registry.all("dataset") if e.holds == kind)
        spec = RunSpec(
            name="tiny",
            family=Pick(slug=family.slug, config=smallest(family, kind)),
            dataset=Pick(slug=dataset.slug),
            training=TRAINING,
        )
        sets = [word for text in assignments(spec) for word in ("--set", text)]
        project = tmp_path_factory.mktemp(kind) / "project"
        command(["run", f"{family.slug}@{dataset.slug}", "--out", project, *sets])
        (run,) = Project.open(project).runs()
        if kind in OWN:
            return Trained(kind, run, None)
        command(["sample", run.path, "--count", N, "--seed", SEED])
        (path,) = run.samples.paths()
        return Trained(kind, run, run.samples.read(path))

    return make


def command(words: list[Any]) -> None:
    assert main([str(word) for word in words]) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_the_same_from_every_command_and_from_the_window(
    kind: str, trained: Callable[[str], Trained], tmp_path: Path
) -> None:
    """E0: labelled graphs and sentences could be trained and never sampled."""
    made = trained(kind)
    operator, config = (OWN[kind], {}) if kind in OWN else ("generate", {"n": N, "seed": SEED})
    inputs = {"histories": "data"} if operator == "recommend" else {}
    run = str(made.run.path)
    wanted = m.Operate(run=run, operator=operator, config=config, inputs=inputs)
    desk = Desk(tmp_path)
    desk.reply(wanted)
    desk.work()
    (event,) = desk.outbox.of(m.ResultWritten)
    settings = [word for name, value in config.items() for word in ("--set", f"{name}={value}")]
    rows = [word for name in inputs for word in ("--rows", f"{name}=data")]
    command(["do", made.run.path, operator, *settings, *rows, "--out", tmp_path / "do.npz"])
    found = read_arrays(tmp_path / "do.npz")
    by_window = read_arrays(Path(event.result) / "arrays.h5")
    if made.samples is None:
        assert found.keys() == by_window.keys()
        for name, values in found.items():
            np.testing.assert_array_equal(values, by_window[name])
        return
    assert by_window.keys() == {"x", *made.samples.beside}
    np.testing.assert_array_equal(by_window["x"], made.samples.x)
    for name, values in made.samples.beside.items():
        np.testing.assert_array_equal(by_window[name], values)
    check_arrays(kind, found, made.samples)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OWN])
def test_samples_are_read_back_from_every_file(
    kind: str, trained: Callable[[str], Trained], tmp_path: Path
) -> None:
    made = trained(kind)
    assert made.samples is not None
    held = ["--count", N, "--seed", SEED]
    for suffix in kind_of(kind).suffixes:
        file = tmp_path / f"samples{suffix}"
        if suffix in (".smi", ".parquet"):
            continue  # no molecule of so short a training is valid; Parquet is an extra
        command(["export", made.run.path, *held, "--out", file])
        check_file(kind, file, made.samples)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OWN])
def test_a_training_leaves_a_picture(kind: str, trained: Callable[[str], Trained]) -> None:
    """E17: only points, variables of jets and images did."""
    assert read_size(trained(kind).run.path / "picture.png") > (100, 100)


@pytest.mark.parametrize("kind", ["points", "images", "jets"])
def test_an_animation_moves(kind: str, trained: Callable[[str], Trained], tmp_path: Path) -> None:
    run = trained(kind).run
    command(["export", run.path, "--out", tmp_path / "flow.gif"])
    reader = QImageReader(str(tmp_path / "flow.gif"))
    assert reader.imageCount() > 1
    first = reader.read()
    while reader.canRead():
        last = reader.read()
    assert first != last


def test_a_film_of_images_is_written_as_an_animation(
    trained: Callable[[str], Trained], tmp_path: Path
) -> None:
    file = tmp_path / "film.gif"
    command(["do", trained("images").run.path, "film", "--set", "n=1", "--out", file])
    assert QImageReader(str(file)).imageCount() == 21  # the noise, and a frame for each step


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_exported_texts_are_not_imported_as_images(
    trained: Callable[[str], Trained],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    suffix: str,
) -> None:
    file = tmp_path / f"texts{suffix}"
    command(["export", trained("texts").run.path, "--count", N, "--out", file])
    assert main(["import", str(file), "--out", str(tmp_path / "project")]) != 0
    said = capsys.readouterr().err
    assert f"{file.name} holds texts, which cannot be imported from {suffix} files." in said
    assert "Export them as .txt and import that." in said


def test_the_lists_of_a_recommender_are_an_animation(
    trained: Callable[[str], Trained], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(trained("interactions").run.path)
    file = tmp_path / "lists.gif"
    assert main(["export", run, "--out", str(file)]) == 0
    assert "is shown in" in capsys.readouterr().out
    assert QImageReader(str(file)).imageCount() > 1


@pytest.mark.parametrize("kind", ["labelled-graphs", "molecules"])
def test_no_sample_has_a_type_that_no_datum_has(
    kind: str, trained: Callable[[str], Trained]
) -> None:
    """E6: a model of QM9 drew bromine and iodine, of which QM9 has none."""
    made = trained(kind)
    assert made.samples is not None
    absent = load(made.run).family.spec.absent
    assert absent is not None
    real = made.samples.beside["mask"].astype(bool)
    assert (made.samples.x[:, absent.numpy()][real[:, absent.numpy()]] == -1.0).all()
    if kind == "molecules":
        atoms, _ = unpack_types(torch.from_numpy(made.samples.x), packing_of(real.shape[1]))
        assert set(atoms.flatten().tolist()) <= {ATOMS.index(each) for each in ELEMENTS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_evaluated_with_finite_values(
    kind: str, trained: Callable[[str], Trained], capsys: pytest.CaptureFixture[str]
) -> None:
    made = trained(kind)
    for count in (16, 1):
        capsys.readouterr()
        command(["evaluate", made.run.path, "--count", count, "--json"])
        said = json.loads(capsys.readouterr().out)
        assert said["step"] == 3
        assert said["figures"] or said["notes"], "a metric is measured, or says why not"
        assert all(isinstance(each["value"], float) for each in said["figures"])


def read_size(picture: Path) -> tuple[int, int]:
    """Return width and height of a PNG."""
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (16, 20))
    return width, height


def check_file(kind: str, file: Path, samples: SampleSet) -> None:
    """Compare what a file holds with the samples that were written to it."""
    if file.suffix in (".npz", ".h5", ".hdf5"):
        check_arrays(kind, read_arrays(file), samples)
    elif file.suffix in GRAPHS:
        check_graphs(kind, read_graphs(file), samples)
    elif file.suffix == ".csv":
        check_table(kind, read_table(file), samples)
    elif file.suffix == ".txt":
        lines = file.read_text(encoding="utf-8").splitlines()
        assert [len(line) for line in lines] == [samples.x.shape[1]] * N
        assert "".join(lines) == "".join(map(chr, samples.x.ravel().tolist()))
    elif file.suffix == ".wav":
        check_sound(read_sound(file), samples.x)
    elif file.suffix == ".zip":
        grey = (np.clip(samples.x, 0, 1) * 255 + 0.5).astype(np.uint8)
        for picture, image in zip(read_pictures(file), grey, strict=True):
            np.testing.assert_array_equal(picture[..., : len(image)].transpose(2, 0, 1), image)
    elif file.suffix == ".sdf":
        assert file.read_text().count("$$$$") == N
    else:
        assert all(picture.size for picture in read_pictures(file))


def check_arrays(kind: str, found: dict[str, NDArray[Any]], samples: SampleSet) -> None:
    expected = stored_as(kind, samples)
    if kind == "jets":
        features, jets = found["particle_features"], found["jet_features"]
        found = {**found, "angles": features[..., :2] * features[..., 3:], "pt": jets[:, 0]}
        np.testing.assert_array_equal(jets[:, 3], samples.beside["mask"].sum(axis=1))
    assert found.keys() >= expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    names = [each.decode() for each in found["names"]] if "names" in found else None
    if kind in ("labelled-graphs", "sentences"):
        assert names == list(samples.columns)
        assert names
    if kind == "sentences":
        assert set(found["words"].ravel()) > {b""}


def stored_as(kind: str, samples: SampleSet) -> dict[str, NDArray[Any]]:
    """Return the arrays that a file has of samples, taken apart anew."""
    x, beside = torch.from_numpy(samples.x), samples.beside
    if kind == "graphs":
        given = {"size": torch.from_numpy(beside["size"])}
        packing = Packing.like(Batch(x, torch.from_numpy(beside["mask"]).bool(), given))
        return {"adjacency": unpack(x, packing).numpy(), "size": beside["size"]}
    if kind == "molecules":
        atoms, bonds = unpack_types(x, packing_of(x.shape[1]))
        return {"atoms": atoms.numpy(), "bonds": bonds.numpy(), "size": beside["size"]}
    if kind in ("labelled-graphs", "sentences"):
        types, edges = unpack_types(x, labelled_packing(x.shape[1]))
        return {"types": types.numpy(), "edges": edges.numpy(), "size": beside["size"]}
    if kind == "jets":
        mask = beside["mask"].astype(bool)
        order = np.argsort(np.where(mask, -samples.x[..., 2], np.inf), axis=1, kind="stable")
        angles = np.where(mask[..., None], samples.x[..., :2], 0.0)
        sorted_ = np.take_along_axis(angles, order[..., None], axis=1)
        return {"label": beside["label"], "angles": sorted_, "pt": beside["pt"]}
    if kind == "jet-variables":
        eta, mass, pt, size = samples.x.T
        jets = np.stack([np.exp(pt), eta, np.exp(mass), np.round(size)], axis=1)
        return {"label": beside["label"], "jet_features": jets}
    return {"x": samples.x}


def check_graphs(kind: str, graphs: list[networkx.Graph], samples: SampleSet) -> None:
    """Compare nodes, edges and their labels."""
    expected = stored_as(kind, samples)
    square = next(expected[name] for name in ("adjacency", "bonds", "edges") if name in expected)
    for row, (graph, size) in enumerate(zip(graphs, expected["size"].tolist(), strict=True)):
        assert graph.number_of_nodes() == size
        joined = networkx.to_numpy_array(graph, nodelist=range(size)) > 0
        np.testing.assert_array_equal(joined, square[row, :size, :size] > 0)
        if kind in ("labelled-graphs", "sentences"):
            names = samples.columns
            assert [graph.nodes[node]["label"] for node in range(size)] == [
                names[number] or str(number + 1) for number in expected["types"][row, :size]
            ]
            for one, other, label in graph.edges(data="label"):
                number = int(square[row, one, other])
                place = NODE_LABELS + number - 1
                assert label == (names[place] if place < len(names) else str(number))
        if kind == "sentences":
            assert all(graph.nodes[node]["word"] for node in range(size))


def check_table(kind: str, lines: list[dict[str, str]], samples: SampleSet) -> None:
    if kind == "points":
        found = [[float(line[name]) for name in samples.columns] for line in lines]
        np.testing.assert_allclose(found, samples.x, rtol=1e-6)
    elif kind == "series":
        channels = [name for name in lines[0] if name not in ("series", "time")]
        found = [[float(line[name]) for name in channels] for line in lines]
        np.testing.assert_allclose(np.reshape(found, samples.x.shape), samples.x, rtol=1e-6)
    elif kind == "jets":
        assert len(lines) == samples.beside["mask"].sum()
        etas = sorted(float(line["eta_rel"]) for line in lines)
        real = np.sort(samples.x[..., 0][samples.beside["mask"].astype(bool)])
        np.testing.assert_allclose(etas, real, rtol=1e-5, atol=1e-7)
    else:
        assert len(lines) == N
        found = [float(line["pt"]) for line in lines]
        np.testing.assert_allclose(found, np.exp(samples.x[:, 2]), rtol=1e-5)


def check_sound(heard: NDArray[np.float64], x: NDArray[Any]) -> None:
    assert heard.shape[1] == x.shape[2]
    assert len(heard) > N * x.shape[1]
    loudest = max(1.0, float(np.abs(x).max()))
    np.testing.assert_allclose(heard[: x.shape[1]], x[0] / loudest, atol=1e-4)
