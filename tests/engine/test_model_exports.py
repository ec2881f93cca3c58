"""A trained model, exported: read back without this product, and equal to the original."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from pushforward.models.export.networks import exported_networks
from pushforward.studio.engine.exports.export import Request, export_model
from pushforward.studio.engine.exports.weights import LOADER
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.formats.model_exports import FORMATS
from pushforward.studio.store.run import RunFolder
from tests.engine.test_operating import spec

FOREIGN = """
import json, runpy, sys
import numpy, torch
loaded = runpy.run_path(sys.argv[1] + "/load.py")["load"]()
inputs = [torch.from_numpy(each) for each in numpy.load(sys.argv[2]).values()]
numpy.save(sys.argv[3], loaded(*inputs).numpy())
assert not any(name.partition(".")[0] == "pushforward" for name in sys.modules)
"""
"""A process without this product: it cannot even import it."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    project = tmp_path_factory.mktemp("made") / "project"
    assert headless.run(spec(), project=project).state == "finished"
    return RunFolder(project / "runs" / "0001-a-test")


@pytest.fixture(scope="module")
def folder(run: RunFolder) -> Path:
    """The run as a folder of weights and plain source."""
    out = run.path.parent / "weights"
    export_model(Request(run), "weights", out)
    return out


def test_weights_load_in_a_process_without_this_product(
    run: RunFolder, folder: Path, tmp_path: Path
) -> None:
    network = exported_networks(load(run).family)[0]
    inputs = {
        name: each.repeat(3, *[1] * (each.ndim - 1)) for name, each in network.example.items()
    }
    np.savez(tmp_path / "in.npz", **{name: each.numpy() for name, each in inputs.items()})
    code, out = [sys.executable, "-I", "-c", FOREIGN], tmp_path / "out.npy"
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([*code, str(folder), str(tmp_path / "in.npz"), str(out)], check=True, env=bare)
    with torch.no_grad():
        expected = network(*inputs.values())
    np.testing.assert_allclose(np.load(out), expected.numpy(), rtol=0, atol=1e-6)


def test_the_loader_is_short_and_the_configuration_describes_inputs(folder: Path) -> None:
    assert len(LOADER.splitlines()) <= 20
    assert "pushforward" not in LOADER
    config = json.loads((folder / "config.json").read_text())
    (denoiser,) = config["networks"]
    assert [each["name"] for each in denoiser["inputs"]] == ["x", "level"]
    assert denoiser["inputs"][0]["shape"] == ["batch", 2]
    assert config["data"]["columns"] == ["x", "y"]


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_an_onnx_file_is_equal_at_any_batch_size_and_its_example_runs(
    run: RunFolder, tmp_path: Path
) -> None:
    import onnxruntime

    assert "denoiser" in export_model(Request(run), "onnx", tmp_path / "model")
    session = onnxruntime.InferenceSession(tmp_path / "model" / "denoiser.onnx")
    network = exported_networks(load(run).family)[0]
    for size in (1, 7):
        inputs = {"x": torch.randn(size, 2), "level": torch.linspace(0.1, 2.0, size)}
        (found,) = session.run(None, {name: each.numpy() for name, each in inputs.items()})
        with torch.no_grad():
            expected = network(*inputs.values()).numpy()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    example = [sys.executable, "-I", str(tmp_path / "model" / "example.py")]
    shown = subprocess.run(example, check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "denoiser (4, 2)"


def test_a_program_of_torch_export_is_equal(run: RunFolder, tmp_path: Path) -> None:
    export_model(Request(run), "torch", tmp_path / "model")
    module = torch.export.load(tmp_path / "model" / "denoiser.pt2").module()
    network = exported_networks(load(run).family)[0]
    inputs = (torch.randn(7, 2), torch.linspace(0.1, 2.0, 7))
    with torch.no_grad():
        torch.testing.assert_close(module(*inputs), network(*inputs))


def test_a_model_card_has_every_section(run: RunFolder, tmp_path: Path) -> None:
    export_model(Request(run), "card", tmp_path / "card.md")
    text = (tmp_path / "card.md").read_text()
    for head in ("Data", "Training", "Settings", "Metrics", "Verified", "Licence", "Reproduce"):
        assert f"\n## {head}" in text
    assert "pushforward run" in text
    assert f"Trained parameters: {load(run).family.parameter_count():,}" in text


def test_only_an_exported_folder_is_replaced(run: RunFolder, folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    with pytest.raises(Refused, match="not an exported model"):
        export_model(Request(run), "weights", mine, overwrite=True)
    assert (mine / "thesis.txt").read_text() == "years"
    with pytest.raises(Refused, match="is there already"):
        export_model(Request(run), "weights", folder)
    (folder / "old").write_text("")
    export_model(Request(run), "weights", folder, overwrite=True)
    assert not (folder / "old").exists()


def test_a_wrong_name_is_refused_before_anything_is_loaded(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"written as \.md"):
        export_model(Request(run), "card", tmp_path / "card.txt")
    with pytest.raises(Refused, match="There is no format 'pickle'"):
        export_model(Request(run), "pickle", tmp_path / "x")
    assert {each.slug for each in FORMATS} >= {"weights", "onnx", "torch", "card"}
