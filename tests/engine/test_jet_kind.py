"""Jets in the engine: exported as JetNet has them, and taken back."""

import csv
import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.jets import jets, masses
from pushforward.models.registry import registry
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.studio.engine.data.datasets import Dataset, halves
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.kinds.jets import MEANING
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.edit_commands import _classes
from pushforward.studio.engine.run.effective_settings import aim, held_rows
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.formats.jets.jetnet import JetNet
from pushforward.studio.protocol.extras import DENOISED, LEVELS
from pushforward.studio.protocol.spec import Pick
from tests.engine.test_extras import finished

discover()
ATTRS = {"operator": "generate", "classes": ["narrow", "wide"]}


@pytest.fixture
def made() -> Batch:
    """Jets as a model makes them: their constituents in any order."""
    rows = jets(50, 0).rows(slice(None))
    assert rows.mask is not None
    x = rows.x.clone()
    for row, size in enumerate(rows.given["size"].tolist()):
        x[row, :size] = x[row, torch.randperm(size)]
    return Batch(x, rows.mask, rows.given)


def written(path: Path, rows: Batch) -> Path:
    kind_of("jets").write(path, rows, (), ATTRS)
    return path


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_constituents_are_written_by_falling_pt_with_the_padding_last(made, tmp_path, suffix):
    path = written(tmp_path / f"made{suffix}", made)
    with h5py.File(path) if suffix == ".h5" else np.load(path) as file:
        clouds, jet = file["particle_features"][:], file["jet_features"][:]
        assert file["label_names"][:].tolist() == [b"narrow", b"wide"]
    assert clouds.shape == (50, 6, 4)
    assert (np.diff(clouds[..., 2], axis=1) <= 0.0).all()
    assert (np.diff(clouds[..., 3], axis=1) <= 0.0).all()
    assert not clouds[clouds[..., 3] == 0.0].any()
    np.testing.assert_array_equal(jet[:, 3], made.given["size"])
    np.testing.assert_allclose(jet[:, 2], masses(made.x, made.mask), rtol=1e-5)
    np.testing.assert_allclose((clouds[..., 2] * jet[:, :1]).sum(1), jet[:, 0], rtol=1e-4)


def test_what_was_written_is_taken_back_with_its_types(made, tmp_path):
    path = written(tmp_path / "made.h5", made)
    assert JetNet().claims(path)
    rows = JetNet().rows([path], {})
    assert rows.schema.classes == ["narrow", "wide"]
    (block,) = rows.blocks
    np.testing.assert_array_equal(block["label"], made.given["label"])
    np.testing.assert_array_equal(block["size"], made.given["size"])
    hardest = made.x[..., 2].amax(dim=1)
    np.testing.assert_allclose(block["x"][:, 0, 2], hardest, rtol=1e-5)


def test_no_type_is_a_formula_in_a_table(made, tmp_path):
    path = tmp_path / "made.csv"
    kind_of("jets").write(path, made, (), {**ATTRS, "classes": ["=1+1", "@wide"]})
    with open(path, newline="") as file:
        found = {line["type"] for line in csv.DictReader(file)}
    assert found == {"'=1+1", "'@wide"}


