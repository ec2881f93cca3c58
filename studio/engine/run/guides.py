"""The runs that guide the samples of a training. They are found, checked and copied into the run
folder under their own names, as its inputs are (`studio.engine.run.inputs`), so that the originals
may be deleted.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from pushforward.models.config import decode, describe, replace_at
from pushforward.models.entries import Needs
from pushforward.models.registry import registry
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.spec import GUIDANCE, Pick, RunRef

__all__ = ["guide_name", "guide_runs", "pin_guides", "split_guides"]

T = TypeVar("T")

_PREFIX = "guidance-"
"""What the name of a copy begins with; that of the setting of the guidance follows."""
_PATH = "guidance.config"


def guide_name(setting: str) -> str:
    """Return under which name the run of a setting of guidance is kept."""
    return f"{_PREFIX}{setting}"


def split_guides(named: Mapping[str, T]) -> tuple[dict[str, T], dict[str, T]]:
    """Return what a run learns from, and what leads its samples, by the settings of guidance."""
    inputs = {name: each for name, each in named.items() if not name.startswith(_PREFIX)}
    guides = {name.removeprefix(_PREFIX): named[name] for name in named.keys() - inputs.keys()}
    return inputs, guides


def guide_runs(sampler: Pick | None) -> Iterator[tuple[str, RunRef, Needs, str]]:
    """Yield the runs that the guidance of a sampler asks: the setting, the run, what it must be,
    and the path of the setting in the spec.

    Raises:
        Refused: no run is named.
    """
    led = sampler.config.get(GUIDANCE) if sampler is not None else None
    if not led or not led["slug"]:
        return
    entry = registry.get("guidance", led["slug"])
    config = decode(entry.config, led["config"])
    for row in describe(entry.config):
        if row["kind"] != "run":
            continue
        setting, path = row["path"], f"sampler.{_PATH}.{row['path']}"
        ref = getattr(config, setting)
        if not ref.run:
            raise Refused(
                f"{entry.title} guidance needs another run, and none is set.",
                f"Choose the {row['title'].lower()}: {row['help'][0].lower()}{row['help'][1:]}",
                path=path,
            )
        needs = Needs(row["role"], row["title"], row["help"], same_data=True)
        yield setting, RunRef(run=ref.run, step=ref.step), needs, path


def pin_guides(sampler: Pick | None, refs: Mapping[str, RunRef]) -> Pick | None:
    """Return a sampler whose guidance uses these runs, by setting."""
    if sampler is None:
        return None
    config = sampler.config
    for setting, ref in refs.items():
        config = replace_at(config, f"{_PATH}.{setting}", msgspec.to_builtins(ref))
    return msgspec.structs.replace(sampler, config=config)
