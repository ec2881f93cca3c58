"""From what a person asked for to what will be run: every setting checked and filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import torch

from models.config import Config, ConfigError, decode, encode, replace_at
from models.contracts.abilities import WORDS
from models.contracts.learner import Learner
from models.contracts.spec import DataSpec
from models.nets.pick import filled, settled
from models.registry import (
    DatasetEntry,
    Entry,
    FamilyEntry,
    Kind,
    MetricEntry,
    OperatorEntry,
    SamplerEntry,
    registry,
)
from studio.engine.data.datasets import Dataset, find_imported, project_name, registered
from studio.engine.kinds.fit import entry_of, kind_of_set, kinds_measured, picked_kind, unfit
from studio.engine.process.devices import choose
from studio.engine.process.failures import Refused
from studio.engine.run.changing import problems as edit_problems
from studio.engine.run.settings import TrainingConfig
from studio.protocol.messages import ErrorInfo
from studio.protocol.spec import Pick, RunSpec
from studio.store.errors import StoreError
from studio.store.names import check_name

__all__ = [
    "Choice",
    "Resolved",
    "check",
    "pick_dataset",
    "pick_metrics",
    "pick_operator",
    "pick_sampler",
    "resolve",
]

C = TypeVar("C", bound=Config)
E_co = TypeVar("E_co", bound=Entry, covariant=True)


@dataclass(frozen=True)
class Choice(Generic[E_co]):
    """A registered thing with its checked settings."""

    entry: E_co
    config: Config

    @property
    def pick(self) -> Pick:
        """The same as plain data, all settings spelled out."""
        version = getattr(self.entry, "version", None)
        return Pick(slug=self.entry.slug, config=encode(self.config), version=version)

    def make(self) -> Any:
        """Make the thing, for kinds that are made from the config alone."""
        return self.entry.make(self.config)


@dataclass(frozen=True)
class Resolved:
    """A run, checked. ``spec`` has every default filled in; ``dataset`` is None for an imported
    set, which is named by ``spec.dataset.slug``.
    """

    spec: RunSpec
    family: Choice[FamilyEntry]
    dataset: Choice[DatasetEntry] | None
    training: TrainingConfig
    sampler: Choice[SamplerEntry] | None
    metrics: tuple[Choice[MetricEntry], ...]

    def load_data(self, project: Path | None, limit: int | None = None) -> Dataset:
        """Draw or read the data; of a registered set, at most ``limit``.

        Raises:
            Refused: they cannot be drawn or read; the path is "dataset...".
        """
        name = project_name(self.spec.dataset.slug)
        if name is not None:
            return find_imported(name, project)
        assert self.dataset is not None  # resolve() leaves it out for imported sets only
        n = self.training.samples
        if limit is not None:
            n = min(n or limit, limit)
        return registered(self.dataset.entry, self.dataset.config, n, self.training.seed)

    def build(
        self,
        data: DataSpec,
        device: torch.device,
        horizon: int | None = None,
        inputs: Mapping[str, Learner[Any]] | None = None,
    ) -> Learner[Any]:
        """Build the family for data of a spec; ``inputs`` are what it learns from, none where one
        that is trained is only used.

        Raises:
            ConfigError: settings that do not fit the data or each other; the path is "family...".
        """
        steps = horizon or self.training.steps
        try:
            family: Learner[Any] = self.family.entry.make(
                self.family.config,
                data,
                horizon=steps,
                seed=self.training.seed,
                device=device,
                execution=self.training.execution(),
                **({"inputs": inputs} if inputs else {}),
            )
        except ConfigError as error:
            raise ConfigError(f"family.{error.path}".rstrip("."), error.message) from error
        return family


def check(spec: RunSpec, *, any_device: bool = False) -> Resolved:
    """Return the resolved run; with ``any_device``, whether its device is there does not matter.

    Raises:
        Refused: the first problem that `resolve` finds.
    """
    resolved, problems = resolve(spec, any_device=any_device)
    if resolved is None:
        first = problems[0]
        raise Refused(first.message, first.hint, kind=first.kind, path=first.path)
    return resolved


def resolve(spec: RunSpec, *, any_device: bool = False) -> tuple[Resolved | None, list[ErrorInfo]]:
    """Check a spec and fill in every default. Returns None and all problems if there are any.

    Each problem names the dotted setting at fault: "family.net.width", "dataset.std",
    "training.batch", "sampler.steps", "metrics.0", "edits.0". The data are not touched. Metrics of
    another kind of data are left out: a person who changes the data set means others.
    """
    problems: list[ErrorInfo] = []
    imported = project_name(spec.dataset.slug) is not None
    dataset = None if imported else _choice("dataset", spec.dataset, "dataset", problems)
    entry = dataset.entry if dataset else None
    kind = kind_of_set(entry)
    family = _family(spec.family, entry, problems) if imported or dataset else None
    settings = {**entry_of(kind).training, **spec.training}
    training = _config(TrainingConfig, settings, "training", problems)
    sampler = _sampler(spec, family, problems)
    metrics = _metrics(spec, kind, problems)
    if family is not None:
        problems += edit_problems(spec.edits, family.config)
    if training is not None and not any_device:
        try:
            choose(training.device)
        except Refused as refused:
            problems.append(refused.info)
    problems += _name(spec.name)
    if family is not None:
        problems += _inputs(spec, family.entry)
    if problems or family is None or training is None:
        return None, problems
    return Resolved(
        spec=RunSpec(
            name=spec.name,
            family=family.pick,
            dataset=dataset.pick if dataset else Pick(slug=spec.dataset.slug),
            training=encode(training),
            sampler=sampler.pick if sampler else None,
            metrics=[metric.pick for metric in metrics],
            edits=list(spec.edits),
            inputs=dict(spec.inputs),
        ),
        family=family,
        dataset=dataset,
        training=training,
        sampler=sampler,
        metrics=tuple(metrics),
    ), []


def _name(name: str) -> list[ErrorInfo]:
    if not name.strip():
        return [ErrorInfo(kind="user", message="The run needs a name.", path="name")]
    try:
        check_name(name)
    except StoreError as error:
        return [msgspec.structs.replace(error.info(), path="name")]
    return []


def _inputs(spec: RunSpec, family: FamilyEntry) -> list[ErrorInfo]:
    """What is missing of the runs that a family learns from, or is too much; whether they are there
    and will do is a matter of the project (`studio.engine.run.inputs`).
    """
    problems = []
    for name, needs in family.inputs.items():
        if name not in spec.inputs:
            message = f"{family.title} needs a {needs.title.lower()}: choose a run."
            path = f"inputs.{name}"
            problems.append(ErrorInfo(kind="user", message=message, hint=needs.help, path=path))
    for name in sorted(spec.inputs.keys() - family.inputs.keys()):
        message = f"{family.title} learns from no {name!r}."
        problems.append(ErrorInfo(kind="user", message=message, path=f"inputs.{name}"))
    return problems


def pick_dataset(pick: Pick) -> Choice[DatasetEntry] | None:
    """Check a procedural data set, None for an imported one.

    Raises:
        Refused: there is no such set, or its settings are wrong.
    """
    if project_name(pick.slug) is not None:
        return None
    problems: list[ErrorInfo] = []
    choice = _choice("dataset", pick, "dataset", problems)
    if problems:
        raise Refused(problems[0].message, problems[0].hint, path=problems[0].path)
    return choice


def pick_sampler(spec: RunSpec, sampler: Pick | None) -> Choice[SamplerEntry] | None:
    """Check a sampler for the family of a spec, None for none.

    Raises:
        Refused: its settings are wrong, or the family takes no sampler.
    """
    if sampler is None:
        return None
    problems: list[ErrorInfo] = []
    dataset = pick_dataset(spec.dataset)
    family = _family(spec.family, dataset.entry if dataset else None, problems)
    wanted = msgspec.structs.replace(spec, sampler=sampler)
    choice = _sampler(wanted, family, problems)
    if problems:
        raise Refused(problems[0].message, problems[0].hint, path=problems[0].path)
    return choice


def pick_operator(pick: Pick) -> Choice[OperatorEntry]:
    """Check an operator and its settings.

    Raises:
        Refused: there is no such operator, or its settings are wrong; the path is "config...".
    """
    try:
        entry = registry.get("operator", pick.slug)
    except KeyError as error:
        raise Refused(f"operator: {error.args[0]}", path="operator") from error
    problems: list[ErrorInfo] = []
    config = _config(entry.config, pick.config, "config", problems)
    if config is None:
        raise Refused(problems[0].message, problems[0].hint, path=problems[0].path)
    return Choice(entry, config)


def pick_metrics(spec: RunSpec, metrics: list[Pick]) -> tuple[Choice[MetricEntry], ...]:
    """Check metrics for the data of a spec.

    Raises:
        Refused: there is no such metric, its settings are wrong, or it is for other data.
    """
    problems: list[ErrorInfo] = []
    found: list[Choice[MetricEntry] | None] = [
        _choice("metric", pick, f"metrics.{i}", problems) for i, pick in enumerate(metrics)
    ]
    kind = picked_kind(spec.dataset)
    for choice in found:
        able = kinds_measured(choice.entry) if choice is not None else ()
        if choice is not None and able and kind not in able:
            kinds = " and ".join(able)
            message = f"{choice.entry.title} measures {kinds}; the data of the run are {kind}."
            problems.append(ErrorInfo(kind="user", message=message, path="metrics"))
    if problems:
        raise Refused(problems[0].message, problems[0].hint, path=problems[0].path)
    return tuple(choice for choice in found if choice is not None)


def _sampler(
    spec: RunSpec, family: Choice[FamilyEntry] | None, problems: list[ErrorInfo]
) -> Choice[SamplerEntry] | None:
    """The sampler asked for; else that of the family, where it takes one."""
    if spec.sampler is not None:
        choice: Choice[SamplerEntry] | None = _choice("sampler", spec.sampler, "sampler", problems)
        if family is not None and (reason := _no_sampler(family.entry, choice)):
            hint = "Leave the sampler out."
            problems.append(ErrorInfo(kind="user", message=reason, hint=hint, path="sampler"))
            return None
        return choice
    if family is not None and family.entry.sampler:
        return _choice("sampler", Pick(slug=family.entry.sampler), "sampler", problems)
    return None


def _no_sampler(family: FamilyEntry, choice: Choice[SamplerEntry] | None) -> str:
    """Say why a family cannot be sampled so, "" if it can."""
    if not family.sampler:
        return f"{family.title} has no denoiser, so it takes no sampler."
    for need in choice.entry.needs if choice is not None else ():
        if need not in family.abilities:
            wanted = WORDS.get(need, f"can {need}")
            title = choice.entry.title if choice is not None else ""
            return f"{title} samples a model that {wanted}; {family.title} does not."
    return ""


def _metrics(spec: RunSpec, kind: str, problems: list[ErrorInfo]) -> list[Choice[MetricEntry]]:
    """The metrics asked for that fit the data; else the defaults."""
    picked = (
        _choice("metric", pick, f"metrics.{index}", problems)
        for index, pick in enumerate(spec.metrics)
    )
    fitting = [c for c in picked if c is not None and kind in (kinds_measured(c.entry) or (kind,))]
    known = {entry.slug for entry in registry.all("metric")}
    slugs = [slug for slug in entry_of(kind).metrics if slug in known]
    defaults = (_choice("metric", Pick(slug=slug), "metrics", problems) for slug in slugs)
    return fitting or [choice for choice in defaults if choice is not None]


def _family(
    pick: Pick, dataset: DatasetEntry | None, problems: list[ErrorInfo]
) -> Choice[FamilyEntry] | None:
    """The family asked for, its networks those of the kind of the data where none are named."""
    try:
        entry = registry.get("family", pick.slug)
    except KeyError as error:
        problems.append(ErrorInfo(kind="user", message=f"family: {error.args[0]}", path="family"))
        return None
    kind = kind_of_set(dataset)
    data: Mapping[str, Any] = pick.config
    if entry.upgrade is not None and (pick.version or 0) < entry.version:
        data = entry.upgrade(data, kind)
    config = _config(entry.config, filled(entry, data, kind), "family", problems)
    if not_for := unfit(entry, dataset):
        problems += not_for
        return None
    if config is None:
        return None
    try:
        return Choice(entry, settled(config, kind))
    except ConfigError as error:
        at = f"family.{error.path}"
        problems.append(ErrorInfo(kind="user", message=f"{at}: {error.message}", path=at))
        return None


def _choice(kind: Kind, pick: Pick, path: str, problems: list[ErrorInfo]) -> Choice[Any] | None:
    try:
        entry = registry.get(kind, pick.slug)
    except KeyError as error:
        problems.append(ErrorInfo(kind="user", message=f"{path}: {error.args[0]}", path=path))
        return None
    config = _config(entry.config, pick.config, path, problems)
    return None if config is None else Choice(entry, config)


def _config(
    kind: type[C], data: Mapping[str, Any], path: str, problems: list[ErrorInfo]
) -> C | None:
    """Decode a config; on failure, list what is wrong with each of its settings."""
    try:
        return decode(kind, data)
    except ConfigError as error:
        found = list(_errors(kind, data)) or [error]
    for wrong in found:
        at = f"{path}.{wrong.path}".rstrip(".")
        problems.append(ErrorInfo(kind="user", message=f"{at}: {wrong.message}", path=at))
    return None


def _errors(kind: type[Config], data: Mapping[str, Any]) -> Iterator[ConfigError]:
    """Decode setting by setting: `decode` stops at the first error, a form shows them all."""
    for path, value in _leaves(data):
        try:
            decode(kind, replace_at({}, path, value))
        except ConfigError as error:
            yield error


def _leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", msgspec.to_builtins(value)
