"""What is known of each thing that can be added, by what it is: a family, a data set, a metric, ...

`models.registry` makes these entries from the arguments of a decorator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, Literal, TypeAlias

from pushforward.models.config import Config, NoConfig

__all__ = [
    "DatasetEntry",
    "Defaults",
    "Entry",
    "ExperimentEntry",
    "FamilyEntry",
    "GuidanceEntry",
    "Invariants",
    "JudgeEntry",
    "Kind",
    "KindEntry",
    "MetricEntry",
    "Mirrored",
    "Needs",
    "NetworkEntry",
    "OperatorEntry",
    "SamplerEntry",
    "Upgrade",
]

Kind = Literal[
    "kind",
    "family",
    "dataset",
    "network",
    "sampler",
    "metric",
    "judge",
    "operator",
    "guidance",
    "experiment",
]
Defaults: TypeAlias = Mapping[str, Any]
Upgrade: TypeAlias = Callable[[Mapping[str, Any], str], dict[str, Any]]
"""From settings as an earlier version of an entry wrote them, and the kind of the data, to those of
today. Settings of today come back as they are."""
Mirrored: TypeAlias = Callable[[Any, Any, Any], Any]
"""From standardised rows (`models.contracts.batch.Batch`), what is said of them
(`models.contracts.spec.DataSpec`) and a generator on the CPU to rows that are as likely."""
Invariants: TypeAlias = Callable[[Any, Any], Any]
"""From standardised rows (`models.contracts.batch.Batch`) and what is said of them to numbers."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One registered thing.

    Attributes:
        make: the class or function itself; what it is called with depends on ``kind``.
        config: its settings; an empty config where it has none.
        source: author, year, identifier and the equation or algorithm numbers.
        kinds: of data that it works on, () for all.
    """

    kind: Kind
    slug: str
    title: str
    summary: str
    make: Any
    source: str = ""
    config: type[Config] = NoConfig
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KindEntry(Entry):
    """A data type. ``make(n, seed)`` returns a small `models.contracts.data.RowSource` of it.

    Attributes:
        one, many: what a sample is called.
        gives: what its data are: "continuous" (they may carry noise), "symbols" (they are whole
            numbers), "whole" (each has all its numbers, none is padded), "law" (their law may be
            known), "labels" (they may have classes), "told" (each says its class by itself, where
            it has one), "grid" (they have neighbours on a grid), "patches" (they are windows of
            one), "set" (they are places without an order), "sequence" (their places have an
            order), "items" (what somebody chose, from 1), "graph" (see `models.layouts.graphs`),
            "types" (a graph whose nodes and edges have some), "mixed" (one number of a row is a
            count, which no continuous law has), ...
        networks: the default network for each role.
        conditions: the conditions of each row, by name, in the words of the field: what all
            rows say by themselves.
        metrics: the default metrics.
        training: settings of the training that have another default here.
        families: by family, settings that have another default here.
        samplers: by family, a sampler with its settings that is used by default instead of the
            family's own.
        bounds: between which numbers all values lie, in the units of the data.
        mirrored: makes of standardised rows, by chance, others that are as likely; None where no
            such symmetry is known.
        invariants: what of standardised rows does not depend on how they are written, as numbers
            (n, k) that can be differentiated; None where a row is compared as it stands.
    """

    one: str
    many: str
    gives: tuple[str, ...]
    networks: Mapping[str, str]
    metrics: tuple[str, ...]
    training: Defaults
    families: Mapping[str, Defaults]
    samplers: Mapping[str, tuple[str, Defaults]]
    bounds: tuple[float, float] | None
    mirrored: Mirrored | None = None
    invariants: Invariants | None = None
    conditions: Mapping[str, str] = made(default_factory=dict)


@dataclass(frozen=True)
class Needs:
    """A trained model that another one learns from.

    Attributes:
        ability: that it must have, as in `FamilyEntry.abilities`.
        title, help: for a person.
        same_data: whether it must have learned the same data; its units are then those of the new
            model, too.
        optional: whether it may be left out.
        draws: whether its samples replace the data, in the same units.
        adds: whether its samples of each class are added to the data; the setting ``generated`` of
            the model says how many.
        without: what stands in its place where it is left out, as "a teacher of its own", and
            what is done then, in a sentence.
        proposed: whether a run that will do is taken unless the person chooses otherwise, for
            without it one like it would be learned first.
        used: whether the trained model needs it for more than its training, such as to show views.
    """

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


_STEPPED = {"denoiser", "consistency"}
_MAPPED = {"latent", "transport"}
_DETERMINISTIC = {"latent", "transport", "mapped", "velocity", "denoiser", "consistency"}


@dataclass(frozen=True, kw_only=True)
class FamilyEntry(Entry):
    """A family. ``make`` is a `models.contracts.learner.Learner` subclass.

    Attributes:
        needs: what the data type must give.
        capabilities: names of the protocols of `models.contracts.abilities` that it satisfies.
        field, carrier: where it stands in the table of field and carrier, "" where it has no place
            there.
        group: what it does instead, if it has none ("classify", "represent", "recommend").
        motion: its equation of motion, in Unicode.
        short: its short name.
        sampler: the default sampler, "" for a family that takes none.
        version: counts changes of its settings.
        upgrade: reads settings of earlier versions.
        inputs: the trained models that it learns from, by name.
        units: units of its training metrics by name, if they do not depend on settings.
        passes: number of passes over the training data after which more steps change nothing,
            such as 1 for a model that only counts; 0 for a model without such a limit.
    """

    needs: tuple[str, ...]
    capabilities: tuple[str, ...]
    field: str
    carrier: str
    group: str = ""
    motion: str
    sampler: str
    version: int
    upgrade: Upgrade | None
    inputs: Mapping[str, Needs] = made(default_factory=dict)
    units: Mapping[str, str] = made(default_factory=dict)
    short: str = ""
    passes: int = 0

    @property
    def abilities(self) -> frozenset[str]:
        """Its capabilities, "samples" where it has a flow, "stepped" where a sampler takes it to
        the data in as many calls of the network as one likes, "mapped" where it makes one datum
        of each Gaussian latent, without chance, and "deterministic" where that may take several
        calls.
        """
        flows = {"samples"} if hasattr(self.make, "flow") else set()
        stepped = {"stepped"} if _STEPPED & set(self.capabilities) else set()
        mapped = {"mapped"} if _MAPPED & set(self.capabilities) else set()
        fixed = {"deterministic"} if flows and _DETERMINISTIC & set(self.capabilities) else set()
        return frozenset(self.capabilities) | flows | stepped | mapped | fixed


@dataclass(frozen=True, kw_only=True)
class DatasetEntry(Entry):
    """A data set of one kind. ``make(config, n, seed)`` draws n rows; of a finite one,
    ``make(config)`` returns `models.contracts.data.Splits`.

    Attributes:
        finite: whether the number of rows is finite.
        outline: of a finite one, ``outline(config)`` returns its `models.contracts.data.Outline`
            without reading its rows; None where only they tell.
        size: how many rows a finite one has, and of what form: "10,000 pictures, 28x28".
        licence: under which it may be passed on; "" where it is drawn by this program.
        made: how its rows came to be, and what was changed in them, in a sentence or two.
    """

    finite: bool
    outline: Callable[[Any], Any] | None
    size: str = ""
    licence: str = ""
    made: str = ""

    @property
    def holds(self) -> str:
        """The kind of its data."""
        return self.kinds[0]


@dataclass(frozen=True, kw_only=True)
class NetworkEntry(Entry):
    """A network. ``make(config, spec, role, generator)`` returns a module that is called as
    ``net(x, clock=None, given=None, mask=None)``; see `models.nets.calling`.

    Attributes:
        roles: what it can be: "denoiser", "critic", "generator", "encoder", "noisy-encoder",
            "flow", "autoregressive", "predictor", "recommender".
        needs: what the kind of data must give: "grid", "set", ...
    """

    roles: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SamplerEntry(Entry):
    """A sampler. ``make(config)`` returns a `models.samplers.base.Sampler`.

    Attributes:
        order: how fast the error falls with the number of steps; None for a walk along no ODE.
        evaluations: of the network in each step, at the default settings.
        orders: the measured order by grid, of samplers without noise.
        needs: what a family must be able to do.
        update: what a step does, in Unicode: from level s to s', D the denoised point.
    """

    order: int | None
    evaluations: int
    orders: Mapping[str, float]
    needs: tuple[str, ...]
    update: str = ""


@dataclass(frozen=True, kw_only=True)
class GuidanceEntry(Entry):
    """What leads a denoiser. ``make(config)`` returns a `models.guidance.base.Guidance`.

    Attributes:
        roles: where it can be picked: "condition", with a sampler, where it leads to what is given
            of a row; "measurement", with an operator, where it leads to what was measured of one.
        formula: what it makes of the denoiser, in Unicode.
    """

    roles: tuple[str, ...]
    formula: str


@dataclass(frozen=True, kw_only=True)
class MetricEntry(Entry):
    """A metric. ``make(config)`` returns a `models.metrics.base.Metric`.

    Attributes:
        needs: what it must be given of a model: "samples", or a name among
            `models.contracts.abilities.ABILITIES`.
        better: whether its figure is better when it is "lower" or "higher", or "near" to its bar:
            too high and too low are both bad.
        unit: of its figure, "" for a plain number.
        minimum: how many samples it needs at least.
        bar_is: its reference, in a few words.
        heavy: whether it takes too long to be measured while a training goes on.
        conditional: whether it measures how samples fit their conditions, and so only applies to
            conditional models.
        far_off: of one that is better near its bar, what a figure below it means and one above.
        formerly: slugs of metrics that it replaces: settings that name one of them get this one,
            with its own defaults.
    """

    needs: tuple[str, ...]
    better: Literal["lower", "higher", "near"]
    unit: str
    minimum: int
    bar_is: str
    heavy: bool
    conditional: bool
    far_off: tuple[str, str] | None
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JudgeEntry(Entry):
    """A network in whose features data of its kinds are compared. ``make()`` returns a
    `models.judges.base.Teaching`.

    Attributes:
        version: counts what changes its trained weights: figures of different versions cannot be
            compared.
    """

    version: int


@dataclass(frozen=True, kw_only=True)
class OperatorEntry(Entry):
    """What a trained run can do. ``make(config)`` returns a `models.operators.base.Operator`.

    Attributes:
        needs: abilities that the run's model must have, as in `FamilyEntry.abilities`.
        takes: what else it is handed, as `models.operators.base.Slot`.
        refuses: says in a sentence why it cannot do its work for a model of data that are so
            (a `models.contracts.spec.DataSpec`), "" where it can.
        asks: of the conditions of the rows that it makes those that a person may choose, () for
            all, None for none.
        counts: what its progress counts ("steps"), "" for the rows that it makes or is handed.
        reads_data: whether it reads the data of the run, besides the rows that it is handed.
        formerly: slugs that it had in earlier versions: results and commands of these name it.
    """

    needs: tuple[str, ...]
    takes: tuple[Any, ...]
    refuses: Callable[[Any], str]
    reads_data: bool = False
    asks: tuple[str, ...] | None = ()
    counts: str = ""
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExperimentEntry(Entry):
    """A claim. ``make()`` measures it; see `verify.claim`.

    Attributes:
        claim, pass_line: what is claimed, and when it is met, in words.
        group: what it is listed under.
        slow: whether it takes more than about 20 seconds.
        nulls: titles of the models that must miss the pass line.
        no_null: why there are none.
        baselines: titles of simple models that meet the pass line as well.
    """

    claim: str
    pass_line: str
    group: str = ""
    slow: bool
    nulls: tuple[str, ...]
    no_null: str
    baselines: tuple[str, ...] = ()
