"""Every family on every kind of data that it takes: small, quick, and ready to train.

Nothing here knows a family, a network or a kind of data by name: a new one is in the tests as soon
as it is registered.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from pushforward.models.config import decode, describe, encode, replace_at
from pushforward.models.contracts.abilities import HasConsistency
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner, Training
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.entries import FamilyEntry, KindEntry
from pushforward.models.nets.offered import kinds_of, networks_for
from pushforward.models.nets.pick import filled
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.tiers import EXHAUSTIVE, representatives, tiered

CPU = torch.device("cpu")
HORIZON = 40
LESSON = 4
"""How many steps of a training a teacher has, where there is one: in fewer, the weights behind two
that start at zero do not move.
"""
TURNS = LESSON + 2
"""After so many steps every part has learned something."""

SETTINGS = {
    "teacher_share": LESSON / HORIZON,
    "score_steps": 2,
    "latent": 8,
    "population": 48,
    "steps": 6,
    "buffer": 48,
    "walk": 3,
    "pairs": 60,
    "pair_solver": 3,
}
RANK = "rank"
"""The setting that is the size of weights which are no network."""
NETWORK = {
    "width": 8,
    "depth": 2,
    "layers": 1,
    "heads": 2,
    "pairs": 4,
    "products": 2,
    "hidden": 8,
    "spectral": 2,
    "transforms": 2,
    "bins": 4,
}
"""Whatever a network has of these."""

SHORT = Heun(HeunConfig(steps=2))
"""What samples with a denoiser, where no sampler is tested."""

ROWS = 400
_MADE: dict[tuple[str, bool], RowSource] = {}


@dataclass(frozen=True)
class Pair:
    """A family and a kind of data that it takes."""

    entry: FamilyEntry
    kind: KindEntry

    def __str__(self) -> str:
        return f"{self.entry.slug}-{self.kind.slug}"

    @property
    def data(self) -> RowSource:
        """Some data of the kind, of a known law where the family needs one."""
        return _data(self.kind, "law" in self.entry.needs)


def _data(kind: KindEntry, law: bool) -> RowSource:
    key = (kind.slug, law)
    if key not in _MADE:
        _MADE[key] = _with_law(kind) if law else kind.make(ROWS, 0)
    return _MADE[key]


def _with_law(kind: KindEntry) -> RowSource:
    source: RowSource = kind.make(ROWS, 0)
    if source.spec().mixture is not None:
        return source
    for entry in registry.all("dataset"):
        if entry.holds == kind.slug and not entry.finite:
            source = entry.make(entry.config(), ROWS, 0)
            if source.spec().mixture is not None:
                return source
    raise LookupError(f"no data set of {kind.slug} has a known law")


def _pairs() -> list[Pair]:
    discover()
    with tracks.known():
        kinds = {entry.slug: entry for entry in registry.all("kind")}
        taken = [(e, [kinds[slug] for slug in kinds_of(e)]) for e in registry.all("family")]
        return [
            Pair(entry, kind)
            for entry, its in taken
            for kind in its
            if not any(_says_all(other, kind) for other in its)
        ]


def _says_all(one: KindEntry, other: KindEntry) -> bool:
    """Whether whatever holds for a family on one kind of data holds on another: these have the same
    networks, and less of what families ask for. Molecules are labelled graphs without classes.
    """
    return one.networks == other.networks and set(one.gives) > set(other.gives)


ALL = _pairs()
PAIRS = [pair for pair in ALL if issubclass(pair.entry.make, Family)]
"""Those that make something; the others only learn."""
LEARNERS = [p for p in ALL if p not in PAIRS and LABEL in p.data.spec().given]
"""Of images only the engine says the classes."""
FAMILIES = list({pair.entry.slug: pair.entry for pair in PAIRS}.values())
MASKED = [pair for pair in PAIRS if pair.data.spec().masks is not None]
CONDITIONED = [pair for pair in PAIRS if pair.data.spec().law]


def lightest(entry: FamilyEntry, pairs: list[Pair] = PAIRS) -> Pair:
    """Return the pair of a family in which a datum has the fewest numbers."""
    mine = [pair for pair in pairs if pair.entry is entry]
    return min(mine, key=lambda pair: pair.data.spec().mean.numel())


def few_of(pairs: list[Pair]) -> list[Pair]:
    """Return each family of some pairs on its lightest kind, and each kind with a family of each
    carrier.
    """
    light = [lightest(entry, pairs) for entry in {p.entry.slug: p.entry for p in pairs}.values()]
    kinds = representatives(pairs, lambda pair: (pair.kind.slug, pair.entry.carrier))
    return [pair for pair in pairs if pair in light or pair in kinds]


FEW = few_of(PAIRS)
"""Pairs for what a family does alike on all data types: seeds, states, counts of weights. What
has a shape or a mask, and whether a training is resumed bit for bit, is tried with all pairs in the
whole suite.
"""


def cases(pairs: list[Pair], settings: Callable[[Pair], Any] | None = None) -> list[Any]:
    """Return pairs, and settings with each, as the cases of a test; the short suite has `few_of`
    them.
    """
    if settings is None:
        return tiered(pairs, few_of(pairs))
    return tiered(pairs, few_of(pairs), values=lambda pair: (pair, settings(pair)))


def each(pairs: list[Pair]) -> pytest.MarkDecorator:
    """Run a test for each of some pairs, as `cases` has them."""
    return pytest.mark.parametrize("pair", cases(pairs))


def small(pair: Pair, width: int = NETWORK["width"]) -> dict[str, Any]:
    """Return the default settings with every network made small, and what comes in turns made to
    come within a few steps; another width is another size of whatever is trained or moved.
    """
    entry = pair.entry
    data = encode(decode(entry.config, filled(entry, {}, pair.kind.slug)))
    for row in describe(entry.config):
        path = row["path"]
        if row["of"] == "network":
            # Without a name it is the network that the kind prefers.
            pick = {**row["default"]["config"], **NETWORK, "width": width}
            data = replace_at(data, path, {"slug": "", "config": pick})
        elif path.removeprefix("net.") in NETWORK.keys() - {path}:
            # The network is always the same one, with its sizes among the settings of the family.
            size = {**NETWORK, "width": width}[path.removeprefix("net.")]
            data = replace_at(data, path, size)
        elif path in SETTINGS:
            # Of noise and its end; those of a score flow are of a noise and its opposite.
            few = 2 if (entry.slug, path) == ("score-flow", "pairs") else SETTINGS[path]
            data = replace_at(data, path, few)
    if width != NETWORK["width"] and "population" in data:
        data["population"] = 6 * width
    if width != NETWORK["width"] and RANK in data:
        data[RANK] = width
    return data


def at(data: dict[str, Any], path: str) -> Any:
    """Return what stands at a dotted path of plain data."""
    for name in path.split("."):
        data = data[name]
    return data


def variants() -> Iterator[Any]:
    """Yield small settings of families: each value of each choice that matters. What families share
    comes once: a choice of a network in a role, and one of settings that stand inside others, such
    as an optimiser's, whichever family has them. The short suite tries each setting of each family
    by one value, and each value of a setting of a name in one family.
    """
    tried: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    for entry in FAMILIES:
        pair = lightest(entry)
        base = small(pair)
        for row in describe(entry.config):
            path = row["path"]
            if row["of"] == "network":
                whose, found = row["role"], _network_variants(pair, row, base)
            else:
                whose, found = path if "." in path else f"{entry.slug} {path}", _choices(row, base)
            for name, data in found:
                if (whose, name) not in tried:
                    tried.add((whose, name))
                    new = {(whose, name.partition("=")[0]), (path, name)} - seen
                    seen |= new
                    marks = () if new else EXHAUSTIVE
                    yield pytest.param(pair, data, id=f"{pair}-{path}{name}", marks=marks)


Found: TypeAlias = Iterator[tuple[str, dict[str, Any]]]
"""A value of a choice by its name, and settings that have it."""


def _choices(row: dict[str, Any], base: dict[str, Any]) -> Found:
    values = [c["value"] for c in row["choices"]] or ([False, True] * (row["kind"] == "bool"))
    for value in values:
        if value == at(base, row["path"]):
            continue
        data = replace_at(base, row["path"], value)
        if needs := row["depends"]:
            data = replace_at(data, needs["path"], needs["values"][0])
        if value == "ipm" and data.get("penalty") == 0.0:
            # A choice that the defaults need not fit: without a penalty it is refused.
            data = replace_at(data, "penalty", 0.1)
        yield f"={value}", data


def _network_variants(pair: Pair, row: dict[str, Any], base: dict[str, Any]) -> Found:
    for net in networks_for(row["role"], pair.kind.slug):
        rows = describe(net.config)
        own = {r["path"]: NETWORK[r["path"]] for r in rows if r["path"] in NETWORK}
        for setting in rows:
            for choice in setting["choices"]:
                if choice["value"] == row["default"]["config"].get(setting["path"]):
                    continue
                config = {**own, setting["path"]: choice["value"]}
                data = replace_at(base, row["path"], {"slug": net.slug, "config": config})
                yield f":{net.slug}.{setting['path']}={choice['value']}", data


def other_networks() -> Iterator[Any]:
    """Yield small settings in which a network is used that the kind does not prefer, in each role
    that it can have: every family with every such network, and every kind with it in every role,
    but not each of these with each of those, which would grow with the product of all three. The
    short suite tries every network once in every role.
    """
    tried: set[tuple[str, str, str]] = set()
    roles: set[tuple[str, str]] = set()
    for pair in PAIRS:
        base = small(pair)
        rows = [row for row in describe(pair.entry.config) if row["of"] == "network"]
        offered = {row["path"]: networks_for(row["role"], pair.kind.slug) for row in rows}
        for slug in sorted({net.slug for nets in offered.values() for net in nets}):
            data, meets = base, {("", pair.entry.slug, slug)}
            for row in rows:
                net = next((net for net in offered[row["path"]] if net.slug == slug), None)
                if net is not None and pair.kind.networks.get(row["role"]) != slug:
                    known = {r["path"] for r in describe(net.config)}
                    own = {name: size for name, size in NETWORK.items() if name in known}
                    data = replace_at(data, row["path"], {"slug": slug, "config": own})
                    meets.add((row["role"], pair.kind.slug, slug))
            if data != base and not meets <= tried:
                tried |= meets
                new = {(role, slug) for role, _, slug in meets if role} - roles
                roles |= new
                marks = () if new else EXHAUSTIVE
                yield pytest.param(pair, data, id=f"{pair}-{slug}", marks=marks)


def build(
    pair: Pair,
    settings: dict[str, Any] | None = None,
    *,
    seed: int = 0,
    spec: DataSpec | None = None,
    **more: Any,
) -> Family[Any]:
    """Make the family, for the data of the pair or of another spec."""
    config = decode(pair.entry.config, small(pair) if settings is None else settings)
    training: Training = {"horizon": HORIZON, "seed": seed, "device": CPU, **more}  # type: ignore[typeddict-item]
    needed = {name: needs for name, needs in pair.entry.inputs.items() if not needs.optional}
    if needed:
        training["inputs"] = {
            name: build(_able(pair.kind, needs.ability), spec=spec, device=training["device"])
            for name, needs in needed.items()
        }
    made: Family[Any] = pair.entry.make(config, spec or pair.data.spec(), **training)
    assert isinstance(made, Learner)
    return made


def _able(kind: KindEntry, ability: str) -> Pair:
    """Return a family on a kind of data from which another can learn."""
    return next(
        pair
        for pair in PAIRS
        if pair.kind is kind and not pair.entry.inputs and ability in pair.entry.capabilities
    )


def batch(pair: Pair, index: int, size: int = 8) -> Batch:
    """Return batch number ``index`` of a training, standardised."""
    rows = torch.randint(len(pair.data), (size,), generator=make_generator(index, 9))
    return pair.data.spec().standardised(pair.data.rows(rows))


def train(pair: Pair, family: Family[Any], start: int, stop: int) -> list[dict[str, float]]:
    """Do steps number ``start`` up to ``stop``; return what they say."""
    steps = [family.step(batch(pair, i)) for i in range(start, stop)]
    return [{name: float(value) for name, value in step.items()} for step in steps]


@dataclass(frozen=True)
class Lesson:
    """The first `TURNS` steps of a pair at its small settings: the state before them, what they
    say, and the state after.
    """

    start: State
    steps: list[dict[str, float]]
    state: State


_LESSONS: dict[str, Lesson] = {}


def lesson(pair: Pair) -> Lesson:
    """Return what its first steps come to; they are done once for all tests."""
    if str(pair) not in _LESSONS:
        family = build(pair)
        start = family.state()
        steps = train(pair, family, 0, TURNS)
        _LESSONS[str(pair)] = Lesson(start, steps, family.state())
    return _LESSONS[str(pair)]


def trained(pair: Pair) -> Family[Any]:
    """Return a family of its own after its first steps."""
    family, state = build(pair), lesson(pair).state
    family.load_state(State({k: x.clone() for k, x in state.tensors.items()}, dict(state.values)))
    return family


def samples(family: Family[Any], n: int = 8, seed: int = 0) -> Tensor:
    """Return n samples, in few steps where a sampler takes them along a denoiser."""
    latents = family.prior(n, make_generator(seed, 3))
    sampler = None if isinstance(family, HasConsistency) else SHORT
    return list(family.flow(latents, sampler=sampler, generator=make_generator(seed, 4)))[-1].x


def through_disk(state: State) -> State:
    """Return a state as a file would give it back."""
    return State(load(save(state.tensors)), json.loads(json.dumps(state.values)))


def networked(entry: FamilyEntry) -> bool:
    """Whether a family has weights: a network, picked or always the same one, or factors."""
    rows = describe(entry.config)
    named = ("net.", RANK)
    return any(row["of"] == "network" or row["path"].startswith(named) for row in rows)


def learns(family: Family[Any]) -> bool:
    """Whether anything of it is trained: an exact field that moves particles has nothing."""
    return weighty(family.state())


def weighty(state: State) -> bool:
    """Whether a state has anything that is trained."""
    return any(x.is_floating_point() for x in state.tensors.values())


def same(a: State, b: State) -> bool:
    """Whether two states are equal, bit for bit."""
    return (
        a.values == b.values
        and a.tensors.keys() == b.tensors.keys()
        and all(torch.equal(a.tensors[name], b.tensors[name]) for name in a.tensors)
    )


def equal(a: Batch, b: Batch) -> bool:
    """Whether two batches are equal, with all that is given."""
    masks = (a.mask is None) == (b.mask is None)
    if masks and a.mask is not None and b.mask is not None:
        masks = torch.equal(a.mask, b.mask)
    return (
        masks
        and torch.equal(a.x, b.x)
        and a.given.keys() == b.given.keys()
        and all(torch.equal(a.given[name], b.given[name]) for name in a.given)
    )
