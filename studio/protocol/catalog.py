"""What an engine offers, as plain data: the screen never imports a model to draw its form."""

from collections.abc import Mapping
from typing import Any

import msgspec

from pushforward.studio.protocol.spec import IMPORTED_KIND, KIND, PROJECT_PREFIX, Pick

__all__ = [
    "Catalog",
    "Choice",
    "Dependency",
    "Device",
    "EntrySpec",
    "FieldSpec",
    "InputSpec",
    "LayerSpec",
    "LineSpec",
    "ProblemSpec",
    "RescalingSpec",
    "SlotSpec",
    "StageSpec",
]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a choice field, its title, what there is to know of it, and why it cannot be
    chosen here, "" where it can.
    """

    value: Any
    title: str
    help: str = ""
    refused: str = ""


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """What matters only while the field at ``path`` has one of ``values``."""

    path: str
    values: list[Any]


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, with all that a form, a validator and a help page need (see `models.config`).

    ``defaults`` are by data type where they differ from ``default``; for a pick, its choice by data
    type. ``kinds`` are the data types that it applies to, empty for all, and ``always`` those for
    which a switch is always on; it is ``fixed`` once fitted to one. ``meant`` is the meaning of a
    default of "" or [], and ``under`` the setting whose pick it belongs to (see `Catalog.opened`).
    """

    path: str
    kind: str
    title: str
    help: str
    default: Any
    optional: bool = False
    group: str = ""
    unit: str = ""
    zero: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    log: bool = False
    advanced: bool = False
    live: bool = False
    kinds: list[str] = []
    always: list[str] = []
    fixed: bool = False
    depends: Dependency | None = None
    choices: list[Choice] = []
    defaults: dict[str, Any] = {}
    of: str = ""
    role: str = ""
    items: str = ""
    fewest: int = 0
    suffixes: list[str] = []
    aspect: str = ""
    inside: str = ""
    meant: str = ""
    under: str = ""

    @property
    def chooses(self) -> bool:
        """Whether other settings depend on this choice."""
        return self.kind == "choice" and bool(self.of)

    def fitted(self, kind: str) -> "FieldSpec":
        """Return the setting with the default that it has for a kind of data."""
        if kind in self.always:
            return msgspec.structs.replace(self, default=True, fixed=True)
        if kind not in self.defaults:
            return self
        return msgspec.structs.replace(self, default=self.defaults[kind])


class LayerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A field that can be drawn, of kind "scalar" or "vector"; ``symbol`` is for the legend, and
    ``kept`` tells whether kept records include it.
    """

    name: str
    title: str
    kind: str
    symbol: str
    timed: bool
    kept: bool = True


class LineSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A formula that depends on settings; see `models.contracts.presentation.Line`."""

    formula: str = ""
    source: str = ""
    by: str = ""
    formulas: dict[str, str] = {}
    sources: dict[str, str] = {}
    only: Dependency | None = None
    aspect: str = ""

    def under(self, settings: Mapping[str, Any]) -> "LineSpec | None":
        """Return what it says under the settings of a run, None for nothing."""
        if self.only is not None and settings.get(self.only.path) not in self.only.values:
            return None
        value = str(settings.get(self.by))
        formula = self.formulas.get(value, self.formula)
        source = self.sources.get(value, self.source)
        said = LineSpec(formula=formula, source=source, aspect=self.aspect)
        return said if formula else None


class StageSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a training step; see `models.contracts.presentation.Stage`.

    ``formula`` and ``source`` are those of its ``lines`` under the settings of a run, and without
    any those of the usual case.
    """

    name: str
    title: str
    formula: str
    source: str
    layer: str = ""
    lines: list[LineSpec] = []

    def under(self, settings: Mapping[str, Any]) -> "StageSpec":
        """Return the stage with the lines for the settings of a run."""
        said = [line for each in self.lines if (line := each.under(settings)) is not None]
        if not self.lines:
            return self
        sources = dict.fromkeys(line.source for line in said if line.source)
        return msgspec.structs.replace(
            self,
            formula=",  ".join(line.formula for line in said),
            source="; ".join(sources),
            lines=said,
        )


class InputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A trained run that a family learns from; see `models.entries.Needs`."""

    name: str
    ability: str
    title: str
    help: str
    same_data: bool = False
    optional: bool = False
    draws: bool = False
    adds: bool = False
    without: tuple[str, str] = ("", "")
    proposed: bool = False
    used: bool = False


class SlotSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that an operator is handed; see `models.operators.base.Slot`."""

    name: str
    title: str
    help: str
    unless: str = ""
    example: str = ""


class RescalingSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An h, what particles climb along a critic u, with its curves for the h explorer.

    ``reading``: "monoflow" (a loss of the MonoFlow paper), "gradient-flow" (the true flow of an
    f-divergence) or "plugged-in" (-f(e^u)). ``reason`` says what goes wrong where it is not
    monotone, "" where it is. ``u``, ``h``, ``slope`` have equal lengths; ``h`` and ``slope`` may
    hold infinities.
    """

    name: str
    title: str
    formula: str
    slope_formula: str
    source: str
    reading: str
    monotone: bool
    reason: str
    u: list[float]
    h: list[float]
    slope: list[float]


class EntrySpec(msgspec.Struct, frozen=True, kw_only=True):
    """A registry entry: a family, data set, network, sampler, metric, operator, or the training
    settings (kind "training"), for data types ``kinds``.

    Families: ``field`` ("score", "score-difference", "critic", "kernel", "exact"; "" if not
    applicable), ``carrier`` ("flow" for particles moving along flow time, "particles" for particles
    moving during training, "generator"), ``motion`` (the formula in Unicode), ``units`` of reported
    values, ``short`` name, the default ``sampler`` and by data type the ``samplers``; those without
    a field have a ``group`` ("classify", "represent", ...). Metrics: ``better`` ("lower", "higher"
    or "near" its reference), ``bar`` (the reference in a few words), ``unit``, ``heavy`` (too slow
    during training), ``conditional`` (measures the condition), and ``far_off`` for "near". Networks
    have ``roles``. Samplers: ``motion`` and whether they follow an ``ode``. Samplers, operators and
    metrics ``needs`` capabilities of a model; ``takes`` are an operator's inputs, ``formerly`` old
    names, ``inputs`` the runs that a family learns from, ``passes`` the number of passes after
    which training ends, 0 for no limit. Data sets: ``size`` if finite, ``licence`` if external, and
    ``made`` (provenance). Makers (external generators): ``lacks`` is what is missing, "" for
    nothing.
    """

    kind: str
    slug: str
    title: str
    summary: str
    source: str
    fields: list[FieldSpec]
    kinds: list[str] = []
    capabilities: list[str] = []
    layers: list[LayerSpec] = []
    field: str = ""
    carrier: str = ""
    group: str = ""
    motion: str = ""
    ode: bool = True
    short: str = ""
    units: dict[str, str] = {}
    sampler: str = ""
    samplers: dict[str, Pick] = {}
    better: str = ""
    bar: str = ""
    unit: str = ""
    heavy: bool = False
    conditional: bool = False
    far_off: list[str] = []
    needs: list[str] = []
    takes: list[SlotSpec] = []
    inputs: list[InputSpec] = []
    stages: list[StageSpec] = []
    roles: list[str] = []
    size: str = ""
    licence: str = ""
    made: str = ""
    lacks: str = ""
    formerly: list[str] = []
    passes: int = 0

    def fitted(self, kind: str) -> "EntrySpec":
        """Return the entry with the defaults that its settings have for a kind of data."""
        if not any(kind in field.defaults or kind in field.always for field in self.fields):
            return self
        fields = [field.fitted(kind) for field in self.fields]
        return msgspec.structs.replace(self, fields=fields)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A place to compute. ``name`` is "cpu", "cuda:0", "mps"; ``reason`` says why it is (not)
    offered, in a sentence for people.
    """

    name: str
    title: str
    available: bool
    reason: str
    memory: int | None = None
    threads: int | None = None


class ProblemSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A module that could not be loaded."""

    module: str
    message: str
    details: str


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """The registries of the engine; ``conditions`` names the conditions of each data type, by data
    type and name.
    """

    entries: list[EntrySpec]
    devices: list[Device]
    problems: list[ProblemSpec] = []
    rescalings: list[RescalingSpec] = []
    conditions: dict[str, dict[str, str]] = {}

    def get(self, kind: str, slug: str) -> EntrySpec | None:
        """Return the entry of a kind with a slug, or that had it in earlier versions, or None."""
        mine = [e for e in self.entries if e.kind == kind]
        found = next((e for e in mine if e.slug == slug), None)
        former = next((e for e in mine if slug in e.formerly), None)
        if found is None and former is not None and kind == "metric":
            # Values of a metric that was replaced are not values of the new one.
            return msgspec.structs.replace(former, title=f"{former.title} (old: {slug})")
        return found or former

    def kind_of(self, dataset: Pick) -> str:
        """Return the kind of a data set by its pick ("points", "images"), "" where it is not known;
        that of an imported one says it.
        """
        if dataset.slug.startswith(PROJECT_PREFIX):
            return str(dataset.config.get(KIND, IMPORTED_KIND))
        entry = self.get("dataset", dataset.slug)
        return entry.kinds[0] if entry is not None and entry.kinds else ""

    def entries_of(self, kind: str) -> list[EntrySpec]:
        """Return the entries of a kind, in catalogue order."""
        return [e for e in self.entries if e.kind == kind]

    def picks(self, field: FieldSpec, kind: str) -> list[EntrySpec]:
        """Return what can be picked for a setting of kind "pick" and a kind of data ("" for any),
        in catalogue order.
        """
        return [
            entry
            for entry in self.entries_of(field.of)
            if (not field.role or field.role in entry.roles)
            and (not kind or not entry.kinds or kind in entry.kinds)
        ]

    def opened(self, entry: EntrySpec, config: Mapping[str, Any], kind: str) -> EntrySpec:
        """Return an entry as a form shows it: defaults of a data type, and in place of each pick
        its choice ("net.slug"), followed by the settings of the choice ("net.config.width").
        """
        if all(field.kind != "pick" for field in entry.fields):
            return entry.fitted(kind)
        fields: list[FieldSpec] = []
        for field in entry.fields:
            if field.kind == "pick":
                fields += self._open(field, config, kind)
            else:
                fields.append(field.fitted(kind))
        return msgspec.structs.replace(entry, fields=fields)

    def _open(self, field: FieldSpec, config: Mapping[str, Any], kind: str) -> list[FieldSpec]:
        meant: Mapping[str, Any] = field.fitted(kind).default
        able = {entry.slug: entry for entry in self.picks(field, kind)}
        usual = able.get(meant["slug"])
        chooser = msgspec.structs.replace(
            field,
            path=f"{field.path}.slug",
            kind="choice",
            default="",
            defaults={},
            meant=meant["slug"],
            choices=[
                _usual(field, usual),
                *(Choice(value=e.slug, title=e.title, help=e.summary) for e in able.values()),
            ],
        )
        slug = _value(config, f"{field.path}.slug") or meant["slug"]
        if slug not in able:
            return [chooser]
        # What a family prefers holds for any network that has such a setting; what it prefers for a
        # kind of data, for the network that it prefers there.
        wishes = meant["config"] if slug == meant["slug"] else field.default["config"]
        inner = self.opened(able[slug], _value(config, f"{field.path}.config") or {}, kind)
        return [chooser, *(_inside(field, own, slug, wishes) for own in inner.fields)]


