"""Encode the spec of data as tensors and plain values, for files and checkpoints."""

from collections.abc import Mapping
from typing import Any

import msgspec
import torch
from torch import Tensor

from pushforward.models.contracts.spec import DataSpec, Given, Part
from pushforward.models.oracle import GaussianMixture

__all__ = ["pack_spec", "spec_from", "spec_parts", "unpack_spec"]

GIVEN = "given/"
LAW = "law/"
MIXTURE = "mixture/"
Tensors = dict[str, Tensor]


def pack_spec(spec: DataSpec) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors of a spec by name, and its plain values.

    Names: "mean", "std", "masks", "values", "absent", "law/<name>", "given/<name>/mean", ".../std";
    for a known density "mixture/means", ".../std", ".../weights", and ".../classes" if it has
    classes.
    """
    tensors = {"mean": spec.mean, "std": spec.std}
    for name, known in (("masks", spec.masks), ("values", spec.values), ("absent", spec.absent)):
        if known is not None:
            tensors[name] = known
    tensors |= {f"{LAW}{name}": values for name, values in spec.law.items()}
    for name, given in spec.given.items():
        for number, value in (("mean", given.mean), ("std", given.std)):
            if value is not None:
                tensors[f"{GIVEN}{name}/{number}"] = value
    if spec.mixture is not None:
        law = {name: x for name, x in vars(spec.mixture).items() if x is not None}
        tensors |= {f"{MIXTURE}{name}": x for name, x in law.items()}
    values = {
        "kind": spec.kind,
        "shape": list(spec.shape),
        "symbols": spec.symbols,
        "parts": [
            [part.name, part.start, part.stop, part.counts, part.share, part.spare]
            for part in spec.parts
        ],
        "given": {name: _encode_given(known) for name, known in spec.given.items()},
    }
    return tensors, values


def unpack_spec(tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> DataSpec:
    """Return the spec that `pack_spec` packed.

    Raises:
        KeyError: something is missing.
    """
    return DataSpec(
        # Earlier versions called it so.
        values.get("kind") or values["modality"],
        tuple(values["shape"]),
        tensors["mean"],
        tensors["std"],
        _mixture(tensors),
        symbols=values.get("symbols"),
        parts=tuple(Part(*part) for part in values.get("parts", ())),
        values=tensors.get("values"),
        masks=tensors.get("masks"),
        absent=tensors.get("absent"),
        given={
            name: _decode_given(tensors, name, g) for name, g in values.get("given", {}).items()
        },
        law={name.removeprefix(LAW): x for name, x in tensors.items() if name.startswith(LAW)},
    )


def spec_parts(spec: DataSpec) -> tuple[Tensors, str]:
    """Return the tensors of a spec, each in memory of its own, and its values as JSON."""
    tensors, values = pack_spec(spec)
    return {name: x.clone().contiguous() for name, x in tensors.items()}, _json(values)


def spec_from(tensors: Mapping[str, Tensor], said: str) -> DataSpec:
    """Return what `spec_parts` was given.

    Raises:
        KeyError, TypeError, ValueError: it is nothing of the kind.
    """
    spec = unpack_spec(tensors, msgspec.json.decode(said, type=dict[str, Any]))
    for x in (spec.mean, spec.std):
        if tuple(x.shape) != spec.shape or not bool(torch.isfinite(x).all()):
            raise ValueError(f"statistics {tuple(x.shape)} of rows {spec.shape}")
    return spec


def _json(values: dict[str, Any]) -> str:
    return msgspec.json.encode(values).decode()


def _encode_given(known: Given) -> dict[str, Any]:
    return {
        "shape": list(known.shape),
        "classes": known.classes,
        "names": list(known.names),
        "log": known.log,
        "unit": known.unit,
    }


def _decode_given(tensors: Mapping[str, Tensor], name: str, said: Mapping[str, Any]) -> Given:
    mean, std = (tensors.get(f"{GIVEN}{name}/{number}") for number in ("mean", "std"))
    return Given(
        tuple(said["shape"]),
        said["classes"],
        tuple(said["names"]),
        mean,
        std,
        said.get("log", False),
        said.get("unit", ""),
    )


def _mixture(tensors: Mapping[str, Tensor]) -> GaussianMixture | None:
    """Return the density of the data, or None if unknown or not stored by an earlier version."""
    if f"{MIXTURE}means" not in tensors:
        return None
    means, std, weights = (tensors[f"{MIXTURE}{name}"] for name in ("means", "std", "weights"))
    return GaussianMixture(means, std, weights, tensors.get(f"{MIXTURE}classes"))
