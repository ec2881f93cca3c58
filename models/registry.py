"""Registries of everything that can be added by adding one file.

``@family("edm", ...)`` on a class makes it known under a stable slug (it is written in files, so it
never changes); each kind of thing has its own decorator and its own type of entry. `discover`
imports the modules of the packages, and of the packages inside them; a broken module becomes a
`Problem` that the application shows, and never stops the others. Third parties add theirs through
the entry-point group ``pushforward.plugins``.
"""

import importlib
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from pushforward.models.config import Config, NoConfig
from pushforward.models.contracts.presentation import (
    Presentation,
    find_presentation,
    read_presentation,
)
from pushforward.models.entries import (
    DatasetEntry,
    Defaults,
    Entry,
    ExperimentEntry,
    FamilyEntry,
    GuidanceEntry,
    Invariants,
    JudgeEntry,
    Kind,
    KindEntry,
    MetricEntry,
    Mirrored,
    Needs,
    NetworkEntry,
    OperatorEntry,
    SamplerEntry,
    Upgrade,
)
from pushforward.spelling import ask_whether

__all__ = [
    "PACKAGES",
    "Problem",
    "Registry",
    "dataset",
    "discover",
    "experiment",
    "family",
    "guidance",
    "judge",
    "kind",
    "metric",
    "network",
    "operator",
    "registry",
    "sampler",
]

PACKAGES = (
    "pushforward.models.kinds",
    "pushforward.models.nets",
    "pushforward.models.families",
    "pushforward.models.data",
    "pushforward.models.guidance",
    "pushforward.models.samplers",
    "pushforward.models.judges",
    "pushforward.models.metrics",
    "pushforward.models.operators",
)
T = TypeVar("T")
FamilyClass = TypeVar("FamilyClass", bound=type[Any])


@dataclass(frozen=True)
class Problem:
    """A module that could not be loaded: its name, one sentence, and the traceback."""

    module: str
    message: str
    details: str


