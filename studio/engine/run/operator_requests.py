"""From a command to what an operator works with, and from what came of it to arrays.

Everything that can be known beforehand is checked before anything is done.
"""

import functools
import hashlib
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pushforward.models.config import describe, encode, replace_at
from pushforward.models.contracts.abilities import WORDS
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.entries import FamilyEntry, OperatorEntry, SamplerEntry
from pushforward.models.operators.base import ALL, TEST, Operation, Outcome, Progress
from pushforward.models.registry import registry
from pushforward.models.training.posthoc import NONE_KEPT
from pushforward.studio.engine.data.class_mapping import renumbered
from pushforward.studio.engine.data.datasets import Dataset, in_memory
from pushforward.studio.engine.data.imported_data import find_imported, find_place, stored_facts
from pushforward.studio.engine.kinds.base import Arrays, kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.conditions import (
    TAKEN_FROM,
    chosen,
    describe_unset_conditions,
    drop_predicted,
    unset_conditions,
)
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.run.model_loading import Loaded, load
from pushforward.studio.engine.run.not_finite import describe_not_finite
from pushforward.studio.engine.run.other_datasets import other_set
from pushforward.studio.engine.run.other_runs import Others, asking
from pushforward.studio.engine.run.resolve import Choice, pick_operator, pick_sampler
from pushforward.studio.engine.run.row_slices import read_slice, take_slice
from pushforward.studio.engine.run.versions import versions
from pushforward.studio.protocol.commands import Operate
from pushforward.studio.protocol.spec import Pick, project_name
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.results import ResultRecord
from pushforward.studio.store.run import RunFolder

__all__ = ["Answer", "OperatorRequest", "ask", "offered"]

_EXACT = 1e-3
"""Relative deviation of an averaging length that needs no note."""

FILMS = ("film", "film-of-rows")
"""Operators whose "way" can be exported as an animation."""

DATA = "data"
"""Names of row inputs: `DATA` the training data, `ALL` all data, `TEST` the test split. Data sets
of the project have their slug.
"""


@dataclass(frozen=True)
class Answer:
    """What came of an operator, and how; ``columns`` are those of a row, ``handed`` the rows that a
    person handed, by slot, ``where`` how imported data lie on the ground, and ``facts`` what else
    their import stored.
    """

    record: ResultRecord
    outcome: Outcome
    columns: tuple[str, ...]
    kind: str
    handed: Mapping[str, Batch] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def typed(self) -> Arrays:
        """The rows provided by the user, by input, without their conditions."""
        return {name: np.ascontiguousarray(rows.x.numpy()) for name, rows in self.handed.items()}

    @property
    def arrays(self) -> Arrays:
        """All arrays by name: "x" and what goes with the rows, and the others."""
        rows = self.outcome.rows
        found = {} if rows is None else kind_of(self.kind).arrays(rows)
        return {**found, **self._others()}

    def export(self, file: Path) -> str:
        """Write it to a file, and say which rows that does not hold, "" where it holds all.

        Raises:
            StoreError: the disk refused, or arrays cannot be written so.
        """
        rows, said = self.outcome.rows, {**self.record.provenance, "kind": self.kind}
        if self.where:
            said["where"] = dict(self.where)
        kind = kind_of(self.kind)
        others = kind.name_results(self._others(), self.columns, self.facts)
        kind.write_result(file, rows, self.columns, others, said)
        lacking = kind.left_out_arrays(file, rows, self._others())
        left = "" if rows is None else kind.left_out(file, rows)
        return " ".join(filter(None, (left, lacking)))

    def _others(self) -> Arrays:
        arrays = self.outcome.arrays
        return {name: np.ascontiguousarray(x.numpy()) for name, x in arrays.items()}


