"""Weights as safetensors, with each network as plain PyTorch source and a loader."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from pushforward.models.export.networks import ExportedNetwork
from pushforward.models.export.programs import source_of
from pushforward.studio.engine.exports.export import Request
from pushforward.studio.engine.exports.networks import Folder, check_equal, write_networks
from pushforward.studio.engine.exports.summary import summarise

__all__ = ["LOADER", "write"]

LOADER = '''"""Load a network of this folder with PyTorch and safetensors alone."""
import importlib.util
import json
from pathlib import Path

import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
NETWORKS = {n["name"]: n for n in json.loads((HERE / "config.json").read_text())["networks"]}

def load(name=next(iter(NETWORKS))):
    """Return a network as a function of its inputs, in the order of config.json."""
    spec = importlib.util.spec_from_file_location("network", HERE / NETWORKS[name]["code"])
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    tensors = load_file(HERE / NETWORKS[name]["file"])
    weights = [tensors[each] for each in NETWORKS[name]["weights"]]
    return torch.no_grad()(lambda *inputs: module.forward(*weights, *inputs)[0])
'''
"""`load.py` of an exported folder: 20 lines that need neither this product nor its classes."""


def write(request: Request, path: Path) -> str:
    """Write a folder; return a sentence about it."""
    folder = write_networks(request, path, _write)
    (path / "load.py").write_text(LOADER, encoding="utf-8")
    return summarise(folder, "load.py loads them with plain PyTorch")


def _write(
    network: ExportedNetwork, program: torch.export.ExportedProgram, folder: Folder
) -> dict[str, object]:
    source = source_of(network, program)
    names: dict[str, object] = {}
    exec(compile(source.code, network.role.name, "exec"), names)  # what was just generated
    forward, weights = names["forward"], [source.tensors[each] for each in source.weights]
    assert callable(forward)
    gap = check_equal(network, lambda inputs: forward(*weights, *inputs)[0])
    stem = network.role.name
    save_file(source.tensors, folder.path / f"{stem}.safetensors")
    (folder.path / f"{stem}.py").write_text(source.code, encoding="utf-8")
    return {
        "file": f"{stem}.safetensors",
        "code": f"{stem}.py",
        "weights": list(source.weights),
        "difference": gap,
    }