def test_a_table_has_a_line_a_constituent(made, tmp_path):
    path = written(tmp_path / "made.csv", made)
    with open(path, newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == int(made.given["size"].sum())
    last = [line for line in lines if line["jet"] == "49"]
    assert [line["constituent"] for line in last] == [str(k) for k in range(len(last))]
    assert {line["type"] for line in last} == {ATTRS["classes"][made.given["label"][49]]}
    pt = sorted((float(line["pt_rel"]) * float(line["jet_pt"]) for line in last), reverse=True)
    assert pt == [float(line["pt_rel"]) * float(line["jet_pt"]) for line in last]
    np.testing.assert_allclose(pt[0], torch.expm1(made.x[49, :, 2].max()), rtol=1e-4)
    np.testing.assert_allclose(float(last[0]["asked_mass"]), made.given["mass"][49], rtol=1e-6)
    said = json.loads((tmp_path / "made.csv.json").read_text())
    assert said == {**ATTRS, "meaning": MEANING}


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_what_jets_were_asked_for_stands_beside_what_they_are(made, tmp_path, suffix):
    path = written(tmp_path / f"made{suffix}", made)
    with h5py.File(path) if suffix == ".h5" else np.load(path) as file:
        names, asked = file["asked_names"][:].tolist(), file["asked"][:]
        said = file.attrs["provenance"] if suffix == ".h5" else str(file["provenance"])
    assert names == [name.encode() for name in made.given]
    for k, name in enumerate(made.given):
        np.testing.assert_array_equal(asked[:, k], made.given[name].float())
    assert "mass in GeV of the generated constituents" in json.loads(said)["meaning"]


def test_the_types_of_shown_jets_come_along_unless_they_were_edited() -> None:
    rows = jets(60, 0)
    source = Dataset(rows, "", None, lambda n, seed: (rows, rows))
    target = aim(source)
    spec = SimpleNamespace(dataset=Pick(slug="pythia-jets"))
    run: Any = SimpleNamespace(record=SimpleNamespace(spec=spec))
    label, names = _classes(run, source, target, 20)
    assert names == ["narrow", "wide"]
    assert np.array_equal(label["label"], rows.label[target.chosen(20)].numpy())
    assert torch.equal(rows.x[target.chosen(20)], target.thinned(20))
    fewer = replace(target, x=target.x[1:], order=target.order[1:])
    assert _classes(run, source, fewer, 20) == ({}, [])


@pytest.mark.parametrize("n", [90, 800])
def test_held_out_jets_that_are_shown_are_of_all_types_in_their_shares(n: int) -> None:
    """Fewer than all, more than half of what is set apart or less: in files sorted by type."""
    drawn = jets(1000, 0)
    held = drawn.take(torch.argsort(drawn.label, stable=True))
    source = Dataset(drawn, "", None, partial(halves, held), held=held, most=len(held) // 2)
    target = aim(source)
    rows = held_rows(source, target, n)
    assert rows is not None
    assert len(rows) == n
    label = rows.rows(slice(None)).given["label"].double()
    share = float(held.label.double().mean())
    chance = math.sqrt(share * (1 - share) / n * (1 - n / 1000))  # without putting back
    assert float(label.mean()) == pytest.approx(share, abs=4 * chance)
    first = float(held.label[:n].double().mean())
    assert abs(first - share) > 4 * chance, "those that come first are of other shares"
    again = held_rows(source, target, n)
    assert again is not None
    assert torch.equal(again.rows(slice(None)).x, rows.rows(slice(None)).x), "the same ones"


def test_what_a_denoiser_expects_is_where_the_flow_leads_from_each_frame() -> None:
    """dx/dln s = x - D along the probability flow (Karras et al. 2022, eq. 1), in the units that
    the screen sees: the middle of each three frames of a fine flow agrees, padded places are 0.
    """
    data = jets(40, 0)
    entry, spec = registry.get("family", "edm"), data.spec()
    tiny = {"slug": "set-transformer", "config": {"width": 16, "layers": 1, "heads": 2}}
    config = decode(entry.config, {"net": tiny, "s_max": 5.0})
    family = entry.make(config, spec, horizon=10, seed=0, device=torch.device("cpu"))
    heun = Heun(HeunConfig(steps=200))
    recorder = Recorder(family, seed=1, particles=6, frames=300, sampler=heun)
    made = finished(recorder.record(1, extras=[DENOISED, LEVELS]))
    s, x = made.extras[LEVELS], spec.standardise(torch.from_numpy(made.x))
    assert s[0] == pytest.approx(5.0, rel=1e-4)
    assert s[-1] == 0.0
    real = torch.from_numpy(made.mask)[..., None]
    assert (made.extras[DENOISED][:, ~made.mask] == 0).all()
    expected = spec.standardise(torch.from_numpy(made.extras[DENOISED]))
    scaled = x * torch.from_numpy(np.sqrt(1 + s**2))[:, None, None, None]
    for i in (20, 80, 140):
        slope = (scaled[i + 1] - scaled[i - 1]) / math.log(s[i + 1] / s[i - 1])
        led = scaled[i] - slope
        torch.testing.assert_close(led * real, expected[i] * real, atol=0.02, rtol=0.02)
    assert (expected[20] - x[20]).abs().max() > 0.1, "early on that is not where they are"
    assert np.array_equal(made.extras[DENOISED][-1], made.x[-1]), "at the end these are what is"


def test_it_is_known_what_real_jets_lose_of_what_they_would_be_asked_for():
    """By type, by hand: of narrow jets a tenth of the pT is left out, of wide ones a third."""
    data = jets(200, 3)
    whole = torch.expm1(data.x[..., 2]).sum(dim=1)
    data = replace(data, pt=whole / torch.where(data.label == 1, 2 / 3, 0.9), mass=data.mass * 2)
    found = kind_of("jets").shared_facts(data)
    assert found == pytest.approx(
        {"radius": 0.4, "pt-least": 2 / 3, "pt-most": 0.9, "mass-least": 0.5, "mass-most": 0.5},
        rel=1e-4,
    )
    of_one = kind_of("jets").shared_facts(data.take(data.label == 1))
    assert of_one["pt-least"] == of_one["pt-most"] == pytest.approx(2 / 3, rel=1e-4)


def test_imported_jets_know_the_radius_of_their_cone():
    data = jets(20, 3)
    parts = {
        name: getattr(data, name).numpy() for name in ("x", "size", "label", "pt", "eta", "mass")
    }
    for more, radius in (({}, 0.4), ({"radius": 0.8}, 0.8)):
        found = kind_of("jets").from_parts(parts, Facts(classes=data.names, more=more))
        assert found.take(slice(3, 9)).radius == radius
        assert (kind_of("jets").preview_arrays(found)["radius"] == radius).all()
        assert kind_of("jets").shared_facts(found)["radius"] == radius
