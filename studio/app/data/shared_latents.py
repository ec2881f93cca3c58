"""Whether rows of two runs are made from the same latents, so that they can be compared one by one.
Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.display_names import number
from pushforward.studio.app.core.run_comparison import comparable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["differ", "find_comparable_runs"]

_OF = {"flow": "a flow", "particles": "free particles", "generator": "a generator"}


def find_comparable_runs(
    run: RunState, runs: Mapping[str, RunState], catalog: Catalog | None
) -> list[RunState]:
    """Return the other runs on the same data in which something moves and has moved, the oldest
    first.
    """
    found = (
        other
        for other in runs.values()
        if other.key != run.key
        and other.step
        and comparable(run, other, catalog)
        and _carrier(other, catalog)
    )
    return sorted(found, key=lambda other: other.name)


def differ(one: RunState, other: RunState, catalog: Catalog | None, seed: int | None) -> str:
    """Say why row i of a run is not from the latent of row i of the other, "" where it is: both are
    from the latents of a ``seed``, or, where that is None, the fixed ones of each run.
    """
    name = f"Run {number(other.name)}"
    if one.spec is None or other.spec is None or not comparable(one, other, catalog):
        return f"{name} learns other data."
    own, whose = _carrier(one, catalog), _carrier(other, catalog)
    if own != whose:
        said = f"{name} starts from different latents, those of {_OF.get(whose, whose)}"
        return f"{said} and not of {_OF.get(own, own)}: the samples do not correspond one to one."
    if _sizes(one) != _sizes(other):
        sizes = ", ".join(value for _, value in _sizes(other))
        here = ", ".join(value for _, value in _sizes(one))
        said = f" of another size ({sizes}, here {here})" if sizes and here else ""
        return (
            f"{name} starts from different latents{said}: the samples do not correspond one to one."
        )
    if seed is not None:
        return ""
    mine, theirs = (int(each.spec.training.get("seed", 0)) for each in (one, other) if each.spec)
    if mine != theirs:
        return (
            f"{name} has seed {theirs}, this one {mine}: the samples do not correspond one to one."
        )
    counts = [each.spec.training.get("particles") for each in (one, other) if each.spec]
    if counts[0] != counts[1]:
        return (
            f"{name} has a different number of particles: the samples do not correspond one to one."
        )
    return ""


def _carrier(run: RunState, catalog: Catalog | None) -> str:
    """Return what carries the rows of a run, "" for unknown or nothing."""
    entry = family_of_run(run, catalog)
    return entry.carrier if entry is not None else ""


def _sizes(run: RunState) -> list[tuple[str, Any]]:
    """Return the settings of the latents of a run, by name."""
    return sorted(_about_latents(run.spec.family.config if run.spec else {}))


def _about_latents(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _about_latents(value, f"{path}{name}.")
        elif "latent" in name:
            yield f"{path}{name}", str(value)