@dataclass(frozen=True)
class OperatorRequest:
    """An operator with checked settings, for one run; ``sampler`` is one that was picked."""

    run: RunFolder
    operator: Choice[OperatorEntry]
    sampler: Choice[SamplerEntry] | None
    command: Operate

    @property
    def total(self) -> int:
        """How many rows there will be, as far as the settings say; 0 where they do not."""
        return int(encode(self.operator.config).get("n", 0))

    def work(
        self,
        loaded: Loaded,
        get: Callable[[RunFolder, int | None], Loaded] = load,
        shared: Callable[[], bool] = lambda: False,
    ) -> Generator[Progress, None, Answer]:
        """Do it with a loaded model; yields how far it is between two network passes. ``get`` loads
        the other runs that the settings name; ``shared`` says whether something trains meanwhile.

        Raises:
            Refused: what was handed or given does not fit the data, or another run will not do.
            StoreError: another run cannot be read.
        """
        began = time.perf_counter()
        spec, others = loaded.family.spec, Others(self.run, get)
        pick, sampler = loaded.sampled_by(self.sampler)
        if self.sampler is not None:  # the run's own has what it asks
            sampler, pick = asking(sampler, pick, spec, others)
        models, config = others.load_named(self.operator.config, "config")
        # Read at most once, and only where something asks for it.
        source = functools.cache(lambda: loaded.resolved.load_data(loaded.run.project))
        reads = self.operator.entry.reads_data
        if reads or self._hands_data():
            ahead = DataAhead(loaded.resolved, loaded.run.project)
            for _ in ahead.wait():
                yield Progress(0, self.total)
        there = self._resolve_data_slots(source, spec)
        whole = {
            name: self._match_classes(name, in_memory(rows), spec) for name, rows in there.items()
        }
        few = [
            f"The {name} are {len(rows):,} of the {len(there[name]):,} of the data."
            for name, rows in whole.items()
            if len(rows) < len(there[name])
        ]
        handed = {name: data.rows(slice(None)) for name, data in whole.items()}
        typed = self._typed(loaded, handed)
        handed |= typed
        entry = loaded.resolved.family.entry
        given = chosen(drop_predicted(spec, entry), self.command.given, self.total)
        drawn = "samples" in self.operator.entry.needs
        own = {name for rows in handed.values() for name in rows.given}
        taken = [name for name in unset_conditions(spec, given) if name not in own] if drawn else []
        operation = Operation(
            loaded.family,
            sampler,
            given.values,
            handed,
            whole,
            (lambda: source().rows) if reads else None,
            (lambda: source().held) if reads else None,
            models,
            (lambda n, seed: source().some(n, seed)) if reads else None,
            (lambda: source().judge()) if reads else None,
            shared,
            lambda pick, n, seed: other_set(pick, n, seed, self.run.project),
            test=(lambda: source().unseen) if reads else None,
        )
        try:
            outcome = yield from self.operator.make().work(operation)
        except ValueError as error:
            raise Refused(f"{self.operator.entry.title}: {error}") from error
        if outcome.taken_from:
            taken = unset_conditions(spec, given)
        origin = outcome.taken_from or TAKEN_FROM
        notes = [
            outcome.note,
            *given.notes,
            describe_unset_conditions(given, taken, origin),
            *self._resolve_named_rows(),
            *few,
            _averaged(loaded),
            describe_not_finite(outcome, spec),
        ]
        record = ResultRecord(
            operator=self.operator.entry.slug,
            title=self.operator.entry.title,
            run=self.run.name,
            step=loaded.step,
            length=loaded.length,
            config={**self._config(config, pick), **outcome.settled},
            given=given.said,
            units=given.units,
            taken=taken,
            taken_from=origin if taken else "",
            handed={name: len(rows) for name, rows in handed.items()},
            spec_hash=_spec_hash(self.run, loaded.step),
            seconds=time.perf_counter() - began,
            note=" ".join(filter(None, notes)),
            versions=versions(),
            classes=_classes(spec, outcome, self.operator.entry),
        )
        slug = loaded.resolved.spec.dataset.slug
        where = find_place(slug, self.run.project)
        facts = stored_facts(slug, self.run.project) if self.command.file else {}
        return Answer(record, outcome, loaded.columns, spec.kind, typed, where, facts)

    def _config(self, config: dict[str, Any], sampler: Pick | None) -> dict[str, Any]:
        """Return settings with the sampler that was taken, None for none."""
        told = None if sampler is None else {"slug": sampler.slug, "config": sampler.config}
        for path in _samplers(self.operator.entry):
            config = replace_at(config, path, told)
        return config

    def _slots(self) -> dict[str, Any]:
        """Return what each slot is filled with, by name."""
        unless = {slot.name: slot.unless for slot in self.operator.entry.takes if slot.unless}
        return {**unless, **self.command.inputs}

    def _hands_data(self) -> bool:
        """Whether a slot is filled with data of the run."""
        return any(read_slice(value)[0] in (DATA, ALL, TEST) for value in self._slots().values())

    def _resolve_data_slots(
        self, source: Callable[[], Dataset], spec: DataSpec
    ) -> dict[str, RowSource]:
        """Return the data of slots in which all of them stand, or all of a share or of another set.

        Raises:
            Refused: there are none such, or they are of another kind; the path is "inputs...".
        """
        found: dict[str, RowSource] = {}
        for name, value in self._slots().items():
            path = f"inputs.{name}"
            value, few = read_slice(value)
            if value in (DATA, ALL):
                data = source()
                found[name] = data.rows if value == DATA else data.all_rows()
            elif value == TEST:
                if (unseen := source().unseen) is None:
                    raise Refused(
                        "The data of the run have no test split.",
                        "Choose a data set of the project, or provide rows.",
                        path=path,
                    )
                found[name] = unseen
            elif isinstance(value, str) and (own := project_name(value)) is not None:
                found[name] = self._of_project(own, spec, path)
            if few is not None:
                found[name] = take_slice(name, found, few, path)
        return found

    def _match_classes(self, name: str, rows: RowSource, spec: DataSpec) -> RowSource:
        """Return the rows of a slot with their classes as the model knows them.

        Raises:
            Refused: it does not know one of them.
        """
        try:
            return renumbered(rows, spec)
        except ValueError as error:
            own = project_name(str(read_slice(self.command.inputs.get(name, ""))[0]))
            said = f"{own or 'What is handed'} {error}."
            advice = "Provide rows of these classes, or train a model on all of them."
            raise Refused(said, advice, path=f"inputs.{name}") from error

    def _resolve_named_rows(self) -> list[str]:
        """Say which rows slots were filled with, where it is a share or another set."""
        found = []
        for name, value in self._slots().items():
            value, _ = read_slice(value)
            if value == TEST:
                found.append(f"The {name} are those of the test data.")
            elif isinstance(value, str) and (own := project_name(value)) is not None:
                found.append(f"The {name} are those of {own}.")
        return found

    def _of_project(self, name: str, spec: DataSpec, path: str) -> RowSource:
        """Return all rows of a data set of the project of the run.

        Raises:
            Refused: there is no such set, or it is of another kind than the model.
        """
        try:
            rows = find_imported(name, self.run.project).all_rows()
        except Refused as refused:
            raise Refused.from_problem(refused.info, path) from refused
        kind = rows.spec().kind
        if kind != spec.kind:
            raise Refused(f"{name} holds {kind}; the model was trained on {spec.kind}.", path=path)
        return rows

    def _typed(self, loaded: Loaded, whole: Mapping[str, Batch]) -> dict[str, Batch]:
        """Return the rows of inputs that the user filled."""
        spec, kind, found = loaded.family.spec, kind_of(loaded.family.spec.kind), {}
        for name, value in self.command.inputs.items():
            if name in whole:
                continue
            try:
                found[name] = kind.parse_rows(value, spec, loaded.columns)
            except ValueError as error:
                raise Refused(f"{name} {error}.", path=f"inputs.{name}") from error
        return found