_UNSAID = {
    "metric": "Set by the data",
    "network": "Set by the data",
    "sampler": "The model's own",
}


def _usual(field: FieldSpec, entry: EntrySpec | None) -> Choice:
    if entry is None:
        return Choice(value="", title=_UNSAID.get(field.of, "None"))
    # Its name first: a list that is too narrow cuts off the end.
    if field.of != "network":
        return Choice(value="", title=f"{entry.title}, the usual one", help=entry.summary)
    told = f"{entry.title}, the default for these data. {entry.summary}"
    return Choice(value="", title=f"{entry.title}, set by the data", help=told)


def _inside(pick: FieldSpec, own: FieldSpec, slug: str, wishes: Mapping[str, Any]) -> FieldSpec:
    """Return a setting of a pick as one of the family."""
    inner = f"{pick.path}.config."
    depends = own.depends
    wished = _value(wishes, own.path)
    return msgspec.structs.replace(
        own,
        path=f"{inner}{own.path}",
        default=own.default if wished is None else wished,
        group=own.group or pick.title,
        advanced=own.advanced or pick.advanced,
        kinds=own.kinds or pick.kinds,
        depends=pick.depends
        if depends is None
        else Dependency(path=f"{inner}{depends.path}", values=depends.values),
        inside=f"{inner}{own.inside}" if own.inside else pick.inside,
        under=own.under or slug,
    )


def _value(config: Mapping[str, Any], path: str) -> Any:
    """Return a value at a dotted path, None where there is none."""
    value: Any = config
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
