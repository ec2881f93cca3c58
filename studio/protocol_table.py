"""Recommenders under several evaluation protocols: means over users, intervals, paired tests.

A protocol has its own training and test data, so that values are compared within a protocol only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from pushforward.observables.histories.user_means import (
    Comparison,
    Estimate,
    compare_pairs,
    estimate_mean,
)
from pushforward.studio.protocol.spec import Pick, RunSpec, run_name

__all__ = [
    "PROTOCOLS",
    "USUAL",
    "Cell",
    "UserValues",
    "compare_protocols",
    "format_cells",
    "protocol_of",
    "strip_protocol",
    "with_protocol",
]

PROTOCOLS = {
    "ratio": "80:20 per user",
    "last-item": "Last item",
    "time": "Global time split",
    "users": "Held-out users",
}
"""Titles of the protocols, those that split histories first."""
USUAL = ("ratio", "last-item", "time")
_SETTING, _USUAL = "protocol", "users"


def protocol_of(spec: RunSpec) -> str:
    """Return the protocol by which the data of a run are split."""
    return str(spec.dataset.config.get(_SETTING, _USUAL))


def with_protocol(spec: RunSpec, protocol: str) -> RunSpec:
    """Return the spec of a run with its data split by another protocol."""
    config = {**spec.dataset.config, _SETTING: protocol}
    found = structs.replace(spec, dataset=Pick(slug=spec.dataset.slug, config=config))
    name = (spec.name or run_name(spec)).removesuffix(f", {PROTOCOLS[protocol_of(spec)]}")
    return structs.replace(found, name=f"{name}, {PROTOCOLS[protocol]}")


def strip_protocol(spec: RunSpec) -> RunSpec:
    """Return what is trained, whatever it is called and however its data are split."""
    config = {name: value for name, value in spec.dataset.config.items() if name != _SETTING}
    dataset = structs.replace(spec.dataset, config=config)
    return structs.replace(spec, name="", dataset=dataset, metrics=[], follow_up=None)


@dataclass(frozen=True, eq=False)
class UserValues:
    """A metric of each test user of a run.

    Attributes:
        model: what the run is compared as; runs of several seeds share it.
        protocol: by which its data were split.
        users: (n,) identifiers, each once.
        values: (n,) of the metric.
    """

    model: str
    protocol: str
    users: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """A model under a protocol.

    Attributes:
        own: its mean over users and seeds.
        compared: less the reference, None for the reference itself or where it was not trained.
        runs: number of seeds.
    """

    own: Estimate
    compared: Comparison | None
    runs: int


def compare_protocols(found: Sequence[UserValues], reference: str) -> dict[tuple[str, str], Cell]:
    """Return the cells of a table by (model, protocol). Users that not all seeds of both models
    have are left out of a comparison, and p-values are corrected for the number of comparisons.
    """
    groups: dict[tuple[str, str], list[UserValues]] = {}
    for each in found:
        groups.setdefault((each.model, each.protocol), []).append(each)
    means = {key: _mean_by_user(runs) for key, runs in groups.items()}
    pairs = {}
    for model, protocol in groups:
        other = means.get((reference, protocol))
        if model != reference and other is not None:
            users, values = means[model, protocol]
            _, mine, theirs = np.intersect1d(users, other[0], return_indices=True)
            if len(mine):
                pairs[model, protocol] = values[mine], other[1][theirs]
    compared = dict(zip(pairs, compare_pairs(list(pairs.values())), strict=True))
    return {
        key: Cell(estimate_mean(_aligned(runs)[1]), compared.get(key), len(runs))
        for key, runs in groups.items()
    }


def _aligned(runs: Sequence[UserValues]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the users that all runs have, (n,), and the values (runs, n)."""
    users = runs[0].users
    for each in runs[1:]:
        users = np.intersect1d(users, each.users)
    rows = []
    for each in runs:
        order = np.argsort(each.users)
        rows.append(each.values[order[np.searchsorted(each.users[order], users)]])
    return users, np.stack(rows)


def _mean_by_user(runs: Sequence[UserValues]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    users, values = _aligned(runs)
    return users, values.mean(axis=0)


def format_cells(cell: Cell | None) -> tuple[str, str]:
    """Return a value with its interval, and its difference from the reference; "-" for none."""
    if cell is None:
        return "-", "-"
    spread = f" (seeds ± {cell.own.spread:.3f})" if cell.runs > 1 else ""
    if cell.compared is None:
        return f"{cell.own}{spread}", "-"
    chance = "" if cell.compared.is_significant else ", n.s."
    return f"{cell.own}{spread}", f"{cell.compared}{chance}"