def ask(command: Operate) -> OperatorRequest:
    """Check a command.

    Raises:
        Refused: there is no such operator, the model lacks an ability that it needs, a setting, a
            slot or the suffix of the file is wrong, or the file would be replaced unasked; the path
            is "operator", "config...", "inputs...", "file", "overwrite".
        StoreError: the run cannot be read.
    """
    run = RunFolder(Path(command.run))
    spec = run.record.spec
    kind = picked_kind(spec.dataset)
    operator = pick_operator(Pick(slug=command.operator, config=command.config))
    if reason := _unable(operator.entry, spec.family, kind):
        raise Refused(reason, path="operator")
    taken = {slot.name: slot for slot in operator.entry.takes}
    for name in (*taken, *command.inputs):
        slot = taken.get(name)
        if slot is not None and name not in command.inputs and not slot.unless:
            raise Refused(
                f"{operator.entry.title} needs {slot.title.lower()}: {_inside(slot.help)}",
                path=f"inputs.{name}",
            )
        if name not in taken:
            raise Refused(f"{operator.entry.title} takes no {name!r}.", path=f"inputs.{name}")
    sampler = None
    for path in _samplers(operator.entry):
        wanted = encode(operator.config)[path]
        if wanted["slug"]:
            sampler = pick_sampler(spec, Pick(**wanted))
    suffix, suffixes = Path(command.file).suffix.lower(), kind_of(kind).suffixes
    if operator.entry.slug in FILMS:
        suffixes = (*suffixes, *kind_of(kind).film_suffixes)
    if command.file and suffix not in suffixes:
        raise Refused(
            f"Results cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(suffixes)}.",
            path="file",
        )
    if command.file:
        check_destination(Path(command.file), command.overwrite)
    return OperatorRequest(run, operator, sampler, command)


