"""What exported folders share: the networks of a run, their checks, and `config.json`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from pushforward.models.contracts.abilities import HasDenoiser
from pushforward.models.export.networks import ExportedNetwork, exported_networks
from pushforward.models.export.programs import NotExportable, capture
from pushforward.studio.engine.exports.export import CONFIG, Request
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.model_loading import Loaded, load

__all__ = ["TOLERANCE", "Folder", "check_equal", "write_networks"]

TOLERANCE = 1e-4
"""The largest difference from PyTorch, relative to outputs above 1."""
SIZES = (1, 5)
"""Batch sizes that every exported network is checked with; the graph is captured with another."""


@dataclass
class Folder:
    """The folder being written, and what its configuration says of networks."""

    path: Path
    networks: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


WriteNetwork = Callable[[ExportedNetwork, torch.export.ExportedProgram, Folder], dict[str, Any]]
"""Write a network into a folder; return more entries of its configuration."""


def write_networks(request: Request, path: Path, write: WriteNetwork) -> Folder:
    """Write every network of a run and `config.json`.

    Raises:
        Refused: the model has no network that can be exported; with the reason of each.
    """
    # Graphs name the device that they were captured on: any reader has a CPU.
    loaded = load(request.run, request.step, request.length, on="cpu")
    networks = exported_networks(loaded.family)
    if not networks:
        raise Refused(
            f"{loaded.resolved.family.entry.title} has no denoiser, generator, classifier or "
            "encoder that is one network.",
            "Export its weights as one file: format safetensors.",
            path="format",
        )
    folder = Folder(path)
    for network in networks:
        try:
            more = write(network, capture(network), folder)
        except NotExportable as reason:
            folder.failures[network.role.name] = str(reason)
        else:
            folder.networks.append({**_describe(network), **more})
    if not folder.networks:
        why = "; ".join(f"{name}: {reason}" for name, reason in folder.failures.items())
        raise Refused(
            f"This model cannot be exported so: {why}.",
            "Export its weights as one file: format safetensors.",
            path="format",
        )
    config = {**_config(request, loaded), "networks": folder.networks}
    if folder.failures:
        config["not_exported"] = folder.failures
    (path / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return folder


def check_equal(network: ExportedNetwork, evaluate: Callable[[Sequence[Tensor]], Tensor]) -> float:
    """Return the largest difference of an exported network from the original, over two batch sizes.

    Raises:
        NotExportable: it is above `TOLERANCE`.
    """
    worst = 0.0
    for size in SIZES:
        inputs = [_resized(value, size) for value in network.example.values()]
        with torch.no_grad():
            expected = network(*inputs)
        found = evaluate(inputs)
        if found.shape != expected.shape:
            raise NotExportable(f"its output has shape {tuple(found.shape)} for {size} samples")
        scale = expected.abs().clamp(min=1.0)
        gap = ((found - expected).abs() / scale).nan_to_num(nan=0.0).max()
        worst = max(worst, float(gap))
    if worst > TOLERANCE:
        raise NotExportable(f"its output differs from PyTorch's by {worst:.2g}")
    return worst


def _resized(value: Tensor, size: int) -> Tensor:
    """Return ``size`` rows of some, repeated where there are fewer."""
    return value[torch.arange(size) % len(value)]


def _describe(network: ExportedNetwork) -> dict[str, Any]:
    with torch.no_grad():
        output = network(*network.example.values())
    return {
        "name": network.role.name,
        "summary": network.role.summary,
        "inputs": [
            {"name": name, "shape": ["batch", *value.shape[1:]], "dtype": _dtype(value)}
            for name, value in network.example.items()
        ],
        "output": {"shape": ["batch", *output.shape[1:]], "dtype": _dtype(output)},
    }


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _config(request: Request, loaded: Loaded) -> dict[str, Any]:
    """Return what describes the model as a whole."""
    spec, run = loaded.family.spec, request.run
    config: dict[str, Any] = {
        "format": 1,
        "run": run.name,
        "model": loaded.resolved.family.entry.slug,
        "step": loaded.step,
        "data": {
            "type": spec.kind,
            "shape": list(spec.shape),
            "columns": list(loaded.columns),
            "mean": spec.mean.tolist(),
            "std": spec.std.tolist(),
            "conditions": {
                name: {
                    "classes": list(known.names) if known.classes else [],
                    "mean": None if known.mean is None else known.mean.tolist(),
                    "std": None if known.std is None else known.std.tolist(),
                    "log": known.log,
                }
                for name, known in spec.given.items()
            },
        },
        "settings": msgspec.to_builtins(run.record.spec),
        "versions": run.record.versions,
    }
    if isinstance(loaded.family, HasDenoiser):
        config["noise_range"] = list(loaded.family.noise_range)
    return config
