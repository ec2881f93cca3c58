"""Resolve a spec: check every setting and fill in the defaults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import torch

from pushforward.models.config import (
    Config,
    ConfigError,
    decode_all,
    describe,
    encode,
    read_pick,
)
from pushforward.models.contracts.abilities import HasDenoiser
from pushforward.models.contracts.data import Outline
from pushforward.models.contracts.execution import Ranks
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.entries import (
    DatasetEntry,
    Entry,
    FamilyEntry,
    Kind,
    MetricEntry,
    OperatorEntry,
    SamplerEntry,
)
from pushforward.models.guidance.base import why_not
from pushforward.models.nets.offered import gives, kinds_of
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.samplers.base import Sampler
from pushforward.models.settle import settle_all
from pushforward.studio.engine.data.datasets import (
    Dataset,
    labelled,
    labelled_rows,
    outline_of,
    registered,
)
from pushforward.studio.engine.data.imported_data import (
    find_imported,
    find_outline,
    imported_kind,
    run_settings,
)
from pushforward.studio.engine.data.validity_rules import ruled
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import (
    IMPORTED,
    KIND,
    entry_of,
    kinds_measured,
    named_set,
    picked_kind,
    unfit,
    unfit_inputs,
    unsampled,
)
from pushforward.studio.engine.process.devices import choose
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.live_edits import problems as edit_problems
from pushforward.studio.engine.run.settings import TrainingConfig
from pushforward.studio.engine.tracking.tracker import check_tracker
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec, project_name
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.names import check_name

__all__ = [
    "Choice",
    "Resolved",
    "check",
    "known_kind",
    "pick_dataset",
    "pick_metrics",
    "pick_operator",
    "pick_sampler",
    "resolve",
    "today",
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

    def load_data(self, project: Path | None) -> Dataset:
        """Draw or read the data.

        Raises:
            Refused: they cannot be drawn or read; the path is "dataset...".
        """
        data = ruled(self._data(project), self.spec.dataset.slug, project)
        return labelled(data) if self.learns_labels else data

    @property
    def learns_labels(self) -> bool:
        """Whether the data have to be made to say the class of each row."""
        entry = self.family.entry
        if "labels" in entry.needs:
            return True
        told = bool(entry.make.needs_classes(self.family.config))
        return told and "told" not in gives(picked_kind(self.spec.dataset))

    def _data(self, project: Path | None) -> Dataset:
        name = project_name(self.spec.dataset.slug)
        if name is not None:
            return find_imported(name, project, run_settings(self.spec.dataset))
        assert self.dataset is not None  # resolve() leaves it out for imported sets only
        n, seed, first = self.training.samples, self.training.seed, self.training.subset == "first"
        return registered(self.dataset.entry, self.dataset.config, n, seed, first=first)

    def outline(self, project: Path | None) -> Outline:
        """Return the outline of the data without reading them.

        Raises:
            Refused: they could not be drawn or read; the path is "dataset...".
        """
        found = self._outline(project)
        if not self.learns_labels:
            return found
        return replace(found, example=labelled_rows(found.example))

    def _outline(self, project: Path | None) -> Outline:
        name = project_name(self.spec.dataset.slug)
        if name is not None:
            return find_outline(name, project, run_settings(self.spec.dataset))
        assert self.dataset is not None
        return outline_of(self.dataset.entry, self.dataset.config, self.training.samples)

    def check_processes(self) -> None:
        """Refuse several processes for a model whose batches they cannot share.

        Raises:
            Refused: the training has several.
        """
        reason = self.family.entry.make.UNSHARED
        if self.training.devices > 1 and reason:
            raise Refused(
                f"{self.family.entry.title} trains in one process. {reason}",
                "Set Processes to 1.",
                path="training.devices",
            )

    def build(
        self,
        data: DataSpec,
        device: torch.device,
        horizon: int | None = None,
        inputs: Mapping[str, Learner[Any]] | None = None,
        ranks: Ranks | None = None,
    ) -> Learner[Any]:
        """Build the family for a data spec; ``inputs`` are the models it learns from, empty if a
        trained model is only used; ``ranks`` the processes that share its batches.

        Raises:
            ConfigError: settings that do not fit the data or each other; the path is "family...".
        """
        steps = horizon or self.training.steps
        try:
            learner: Learner[Any] = self.family.entry.make(
                self.family.config,
                data,
                horizon=steps,
                seed=self.training.seed,
                device=device,
                execution=replace(self.training.execution(), ranks=ranks),
                **({"inputs": inputs} if inputs else {}),
            )
        except ConfigError as error:
            raise ConfigError(f"family.{error.path}".rstrip("."), error.message) from error
        return learner

    def sampling(self, learner: Learner[Any], guides: Mapping[str, Learner[Any]]) -> Any:
        """Return the run's sampler for a model, with the guiding models by setting
        (`studio.engine.run.guides`); None for the model's own.

        Raises:
            ConfigError: the model does not support this guidance; the path is
                "sampler.guidance.slug".
        """
        sampler = self.sampler.make() if self.sampler is not None else None
        if not isinstance(sampler, Sampler) or sampler.guidance is None:
            return sampler
        led = sampler.guidance.asking(guides)
        if isinstance(learner, HasDenoiser):
            reason = why_not(led, learner.denoiser, learner.spec)
            if reason:
                raise ConfigError("sampler.guidance.slug", reason)
        return sampler.guided_by(led)


def check(spec: RunSpec, *, any_device: bool = False, project: Path | None = None) -> Resolved:
    """Return the resolved run; with ``any_device``, whether its device is there does not matter.
    ``project`` is where an imported set says what it holds; a spec that was resolved knows.

    Raises:
        Refused: the first problem that `resolve` finds.
    """
    resolved, problems = resolve(spec, any_device=any_device, project=project)
    if resolved is None:
        raise Refused.from_problem(problems[0])
    return resolved


def resolve(
    spec: RunSpec, *, any_device: bool = False, project: Path | None = None
) -> tuple[Resolved | None, list[ErrorInfo]]:
    """Check a spec and fill in every default.

    Return (None, problems) if there are any. Each problem names its setting:
    "family.net.config.width", "dataset.std", "training.batch", "sampler.steps", "metrics.0",
    "edits.0". Data are not read, except for the record of an imported set of ``project``. Metrics
    and follow-ups of another data type are dropped.
    """
    problems: list[ErrorInfo] = []
    imported = project_name(spec.dataset.slug) is not None
    dataset = None if imported else _choice("dataset", spec.dataset, "dataset", problems)
    entry = dataset.entry if dataset else None
    kind = picked_kind(known_kind(spec.dataset, project))
    if kind not in {known.slug for known in registry.all("kind")}:
        message = f"dataset: this version has no data type {kind!r}."
        return None, [*problems, ErrorInfo(kind="user", message=message, path="dataset")]
    sure = imported or dataset is not None
    family = _family(spec.family, kind, named_set(entry), problems, sure=sure)
    settings = {**entry_of(kind).training, **spec.training}
    training = _config(TrainingConfig, settings, "training", problems)
    if imported and (own := kind_of(kind).run_settings) is not None:
        _config(own, run_settings(spec.dataset), "dataset", problems)
    sampler = _sampler(spec, kind, family, problems)
    metrics = _metrics(spec, kind, family, problems)
    if family is not None:
        problems += edit_problems(spec.edits, family.config)
    if training is not None and not any_device:
        problems += _device(training.device)
        problems += _tracker(training.tracker)
    problems += _name(spec.name)
    follow_up = _follow_up(spec, kind, family, problems)
    if family is not None:
        problems += unfit_inputs(family.entry, spec)
    if problems or family is None or training is None:
        return None, problems
    whole = RunSpec(
        name=spec.name,
        family=family.pick,
        dataset=dataset.pick if dataset else _imported_pick(spec.dataset, kind),
        training=encode(training),
        sampler=sampler.pick if sampler else None,
        metrics=[metric.pick for metric in metrics],
        edits=list(spec.edits),
        inputs=dict(spec.inputs),
        follow_up=follow_up,
    )
    found = Resolved(whole, family, dataset, training, sampler, tuple(metrics))
    return (_within_passes(found, project) if family.entry.passes else found), []


def _follow_up(
    spec: RunSpec, kind: str, family: Choice[FamilyEntry] | None, problems: list[ErrorInfo]
) -> Pick | None:
    """Return the operator that follows the training; None where it does not fit the data or the
    model.
    """
    if spec.follow_up is None:
        return None
    found = _choice("operator", spec.follow_up, "follow_up", problems)
    if found is None or family is None:
        return None
    entry = found.entry
    fits = kind in entry.kinds and set(entry.needs) <= family.entry.abilities
    return found.pick if fits else None


def _within_passes(run: Resolved, project: Path | None) -> Resolved:
    """Return the run with at most as many steps as the passes of its model over the data take."""
    try:
        rows = run.outline(project).rows
    except Refused:  # the data cannot be read, which is said where they are needed
        return run
    steps = -(-run.family.entry.passes * rows // run.training.batch)
    if run.training.steps <= steps:
        return run
    training = msgspec.structs.replace(run.training, steps=steps)
    spec = msgspec.structs.replace(run.spec, training=encode(training))
    return replace(run, spec=spec, training=training)


def known_kind(dataset: Pick, project: Path | None) -> Pick:
    """Return the pick of a data set, which says its kind where it is an imported one of a project
    that does not say it yet.
    """
    if project_name(dataset.slug) is None or KIND in dataset.config:
        return dataset
    return _imported_pick(dataset, imported_kind(dataset.slug, project) or IMPORTED)


def _imported_pick(dataset: Pick, kind: str) -> Pick:
    """Return the pick of an imported set, which names its kind where it is not the usual one, and
    keeps its other settings where data of its kind have some.
    """
    named = {} if kind == IMPORTED else {KIND: kind}
    data_type = kind_of(kind)
    takes = data_type.whole or data_type.run_settings is not None
    kept = run_settings(dataset) if takes else {}
    return Pick(slug=dataset.slug, config={**named, **kept})


def _device(device: str) -> list[ErrorInfo]:
    try:
        choose(device)
    except Refused as refused:
        return [refused.info]
    return []


def _tracker(slug: str) -> list[ErrorInfo]:
    try:
        check_tracker(slug)
    except Refused as refused:
        return [refused.info]
    return []


def _name(name: str) -> list[ErrorInfo]:
    if not name.strip():
        return [ErrorInfo(kind="user", message="The run needs a name.", path="name")]
    try:
        check_name(name)
    except StoreError as error:
        return [msgspec.structs.replace(error.info(), path="name")]
    return []


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
        raise Refused.from_problem(problems[0])
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
    name = named_set(dataset.entry if dataset else None)
    kind = picked_kind(spec.dataset)
    family = _family(spec.family, kind, name, problems)
    wanted = msgspec.structs.replace(spec, sampler=sampler)
    choice = _sampler(wanted, kind, family, problems)
    if problems:
        raise Refused.from_problem(problems[0])
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
        raise Refused.from_problem(problems[0])
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
        raise Refused.from_problem(problems[0])
    return tuple(choice for choice in found if choice is not None)


def _sampler(
    spec: RunSpec, kind: str, family: Choice[FamilyEntry] | None, problems: list[ErrorInfo]
) -> Choice[SamplerEntry] | None:
    """Return the requested sampler, or the default of the data type for the family, or that of the
    family.
    """
    if spec.sampler is not None:
        choice: Choice[SamplerEntry] | None = _choice("sampler", spec.sampler, "sampler", problems)
        entry = choice.entry if choice is not None else None
        if family is not None and (reason := unsampled(family.entry, entry)):
            hint = "Remove the sampler."
            problems.append(ErrorInfo(kind="user", message=reason, hint=hint, path="sampler"))
            return None
        return choice
    if family is None or not family.entry.sampler:
        return None
    usual = entry_of(kind).samplers
    slug, config = usual.get(family.entry.slug, (family.entry.sampler, {}))
    return _choice("sampler", Pick(slug=slug, config=dict(config)), "sampler", problems)


def _metrics(
    spec: RunSpec, kind: str, family: Choice[FamilyEntry] | None, problems: list[ErrorInfo]
) -> list[Choice[MetricEntry]]:
    """Return the requested metrics that fit the data, or the defaults of the data type, or those
    that the model supports.
    """
    picked = (
        _choice("metric", pick, f"metrics.{index}", problems)
        for index, pick in enumerate(spec.metrics)
    )
    # By slug: two names of earlier versions may be one metric today.
    named = {choice.entry.slug: choice for choice in picked if choice is not None}
    fitting = [c for c in named.values() if kind in (kinds_measured(c.entry) or (kind,))]
    able = family.entry.abilities if family is not None else frozenset({"samples"})
    if any(set(choice.entry.needs) <= able for choice in fitting):
        return fitting
    usual = entry_of(kind).metrics
    askable = [e for e in registry.all("metric") if set(e.needs) <= able]
    askable = [e for e in askable if kind in (kinds_measured(e) or (kind,)) and not e.heavy]
    slugs = [e.slug for e in sorted(askable, key=_place(usual)) if e.slug in usual]
    slugs = slugs or [e.slug for e in askable if "samples" not in e.needs]
    defaults = (_choice("metric", Pick(slug=slug), "metrics", problems) for slug in slugs)
    return [choice for choice in defaults if choice is not None]


def _place(usual: Sequence[str]) -> Callable[[MetricEntry], int]:
    return lambda entry: usual.index(entry.slug) if entry.slug in usual else len(usual)


def _family(
    pick: Pick, kind: str, name: str, problems: list[ErrorInfo], *, sure: bool = True
) -> Choice[FamilyEntry] | None:
    """Return the requested family, with the default networks of the data type. ``name`` is that of
    the data set; if the data type is not ``sure``, only errors of the settings are reported.
    """
    try:
        entry = registry.get("family", pick.slug)
    except KeyError as error:
        problems.append(ErrorInfo(kind="user", message=f"family: {error.args[0]}", path="family"))
        return None
    if not sure:
        kind = next(iter(kinds_of(entry)), IMPORTED)
    data = _upgraded(entry, pick, kind)
    if not sure:
        # Which networks fit is known with the data; other errors do not depend on them.
        wrong: list[ErrorInfo] = []
        _config(entry.config, data, "family", wrong, kind)
        problems += [problem for problem in wrong if not problem.path.endswith(".slug")]
        return None
    not_for = unfit(entry, kind, name)
    if not_for:
        _, errors = decode_all(entry.config, filled(entry, data, kind))
        problems += [*_infos("family", errors), *not_for]
        return None
    found = _config(entry.config, filled(entry, data, kind), "family", problems, kind)
    return None if found is None else Choice(entry, found)


def today(pick: Pick, kind: str) -> Pick:
    """Return a family's pick in the current format, its networks as slug and config. Unknown or
    unreadable picks are returned unchanged.
    """
    entry = next((e for e in registry.all("family") if e.slug == pick.slug), None)
    if entry is None:
        return pick
    data = _upgraded(entry, pick, kind)
    for row in describe(entry.config):
        if row["kind"] == "pick" and row["path"] in data:
            try:
                data[row["path"]] = msgspec.to_builtins(read_pick(row["path"], data[row["path"]]))
            except ConfigError:
                return pick
    return Pick(slug=pick.slug, config=data, version=entry.version)


def _upgraded(entry: FamilyEntry, pick: Pick, kind: str) -> dict[str, Any]:
    if entry.upgrade is None or (pick.version or 0) >= entry.version:
        return dict(pick.config)
    return entry.upgrade(pick.config, kind)


def _choice(kind: Kind, pick: Pick, path: str, problems: list[ErrorInfo]) -> Choice[Any] | None:
    try:
        entry = registry.get(kind, pick.slug)
    except KeyError as error:
        problems.append(ErrorInfo(kind="user", message=f"{path}: {error.args[0]}", path=path))
        return None
    plain = pick.config
    if kind == "metric" and entry.slug != pick.slug:
        # A metric that was replaced may have settings that the one in its place does not have.
        known = entry.config.__struct_fields__
        plain = {name: value for name, value in plain.items() if name in known}
    config = _config(entry.config, plain, path, problems)
    return None if config is None else Choice(entry, config)


def _config(
    config: type[C], data: Mapping[str, Any], path: str, problems: list[ErrorInfo], kind: str = ""
) -> C | None:
    """Resolve a config; on failure, list the problem of each setting."""
    found, errors = settle_all(config, data, kind)
    problems += _infos(path, errors)
    return None if errors else found


def _infos(path: str, errors: Sequence[ConfigError]) -> list[ErrorInfo]:
    found = []
    for error in errors:
        at = f"{path}.{error.path}".rstrip(".")
        found.append(ErrorInfo(kind="user", message=f"{at}: {error.message}", path=at))
    return found