def _inside(sentence: str) -> str:
    """Return a sentence for use inside another one."""
    return sentence[:1].lower() + sentence[1:]


_LENGTHS = "averaging-lengths"  # needs what only the setting training.lengths keeps


def offered(run: RunFolder, data: DataSpec | None = None) -> list[tuple[OperatorEntry, str]]:
    """Return every operator, and why a run cannot do it, "" where it can; ``data`` are those of its
    checkpoint, where it has one.
    """
    spec = run.record.spec
    kind = picked_kind(spec.dataset)
    found = [(entry, _unable(entry, spec.family, kind)) for entry in registry.all("operator")]
    if not spec.training.get("lengths"):
        none = f"{NONE_KEPT[:1].upper()}{NONE_KEPT[1:]}."
        found = [(each, reason or none * (each.slug == _LENGTHS)) for each, reason in found]
    if data is None:
        return found
    return [(entry, reason or entry.refuses(data)) for entry, reason in found]


def _unable(entry: OperatorEntry, family: Pick, kind: str) -> str:
    """Say in a sentence why a model cannot do something, "" where it can."""
    try:
        model: FamilyEntry = registry.get("family", family.slug)
    except KeyError as error:
        return f"family: {error.args[0]}."
    if entry.kinds and kind not in entry.kinds:
        return f"{entry.title} is for {' and '.join(entry.kinds)}; the data of the run are {kind}."
    for need in entry.needs:
        if need not in model.abilities:
            bounds = need == "likelihood" and "bound" in model.abilities
            lacks = "knows a bound only" if bounds else "does not"
            return (
                f"{entry.title} needs a model that {WORDS.get(need, f'can {need}')}; "
                f"{model.title} {lacks}."
            )
    return ""


def _classes(spec: DataSpec, outcome: Outcome, operator: OperatorEntry) -> list[str]:
    """Return the names of the classes, where rows that came of it have one or the model was asked
    for them.
    """
    known, rows = spec.given.get(LABEL), outcome.rows
    labelled = rows is not None and LABEL in rows.given
    return list(known.names) if known and (labelled or "classify" in operator.needs) else []


def _averaged(loaded: Loaded) -> str:
    """Say over which length weights are averaged, "" for the run's own."""
    if loaded.length is None:
        return ""
    exact = f", made to within {loaded.off:.1%}" if loaded.off > _EXACT else ""
    return f"The weights are averaged over a length of {loaded.length:g}{exact}."


def _samplers(entry: OperatorEntry) -> list[str]:
    """Return the paths of the settings that are a sampler; names of several to compare are none."""
    rows = describe(entry.config)
    return [row["path"] for row in rows if (row["kind"], row["of"]) == ("pick", "sampler")]


def _spec_hash(run: RunFolder, step: int) -> str:
    """Return the SHA-256 of what made the weights of a step."""
    spec = effective_spec(run)
    done = msgspec.structs.replace(spec, edits=[edit for edit in spec.edits if edit.step <= step])
    return hashlib.sha256(msgspec.json.encode(done, order="sorted")).hexdigest()
