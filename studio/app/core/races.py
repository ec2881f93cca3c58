"""A race being set up: participants, common settings, budget. Pure. Participants share data, data
order and particles: changing one of these changes it in all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from pushforward.studio.app.core import data_type_change, display_names
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.run_comparison import MOST, Axis, training_value
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.commands import Budget
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Recipe, RunSpec, racers

__all__ = [
    "SHARED",
    "Entry",
    "RaceDraft",
    "free_name",
    "join",
    "of_recipe",
    "runnable",
    "share_with",
    "why_not_added",
]

LEAST = 2
SHARED = (
    "seed",
    "samples",
    "particles",
    "frames",
    "device",
    "evaluate_every",
    "evaluate_samples",
)
SECONDS = 60.0  # of training each, until the person says otherwise


@dataclass
class Entry:
    """One who takes part, perhaps as a recipe has it, or under a name that was ``given`` to it;
    ``problems`` are what the engine found.
    """

    spec: RunSpec
    recipe: Recipe | None = None
    given: str = ""
    problems: list[ErrorInfo] = field(default_factory=list)


@dataclass
class RaceDraft:
    """Who takes part is frozen, but for the ``chosen`` one, whom the setup's form edits while its
    draft is ``bound``. ``before`` has all with copies of what they were when that began, and
    ``outside`` the draft that the form returns to. ``typed`` stands in place of the budget and
    cannot be taken.
    """

    entries: list[Entry] = field(default_factory=list)
    chosen: int = -1
    bound: Draft | None = None
    outside: Draft | None = None
    before: list[tuple[Entry, Entry]] = field(default_factory=list)
    kind: Axis = "steps"
    amounts: dict[Axis, float] = field(default_factory=dict)
    typed: Typed | None = None

    @property
    def full(self) -> bool:
        """Whether the race has the maximum number of participants."""
        return len(self.entries) >= MOST

    @property
    def edited(self) -> bool:
        """Whether anything was changed since the chosen one was opened."""
        return any(entry.spec != was.spec for entry, was in self.before)

    def release(self) -> Draft | None:
        """Let go of the chosen one; return the draft that the form edited before it."""
        outside = self.outside
        self.chosen, self.bound, self.outside, self.before = -1, None, None, []
        return outside

    @property
    def reasons(self) -> list[ErrorInfo]:
        """Why it cannot start; a path is that of a setting, behind the number of its entry."""
        found = []
        if len(self.entries) < LEAST:
            message = "A race needs two models. Change the setup and add it."
            found.append(ErrorInfo(kind="user", message=message))
        if self.typed is not None:
            message = f"{self.typed.title} {self.typed.why}."
            found.append(ErrorInfo(kind="user", message=message))
        for place, entry in enumerate(self.entries):
            problems = list(entry.problems)
            if place == self.chosen and self.bound is not None:
                problems = [*self.bound.mistyped, *problems]
            for problem in problems:
                message = f"{entry.spec.name}: {problem.message}"
                path = f"{place}:{problem.path}" if problem.path else f"{place}:"
                found.append(msgspec.structs.replace(problem, message=message, path=path))
        return found

    @property
    def alike(self) -> tuple[str, str] | None:
        """The first two that differ in nothing but their name, None where there are none."""
        nameless = [msgspec.structs.replace(entry.spec, name="") for entry in self.entries]
        for place, spec in enumerate(nameless):
            if spec in nameless[:place]:
                return self.entries[nameless.index(spec)].spec.name, self.entries[place].spec.name
        return None

    def amount(self, catalog: Catalog | None) -> float:
        """Return the budget of each, of the present kind."""
        if self.kind in self.amounts:
            return self.amounts[self.kind]
        first = self.entries[0].spec if self.entries else None
        steps = int(training_value(first, "steps", catalog) or 1)
        if self.kind == "seconds":
            return SECONDS
        many = int(training_value(first, "batch", catalog) or 1) if self.kind == "samples" else 1
        return float(steps * many)

    def budget(self, catalog: Catalog | None) -> Budget:
        """Return the budget in the engine's units."""
        return Budget(kind=self.kind, amount=self.amount(catalog))


def of_recipe(recipe: Recipe) -> RaceDraft | None:
    """Return the race that a recipe is, None of one that trains a single run."""
    if recipe.race is None:
        return None
    kind = recipe.race.kind
    entries = [Entry(spec) for spec in racers(recipe)]
    return RaceDraft(entries=entries, kind=kind, amounts={kind: recipe.race.amount})


def join(first: RunSpec, spec: RunSpec, catalog: Catalog | None) -> RunSpec:
    """Return a spec as it takes part in the race of another: on its data, and so with another name
    if these are others.
    """
    if spec.dataset.slug == first.dataset.slug:
        return share_with(first, spec)
    if catalog is not None:
        spec = data_type_change.move(spec, spec, catalog, first.dataset).spec
    spec = share_with(first, spec)
    return msgspec.structs.replace(spec, name=display_names.run_name(spec))


def share_with(first: RunSpec, spec: RunSpec) -> RunSpec:
    """Return a spec with the data, the measures and the shared training settings of another."""
    training = {name: value for name, value in spec.training.items() if name not in SHARED}
    training |= {name: first.training[name] for name in SHARED if name in first.training}
    return msgspec.structs.replace(
        spec, dataset=first.dataset, metrics=first.metrics, training=training
    )


def runnable(race: RaceDraft, catalog: Catalog | None) -> list[RunSpec]:
    """Return the specs as they start: on shared data, with as many steps as the budget buys, so
    that schedules of the learning rate end with it.
    """
    specs = []
    amount = race.amount(catalog)
    for entry in race.entries:
        spec = share_with(race.entries[0].spec, entry.spec)
        if race.kind != "seconds":
            size = training_value(spec, "batch", catalog) if race.kind == "samples" else 1
            steps = max(1, round(amount / int(size or 1)))
            spec = msgspec.structs.replace(spec, training={**spec.training, "steps": steps})
        specs.append(spec)
    return specs


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return a name, numbered if others have it."""
    known, candidate, number = set(taken), name, 2
    while candidate in known:
        candidate, number = f"{name} {number}", number + 1
    return candidate


def why_not_added(race: RaceDraft, draft: Draft) -> str:
    """Return why what is being set up cannot take part, "" where it can."""
    if race.full:
        return f"A race has at most {MOST} participants."
    if draft.pending:
        return f"Its {next(iter(draft.pending))} is not trained yet. Train it first."
    return draft.reasons[0].message if draft.reasons else ""