class Registry:
    """Entries by kind and slug."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {}
        # Current slugs by kind and former slug: the one table of aliases.
        self._formerly: dict[tuple[str, str], str] = {}

    def add(self, entry: Entry) -> None:
        """Add an entry.

        Raises:
            ValueError: the slug is malformed, or taken by another object.
        """
        if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", entry.slug):
            raise ValueError(f"slug must be words joined by hyphens, got {entry.slug!r}")
        mine = self._entries.setdefault(entry.kind, {})
        old = mine.get(entry.slug)
        if old is not None and old.make is not entry.make:
            raise ValueError(f"{entry.kind} {entry.slug!r} is registered twice")
        mine[entry.slug] = entry
        if isinstance(entry, OperatorEntry | MetricEntry):
            former = [(entry.kind, slug) for slug in entry.formerly]
            self._formerly |= dict.fromkeys(former, entry.slug)

    @overload
    def get(self, kind: Literal["kind"], slug: str) -> KindEntry: ...
    @overload
    def get(self, kind: Literal["family"], slug: str) -> FamilyEntry: ...
    @overload
    def get(self, kind: Literal["dataset"], slug: str) -> DatasetEntry: ...
    @overload
    def get(self, kind: Literal["network"], slug: str) -> NetworkEntry: ...
    @overload
    def get(self, kind: Literal["sampler"], slug: str) -> SamplerEntry: ...
    @overload
    def get(self, kind: Literal["guidance"], slug: str) -> GuidanceEntry: ...
    @overload
    def get(self, kind: Literal["metric"], slug: str) -> MetricEntry: ...
    @overload
    def get(self, kind: Literal["judge"], slug: str) -> JudgeEntry: ...
    @overload
    def get(self, kind: Literal["operator"], slug: str) -> OperatorEntry: ...
    @overload
    def get(self, kind: Literal["experiment"], slug: str) -> ExperimentEntry: ...
    @overload
    def get(self, kind: Kind, slug: str) -> Entry: ...
    def get(self, kind: str, slug: str) -> Entry:
        """Return an entry; of an operator or a metric a slug of earlier versions will do.

        Raises:
            KeyError: there is none; the message names those there are.
        """
        mine = self._entries.get(kind, {})
        try:
            return mine[self._formerly.get((kind, slug), slug)]
        except KeyError:
            known = ", ".join(sorted(self._entries.get(kind, {}))) or "none"
            meant = " ".join([ask_whether(slug, mine), f"known: {known}"]).strip()
            raise KeyError(f"no {kind} is called {slug!r}; {meant}") from None

    @overload
    def all(self, kind: Literal["kind"]) -> list[KindEntry]: ...
    @overload
    def all(self, kind: Literal["family"]) -> list[FamilyEntry]: ...
    @overload
    def all(self, kind: Literal["dataset"]) -> list[DatasetEntry]: ...
    @overload
    def all(self, kind: Literal["network"]) -> list[NetworkEntry]: ...
    @overload
    def all(self, kind: Literal["sampler"]) -> list[SamplerEntry]: ...
    @overload
    def all(self, kind: Literal["guidance"]) -> list[GuidanceEntry]: ...
    @overload
    def all(self, kind: Literal["metric"]) -> list[MetricEntry]: ...
    @overload
    def all(self, kind: Literal["judge"]) -> list[JudgeEntry]: ...
    @overload
    def all(self, kind: Literal["operator"]) -> list[OperatorEntry]: ...
    @overload
    def all(self, kind: Literal["experiment"]) -> list[ExperimentEntry]: ...
    @overload
    def all(self, kind: Kind) -> list[Entry]: ...
    def all(self, kind: str) -> Sequence[Entry]:
        """Return the entries of a kind, sorted by slug."""
        mine = self._entries.get(kind, {})
        return [mine[slug] for slug in sorted(mine)]


registry = Registry()


def _adds(entry: Callable[..., Entry], slug: str, **told: Any) -> Callable[[T], T]:
    def add(make: T) -> T:
        registry.add(entry(slug=slug, make=make, **told))
        return make

    return add


def kind(
    slug: str,
    *,
    title: str,
    one: str,
    many: str,
    summary: str,
    gives: Iterable[str],
    networks: Mapping[str, str],
    metrics: Iterable[str],
    training: Defaults | None = None,
    families: Mapping[str, Defaults] | None = None,
    samplers: Mapping[str, tuple[str, Defaults]] | None = None,
    bounds: tuple[float, float] | None = None,
    mirrored: Mirrored | None = None,
    invariants: Invariants | None = None,
    conditions: Mapping[str, str] | None = None,
) -> Callable[[T], T]:
    """Register a kind of data; see `KindEntry`."""
    return _adds(
        KindEntry,
        slug,
        kind="kind",
        title=title,
        one=one,
        many=many,
        summary=summary,
        gives=tuple(gives),
        networks=dict(networks),
        metrics=tuple(metrics),
        training=dict(training or {}),
        families=dict(families or {}),
        samplers=dict(samplers or {}),
        bounds=bounds,
        mirrored=mirrored,
        invariants=invariants,
        conditions=dict(conditions or {}),
    )


def family(
    slug: str,
    *,
    title: str = "",
    summary: str = "",
    source: str = "",
    config: type[Config] = NoConfig,
    needs: Iterable[str] = ("continuous",),
    capabilities: Iterable[str] = (),
    field: str = "",
    carrier: str = "",
    group: str = "",
    motion: str = "",
    short: str = "",
    sampler: str = "",
    version: int = 1,
    upgrade: Upgrade | None = None,
    inputs: Mapping[str, Needs] | None = None,
    units: Mapping[str, str] | None = None,
    passes: int = 0,
    presentation: Path | None = None,
) -> Callable[[FamilyClass], FamilyClass]:
    """Register a family; see `FamilyEntry`.

    What the screen says of it (title, summary, source, equation, layers, stages) is read from
    ``presentation``, by default ``resources/models/SLUG.toml``, and may be given here instead.

    Raises:
        PresentationError: the file cannot be read.
        ValueError: there is no file, and no title.
    """
    path = presentation or find_presentation(slug)

    def add(make: FamilyClass) -> FamilyClass:
        shown = read_presentation(path) if path is not None else None
        if shown is None and not title:
            raise ValueError(
                f"family {slug!r} has neither a title nor resources/models/{slug}.toml"
            )
        known = shown or Presentation(title=title, summary=summary, source=source)
        entry = FamilyEntry(
            slug=slug,
            make=make,
            kind="family",
            title=title or known.title,
            summary=summary or known.summary,
            source=source or known.source,
            config=config,
            needs=tuple(needs),
            capabilities=tuple(capabilities),
            field=field,
            carrier=carrier,
            group=group,
            motion=motion or known.equation,
            short=short or known.short or title or known.title,
            sampler=sampler,
            version=version,
            upgrade=upgrade,
            inputs=dict(inputs or {}),
            units=dict(units or {}),
            passes=passes,
        )
        registry.add(entry)
        if shown is not None:
            make.layers, make.stages = shown.layers, shown.stages
        return make

    return add


def dataset(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    holds: str,
    config: type[Config] = NoConfig,
    finite: bool = False,
    outline: Callable[[Any], Any] | None = None,
    size: str = "",
    licence: str = "",
    made: str = "",
) -> Callable[[T], T]:
    """Register a data set of a kind; see `DatasetEntry`."""
    return _adds(
        DatasetEntry,
        slug,
        kind="dataset",
        title=title,
        summary=summary,
        source=source,
        config=config,
        kinds=(holds,),
        finite=finite,
        outline=outline,
        size=size,
        licence=licence,
        made=made,
    )


def network(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    roles: Iterable[str],
    needs: Iterable[str] = (),
    config: type[Config] = NoConfig,
) -> Callable[[T], T]:
    """Register a network; see `NetworkEntry`."""
    return _adds(
        NetworkEntry,
        slug,
        kind="network",
        title=title,
        summary=summary,
        source=source,
        config=config,
        roles=tuple(roles),
        needs=tuple(needs),
    )


def sampler(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    order: int | None,
    evaluations: int,
    orders: Mapping[str, float] | None = None,
    needs: Iterable[str] = ("denoiser",),
    update: str = "",
    config: type[Config] = NoConfig,
) -> Callable[[T], T]:
    """Register a sampler; see `SamplerEntry`."""
    return _adds(
        SamplerEntry,
        slug,
        kind="sampler",
        title=title,
        summary=summary,
        source=source,
        config=config,
        order=order,
        evaluations=evaluations,
        orders=dict(orders or {}),
        needs=tuple(needs),
        update=update,
    )


def guidance(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    roles: Iterable[str],
    formula: str,
    config: type[Config] = NoConfig,
) -> Callable[[T], T]:
    """Register guidance; see `GuidanceEntry`."""
    return _adds(
        GuidanceEntry,
        slug,
        kind="guidance",
        title=title,
        summary=summary,
        source=source,
        config=config,
        roles=tuple(roles),
        formula=formula,
    )


def metric(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    kinds: Iterable[str] = (),
    needs: Iterable[str] = ("samples",),
    better: Literal["lower", "higher", "near"] = "lower",
    unit: str = "",
    minimum: int = 2,
    bar_is: str = "real against real",
    heavy: bool = False,
    conditional: bool = False,
    far_off: tuple[str, str] | None = None,
    formerly: Iterable[str] = (),
    config: type[Config] = NoConfig,
) -> Callable[[T], T]:
    """Register a metric; see `MetricEntry`."""
    return _adds(
        MetricEntry,
        slug,
        kind="metric",
        title=title,
        summary=summary,
        source=source,
        config=config,
        kinds=tuple(kinds),
        needs=tuple(needs),
        better=better,
        unit=unit,
        minimum=minimum,
        bar_is=bar_is,
        heavy=heavy,
        conditional=conditional,
        far_off=far_off,
        formerly=tuple(formerly),
    )


def judge(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    kinds: Iterable[str],
    version: int = 1,
) -> Callable[[T], T]:
    """Register a judge; see `JudgeEntry`."""
    return _adds(
        JudgeEntry,
        slug,
        kind="judge",
        title=title,
        summary=summary,
        source=source,
        kinds=tuple(kinds),
        version=version,
    )


def operator(
    slug: str,
    *,
    title: str,
    summary: str,
    source: str = "",
    kinds: Iterable[str] = (),
    needs: Iterable[str] = (),
    takes: Iterable[Any] = (),
    refuses: Callable[[Any], str] = lambda spec: "",
    asks: Iterable[str] | None = (),
    counts: str = "",
    reads_data: bool = False,
    formerly: Iterable[str] = (),
    config: type[Config] = NoConfig,
) -> Callable[[T], T]:
    """Register an operator; see `OperatorEntry`."""
    return _adds(
        OperatorEntry,
        slug,
        kind="operator",
        title=title,
        summary=summary,
        source=source,
        config=config,
        kinds=tuple(kinds),
        needs=tuple(needs),
        takes=tuple(takes),
        refuses=refuses,
        asks=None if asks is None else tuple(asks),
        counts=counts,
        reads_data=reads_data,
        formerly=tuple(formerly),
    )


def experiment(
    slug: str,
    *,
    title: str,
    source: str,
    claim: str,
    pass_line: str,
    group: str,
    slow: bool,
    nulls: Iterable[str],
    no_null: str,
    baselines: Iterable[str] = (),
) -> Callable[[T], T]:
    """Register a claim; see `ExperimentEntry`."""
    return _adds(
        ExperimentEntry,
        slug,
        kind="experiment",
        title=title,
        summary=claim,
        source=source,
        claim=claim,
        pass_line=pass_line,
        group=group,
        slow=slow,
        nulls=tuple(nulls),
        no_null=no_null,
        baselines=tuple(baselines),
    )


def discover(packages: Iterable[str] = PACKAGES) -> list[Problem]:
    """Import every module below the packages and every plug-in; return those that failed."""
    problems: list[Problem] = []
    for package in packages:
        _walk(package, problems)
    for plugin in entry_points(group="pushforward.plugins"):
        _load(plugin.value, problems)
    return problems


def _walk(package: str, problems: list[Problem]) -> None:
    found = _load(package, problems)
    if found is None:
        return
    for module in pkgutil.iter_modules(found.__path__):
        name = f"{package}.{module.name}"
        if module.ispkg:
            _walk(name, problems)
        else:
            _load(name, problems)


def _load(name: str, problems: list[Problem]) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:
        # A third party's file may fail in any way; the boundary of discovery reports it.
        problems.append(Problem(name, f"{type(error).__name__}: {error}", traceback.format_exc()))
        return None
