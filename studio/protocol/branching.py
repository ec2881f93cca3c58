"""Which settings of a training a branch keeps from its parent, and how it takes others."""

from collections.abc import Mapping
from typing import Any

import msgspec

from pushforward.studio.protocol.spec import RunSpec

__all__ = ["FIXED", "put_settings"]

FIXED: Mapping[str, str] = {
    "seed": "its noise and the order of its data are those of its parent",
    "particles": "its particles are those of its parent",
    "frames": "its snapshots continue those of its parent",
    "samples": "it learns the same data as its parent",
    "subset": "it learns the same data as its parent",
    "mirrored": "it learns the same data as its parent",
}
"""Settings of the training by path, with the reason."""


def put_settings(spec: RunSpec, settings: Mapping[str, Any]) -> RunSpec:
    """Return a spec with other values at paths that begin with "family." or "training."."""
    family, training = spec.family.config, spec.training
    for path, value in settings.items():
        part, _, name = path.partition(".")
        if part == "family":
            family = _put(family, name, value)
        elif part == "training":
            training = _put(training, name, value)
    pick = msgspec.structs.replace(spec.family, config=family)
    return msgspec.structs.replace(spec, family=pick, training=training)


def _put(config: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of nested settings with one value replaced."""
    name, _, rest = path.partition(".")
    inner = config.get(name)
    below = inner if isinstance(inner, Mapping) else {}
    return {**config, name: _put(below, rest, value) if rest else value}
