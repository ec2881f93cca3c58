"""Races: who takes part, what each may spend, and the start."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.app.core import (
    async_tasks,
    display_names,
    field_carrier_switch,
    preferences,
    races,
    run_comparison,
)
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.races import Entry, RaceDraft
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.comparison_requests import ComparingIntents
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.app.engine.requests.setup_requests import SetupIntents
from pushforward.studio.protocol.messages import ErrorInfo, StartRace, Validate
from pushforward.studio.protocol.spec import Recipe, RunSpec

__all__ = ["RacingIntents"]

PAUSE = 0.3  # seconds without a change before the engine is asked


class RacingIntents(Intents):
    """Intents about races."""

    def __init__(
        self,
        state: AppState,
        link: Link,
        setup: SetupIntents,
        runs: RunIntents,
        comparing: ComparingIntents,
    ) -> None:
        super().__init__(state, link)
        self._setup = setup
        self._runs = runs
        self._comparing = comparing
        self._referee: asyncio.Task[None] | None = None
        state.datasets_changed.connect(self._data_changed)

    # Who takes part

    def add_draft(self) -> None:
        """Add the current setup to the race; if it takes part already, add a copy."""
        draft = self.state.draft
        if draft is None:
            return
        if draft.reasons:
            title = "The setup cannot join the race yet"
            self.state.notices.error(draft.reasons[0], title=title, lasting=False)
            return
        self.add(draft.spec, draft.recipe, draft.given)

    def add(self, spec: RunSpec, recipe: Recipe | None = None, given: str = "") -> None:
        """Let a spec take part, on the data of the first one. The form goes on with what it had:
        who takes part changes only while it is chosen.
        """
        race = self.state.race
        if race.full:
            text = f"A race has at most {run_comparison.MOST} participants"
            self.state.notices.post(Notice(level="info", text=text))
            return
        if race.entries:
            spec = races.join(race.entries[0].spec, spec, self.state.catalog)
        spec = self._freely_named(msgspec.structs.replace(spec, name=given or spec.name))
        race.entries.append(Entry(spec, recipe, given))
        self.state.runs.select("")
        self.state.go("setup")
        self.state.race_changed.emit()
        self._judge_soon()

    def _freely_named(self, spec: RunSpec, but: Entry | None = None) -> RunSpec:
        """Return a spec with a name that is unique in the race."""
        others = [entry for entry in self.state.race.entries if entry is not but]
        name = races.free_name(spec.name, (entry.spec.name for entry in others))
        return spec if name == spec.name else msgspec.structs.replace(spec, name=name)

    def add_model(self, slug: str) -> None:
        """Let the run that is being set up take part with another model."""
        draft, catalog = self.state.draft, self.state.catalog
        if draft is not None and catalog is not None:
            spec = field_carrier_switch.choose(draft.spec, catalog, slug, draft.aside).spec
            self.add(msgspec.structs.replace(spec, name=display_names.run_name(spec)))

    def add_recipe(self, recipe: Recipe) -> None:
        """Let a recipe take part; where nothing is set up, it is opened, too."""
        if self.state.draft is None:
            self._setup.open_recipe(recipe)
        self.add(recipe.run, recipe)

    def add_run(self, key: str) -> None:
        """Let the settings of a run take part, from its beginning."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            if self.state.draft is None:
                self._setup.open(run.spec)
            self.add(run.spec)

    def open_recipe(self, recipe: Recipe) -> None:
        """Fill the setup from a recipe; one that is a race takes the place of what raced before."""
        race = races.of_recipe(recipe)
        if race is not None:
            self.clear()
        self._setup.open_recipe(recipe)
        if race is not None:
            self.state.race = race
            self.state.race_changed.emit()
            self._judge_soon()

    def train_recipe(self, recipe: Recipe) -> bool:
        """Open a recipe that is a race and start it; say whether it is one."""
        if recipe.race is None:
            return False
        self.open_recipe(recipe)
        self.start()
        return True

    # Changing one who takes part

    def edit(self, place: int) -> None:
        """Open the setup on one who takes part: until that is finished, what is changed there holds
        for the race.
        """
        race = self.state.race
        if not 0 <= place < len(race.entries):
            return
        outside = race.release() or self.state.draft
        entry = race.entries[place]
        draft = Draft(spec=entry.spec, recipe=entry.recipe, given=entry.given)
        if outside is not None and outside.spec.dataset == entry.spec.dataset:
            draft.points, draft.parts = outside.points, outside.parts
            draft.columns, draft.facts = outside.columns, outside.facts
        self._setup.open_draft(draft)
        race.chosen, race.bound, race.outside = place, self.state.draft, outside
        race.before = [(each, replace(each)) for each in race.entries]
        self.state.race_changed.emit()

    def finish(self) -> None:
        """Freeze the one whose settings are open, and return to what was being set up before."""
        race = self.state.race
        if race.bound is None:
            return
        outside = race.release()
        self.state.race_changed.emit()
        if outside is not None:
            self._setup.open_draft(outside)

    def undo(self) -> None:
        """Take back all that was changed since the settings of one were opened."""
        race = self.state.race
        for entry, was in race.before:
            entry.spec, entry.given = was.spec, was.given
        self.edit(race.chosen)
        self._judge_soon()

    def remove(self, place: int) -> None:
        """Let one take part no longer; if its settings are open, they are closed."""
        race = self.state.race
        if not 0 <= place < len(race.entries):
            return
        if place == race.chosen:
            self.finish()
        gone = race.entries.pop(place)
        race.before = [pair for pair in race.before if pair[0] is not gone]
        if place < race.chosen:
            race.chosen -= 1
        self.state.race_changed.emit()

    def duplicate(self, place: int, family: str = "") -> None:
        """Add a copy of one who takes part, as another family if one is named."""
        race, catalog = self.state.race, self.state.catalog
        if not 0 <= place < len(race.entries):
            return
        entry = race.entries[place]
        if family and catalog is not None and family != entry.spec.family.slug:
            spec = field_carrier_switch.choose(
                entry.spec, catalog, family, field_carrier_switch.KeptChoices()
            ).spec
            self.add(msgspec.structs.replace(spec, name=display_names.run_name(spec)))
        else:
            self.add(entry.spec, entry.recipe, entry.given)

    def set_budget(self, kind: run_comparison.Axis, amount: float | None = None) -> None:
        """Say what each may spend; without an amount only its kind changes."""
        race = self.state.race
        race.kind, race.typed = kind, None
        if amount is not None:
            race.amounts[kind] = amount
        self.state.race_changed.emit()
        self._judge_soon()

    def mark_budget(self, typed: Typed) -> None:
        """Say that what was typed as the budget cannot be taken."""
        self.state.race.typed = typed
        self.state.race_changed.emit()

    def clear(self) -> None:
        """Forget the race that is being set up."""
        self.finish()
        self.state.race = RaceDraft()
        self.state.race_changed.emit()

    def follow_draft(self) -> None:
        """Take what was changed in the one whose settings are open over into the race: shared
        things into all.
        """
        race, draft = self.state.race, self.state.draft
        if race.bound is None:
            return
        if race.bound is not draft or draft is None:
            race.release()
            self.state.race_changed.emit()
            return
        entry = race.entries[race.chosen]
        draft.spec = self._freely_named(draft.spec, entry)
        if entry.spec == draft.spec:
            return
        entry.spec, entry.given = draft.spec, draft.given
        for other in race.entries:
            if other is not entry:
                joined = races.join(draft.spec, other.spec, self.state.catalog)
                joined = msgspec.structs.replace(joined, name=other.given or joined.name)
                other.spec = self._freely_named(joined, other)
        self.state.race_changed.emit()
        self._judge_soon()

    # Whether it can start

    def _data_changed(self) -> None:
        """Ask anew about those who take part: their data may have gone, or be back."""
        if self.state.race.entries:
            self._judge_soon()

    def _judge_soon(self) -> None:
        if self._referee is not None:
            self._referee.cancel()
        self._referee = async_tasks.spawn(self._judge())

    async def _judge(self) -> None:
        await asyncio.sleep(PAUSE)
        race = self.state.race
        specs = races.runnable(race, self.state.catalog)
        for entry, spec in zip(list(race.entries), specs, strict=True):
            if not self.link.alive:
                return
            entry.problems = await self._problems(spec)
        self.state.race_changed.emit()

    async def _problems(self, spec: RunSpec) -> list[ErrorInfo]:
        project = str(self.state.project or "")
        try:
            answer = await self.link.ask(Validate(spec=spec, project=project))
        except Refused as refused:
            return [refused.error]
        return msgspec.convert((answer.result or {}).get("problems") or [], list[ErrorInfo])

    # The start

    def start(self) -> None:
        """Queue all who take part; their settings are frozen from here on."""
        race = self.state.race
        if self.state.starting:
            return
        if race.reasons:
            error = race.reasons[0]
            self.state.notices.error(error, title="The race cannot start yet", lasting=False)
            return
        project = self.need_project()
        catalog = self.state.catalog
        kept = preferences.load()
        specs = [kept.preferred(spec) for spec in races.runnable(race, catalog)]
        command = StartRace(specs=specs, project=str(project), budget=race.budget(catalog))
        self.state.set_starting(True)
        self._do(self._start(command, self._whereabouts()), "The race did not start")

    async def _start(self, command: StartRace, there: tuple[str, str]) -> None:
        try:
            await self._queue(command, there)
        finally:
            self.state.set_starting(False)

    async def _queue(self, command: StartRace, there: tuple[str, str]) -> None:
        await asyncio.to_thread(
            project_files.create, Path(command.project), self.state.project_name
        )
        answer = await self.link.ask(command)
        result: dict[str, Any] = answer.result or {}
        keys = [str(run) for run in result["runs"]]
        for key, spec in zip(keys, command.specs, strict=True):
            self._runs.know(key, spec)
            known = self.state.runs.by_key.get(key)
            if known is None:
                continue  # another project was opened meanwhile
            known.race = known.race or str(result["job"])
            known.budget = command.budget.kind
        self.clear()
        self.state.runs.listed.emit()
        here = [key for key in keys if key in self.state.runs.by_key]
        if there == self._whereabouts():
            self._comparing.show(here)
        elif here:
            # Starting takes seconds: whoever has gone to another page meanwhile stays there.
            show = NoticeAction("Show it", partial(self._comparing.show, here))
            text = f"A race of {len(keys)} has started"
            self.state.notices.post(Notice(level="info", text=text, actions=(show,)))

    def _whereabouts(self) -> tuple[str, str]:
        """Return the visible page and its run."""
        return self.state.place, self.state.runs.selection

    def again(self, race: str) -> None:
        """Set up a race of those who took part in one, anew."""
        runs = run_comparison.members(self.state.runs, race)
        specs = [run.spec for run in runs if run.spec is not None]
        self.clear()
        if self.state.draft is None and specs:
            self._setup.open(specs[0])
        for spec in specs[: run_comparison.MOST]:
            self.add(spec)
