"""Noise floors of metrics, cached by the content of the data that they were measured on.

A floor takes several pairs of real data and says nothing of a model: all runs on the same data have
the same one. It is read from the user's cache folder or from the studio's own files, where
`packaging/make_references.py` puts the floors of bundled data sets.
"""

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from torch import nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.entries import MetricEntry
from pushforward.studio import home, resources
from pushforward.studio.engine.run.resolve import Choice
from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.errors import StoreError

__all__ = ["SHIPPED", "Floor", "FloorCache", "cache_folder", "hash_judge", "hash_rows"]

_log = logging.getLogger(__name__)

VERSION = 2
"""Raise it when a metric's floor comes out otherwise than before: cached floors are
measured again."""
SHIPPED = "floors.json"

Moments = tuple[float, float]


class Floor(NamedTuple):
    """The mean and standard deviation of a floor over pairs, and those of its parts by name; None
    where the metric could not be measured as a whole.
    """

    value: Moments | None
    parts: dict[str, Moments]


class FloorCache:
    """The floors of one set of data.

    Args:
        data: a hash of everything that the floors are a function of, but for the metric.
    """

    def __init__(self, data: str) -> None:
        self._data = data

    def find(self, choice: Choice[MetricEntry]) -> Floor | None:
        """Return the floor of a metric, None where it is not known or its file is damaged."""
        if not _is_bundled(choice):
            return None
        key = self.key(choice)
        path = self.path(choice)
        try:
            return _decode(json.loads(path.read_text()), key)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            _log.info("The floor in %s cannot be used and is measured again: %s", path, error)
        return _shipped(resources.folder("references") / SHIPPED).get(key)

    def keep(self, choice: Choice[MetricEntry], floor: Floor) -> None:
        """Keep the floor of a metric; a disk that refuses is no failure."""
        if not _is_bundled(choice):
            return
        path = self.path(choice)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(encode(floor, self.key(choice))), durable=False)
        except (OSError, StoreError) as error:
            _log.info("The floor is not kept, and will have to be measured again: %s", error)

    def key(self, choice: Choice[MetricEntry]) -> str:
        """Return the name of the floor of a metric with its settings."""
        pick = msgspec.json.encode(choice.pick, order="sorted").decode()
        return hashlib.sha256(f"{VERSION} {self._data} {pick}".encode()).hexdigest()[:32]

    def path(self, choice: Choice[MetricEntry]) -> Path:
        """Return where the floor of a metric is cached."""
        return cache_folder() / f"{self.key(choice)}.json"


def cache_folder() -> Path:
    """Return the cache folder of noise floors; it can be deleted at any time."""
    return home.cache_folder() / "floors"


def encode(floor: Floor, key: str) -> dict[str, object]:
    """Return a floor as plain data, with its key and a checksum."""
    content = {"key": key, "value": floor.value, "parts": floor.parts}
    return {**content, "checksum": _checksum(content)}


def _decode(data: object, key: str) -> Floor:
    """Return the floor in plain data.

    Raises:
        ValueError: it is another one, or damaged.
    """
    if not isinstance(data, dict) or data.get("key") != key:
        raise ValueError("it is not the floor that its name says")
    content = {name: data.get(name) for name in ("key", "value", "parts")}
    if data.get("checksum") != _checksum(content):
        raise ValueError("its checksum does not fit")
    floor = msgspec.convert((content["value"], content["parts"]), Floor)
    values = [*floor.parts.values(), *([floor.value] if floor.value is not None else [])]
    if not all(math.isfinite(number) for value in values for number in value):
        raise ValueError("a number in it is not finite")
    return floor


@cache
def _shipped(path: Path) -> Mapping[str, Floor]:
    """Return the floors of bundled data sets by their keys; none where the file is damaged."""
    try:
        found = json.loads(path.read_text())
        return {str(each["key"]): _decode(each, str(each["key"])) for each in found["floors"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.info("The floors in %s cannot be used and are measured again: %s", path, error)
        return {}


def _checksum(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _is_bundled(choice: Choice[MetricEntry]) -> bool:
    """Whether a metric belongs to the studio: that of a plug-in may change from day to day."""
    return type(choice.make()).__module__.startswith("pushforward.models.")


def hash_rows(*sources: RowSource) -> str:
    """Return a hash of the content of rows, with the names of their columns."""
    digest = hashlib.sha256()
    for source in sources:
        batch: Batch = source.rows(slice(None))
        arrays = {"x": batch.x, **batch.given}
        if batch.mask is not None:
            arrays["mask"] = batch.mask
        digest.update(repr((type(source).__name__, source.columns)).encode())
        for name in sorted(arrays):
            values = arrays[name].detach().contiguous()
            digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
            digest.update(values.numpy().data)
    return digest.hexdigest()


def hash_judge(judge: Judge | None) -> str | None:
    """Return a hash of a judge's weights, "" without a judge; None where it has none to hash."""
    if judge is None:
        return ""
    if not isinstance(judge, nn.Module):
        return None
    digest = hashlib.sha256()
    for name, values in judge.state_dict().items():
        digest.update(name.encode())
        digest.update(torch.clone(values).cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
