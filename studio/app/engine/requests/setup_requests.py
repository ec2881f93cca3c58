"""Setting up a run: the draft, its choices, its validation, the preview of its data."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core import (
    async_tasks,
    data_type_change,
    diffusion_choices,
    display_names,
    draft_spec,
    sampler_change,
    training_sources,
)
from pushforward.studio.app.core import field_carrier_switch as switching
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Before, Draft
from pushforward.studio.app.core.imported_data import as_imported, pick_of
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.setup_changes import Change, changes
from pushforward.studio.app.engine.requests.request_base import (
    Answer,
    Intents,
    Link,
    Refused,
    floats,
)
from pushforward.studio.methods import Method, methods
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo, PreviewData, Validate
from pushforward.studio.protocol.spec import Pick, Recipe, RunRef, RunSpec, project_name
from pushforward.studio.resources import recipes

__all__ = ["SetupIntents"]

PAUSE = 0.25  # seconds without a change before the engine is asked


class SetupIntents(Intents):
    """Intents about the run that is being set up."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._check: asyncio.Task[None] | None = None
        self._peek: asyncio.Task[None] | None = None
        state.datasets_changed.connect(self._data_changed)

    def open_recipe(self, recipe: Recipe) -> None:
        """Fill the setup from a recipe; the run will be one of the open project. What it learns
        from is the newest fitting run, else what the recipe trains first.
        """
        spec, catalog = recipe.run, self.state.catalog
        known = {each.slug: each.run for each in self.state.recipes}
        first = {name: known[slug] for name, slug in recipe.first.items() if slug in known}
        if catalog is not None and recipe.first:
            runs = self.state.runs.by_key.values()
            spec = training_sources.proposed(spec, runs, catalog, next(iter(first.values()), None))
        draft = Draft(spec=as_imported(spec, self.state.datasets), recipe=recipe, first=first)
        self.open_draft(draft)

    def open(self, spec: RunSpec, recipe: Recipe | None = None) -> None:
        """Open the setup on a spec."""
        self.open_draft(Draft(spec=as_imported(spec, self.state.datasets), recipe=recipe))

    def open_draft(self, draft: Draft) -> None:
        """Open the setup on a draft, of a run in the open project."""
        self.need_project()
        before = self.state.draft
        if before is not None and before is not draft and before.edited:
            self._offer_back(before)
        self.state.draft = draft
        self.state.runs.select("")
        self.state.draft_changed.emit()
        self.state.go("setup")
        self._validate_soon(0.0)
        self._preview_soon(0.0)

    def _offer_back(self, draft: Draft) -> None:
        """Say that an edited setup gives way to another one, and how to have it again."""
        project = self.state.project

        def back() -> None:
            if self.state.project == project:
                self.open_draft(draft)

        text = f"The setup of {draft.spec.name or 'a run'} gave way to another one"
        action = NoticeAction("Go back to it", back)
        self.state.notices.post(
            Notice(level="info", text=text, actions=(action,), topic="setup", here=True)
        )

    def bring_back(self, draft: Draft) -> None:
        """Set up a draft again without going there."""
        self.state.draft = draft
        self.state.draft_changed.emit()
        self.engine_is_ready()

    def new(self) -> None:
        """Set up a run: like the selected one, or going on with what was being set up, or else as
        `default_spec` says.
        """
        run = self.state.runs.current
        if run is not None and run.spec is not None:
            self.open(run.spec)
            return
        if self.state.draft is not None:
            self.open_draft(self.state.draft)
            return
        spec = self.default_spec()
        if spec is not None:
            self.open(spec)

    def open_on(
        self, dataset: str, config: Mapping[str, Any] | None = None, capability: str = ""
    ) -> None:
        """Set up a run on a data set, with the family of the present draft or a first one;
        ``config`` has settings of the data. A model without a ``capability`` is replaced.
        """
        draft, spec = self.state.draft, self.default_spec()
        carried = draft is not None or bool(self.state.runs.by_key)
        if draft is not None:
            draft = replace(draft, local={}, given="", reset=(), before=None)
        elif spec is not None:
            draft = Draft(spec=spec)
        if draft is not None:
            before = draft.spec.family.slug
            self._take_data(draft, dataset)
            usual = self._usual_model(draft, capability)
            if carried and not draft.note and usual == before:
                draft.note = self._carried(draft.spec)
            self.open_draft(draft)
            if usual != draft.spec.family.slug:
                self.choose("family", usual)
            if config:
                own = draft.spec.dataset
                pick = msgspec.structs.replace(own, config={**own.config, **config})
                self._respec(msgspec.structs.replace(draft.spec, dataset=pick))

    def _usual_model(self, draft: Draft, capability: str = "") -> str:
        """Return the model that a setup on its data begins with; the user's choice stays, if it has
        a ``capability``.
        """
        catalog, slug = self.state.catalog, draft.spec.family.slug
        entry = catalog.get("family", slug) if catalog is not None else None
        unable = entry is not None and bool(capability) and capability not in entry.capabilities
        if catalog is None or (draft.edited and not unable):
            return slug
        kind = catalog.kind_of(draft.spec.dataset)
        return switching.usual_model("" if unable else slug, kind, catalog, recipes()) or slug

    def _carried(self, spec: RunSpec) -> str:
        """Say what a setup on other data has of the last one."""
        entry = draft_spec.entry_of(spec, "family", self.state.catalog)
        steps = spec.training.get("steps")
        what = [entry.title if entry is not None else "", f"{steps:,} steps" if steps else ""]
        said = ", ".join(filter(None, what))
        return f"As in the last setup: {said}. Choose another model above." if said else ""

    def open_model(self, slug: str) -> None:
        """Set up a run of a model: on the data that are chosen, or if it does not take these on
        what most recipes are on.
        """
        catalog = self.state.catalog
        entry = catalog.get("family", slug) if catalog is not None else None
        if catalog is None or entry is None:
            return
        self.new()
        self.take_model(slug)

    def teach(self, key: str) -> None:
        """Set up a model that a run teaches; others that it can teach are chosen in the setup."""
        run, catalog = self.state.runs.by_key.get(key), self.state.catalog
        if run is None or run.spec is None or catalog is None:
            return
        able = training_sources.students(run, catalog)
        if able:
            self.open(run.spec)
            self.choose("family", able[0].slug)

    def take_model(self, slug: str) -> None:
        """Choose a model, and where it does not take the data, those that most recipes are on."""
        draft, catalog = self.state.draft, self.state.catalog
        entry = catalog.get("family", slug) if catalog is not None else None
        if draft is None or catalog is None or entry is None:
            return
        if not switching.fits(entry, catalog.kind_of(draft.spec.dataset)):
            found = switching.data_for(entry.kinds, catalog, recipes())
            if found is not None:
                self.choose("dataset", found.slug)
        self.choose("family", slug)

    async def preview(
        self, dataset: str
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[Any]], dict[str, Any]]:
        """Return points (n, d) of a data set, what else there is of each, and what is known of all.

        Raises:
            Refused: the engine cannot draw them.
        """
        pick = pick_of(dataset, self.state.datasets)
        command = PreviewData(dataset=pick, project=str(self.state.project or ""))
        answer = await self.link.ask(command)
        return floats(answer, "x"), _parts(answer), dict(answer.result or {})

    def default_spec(self) -> RunSpec | None:
        """Return what a setup begins with: that of the newest run of the project, or a first model
        on the first of its data, or the first recipe to start with; None before the engine says
        what there is.
        """
        catalog, data = self.state.catalog, self.state.datasets
        if catalog is None:
            return None
        every = sorted(self.state.runs.by_key.values(), key=lambda run: run.name, reverse=True)
        newest = next((run.spec for run in every if run.spec is not None), None)
        if newest is not None:
            return newest
        if not data:
            starts = (recipe.run for recipe in self.state.recipes if recipe.start)
            return next(starts, None)
        dataset = pick_of(display_names.imported(data[0].name), data)
        family = switching.first(catalog, catalog.kind_of(dataset))
        if family is None:
            return None
        spec = RunSpec(name="", family=Pick(slug=family.slug), dataset=dataset)
        return msgspec.structs.replace(spec, name=display_names.run_name(spec))

    def switch(self, *, field: str | None = None, carrier: str | None = None) -> None:
        """Exchange the field or the carrier of the model and keep everything else; ``carrier``
        "" stands for any without a generator.
        """
        draft, catalog = self.state.draft, self.state.catalog
        if draft is not None and catalog is not None:
            aside = draft.aside
            self._switched(
                switching.switch(draft.spec, catalog, field=field, carrier=carrier, aside=aside)
            )

    def switch_generator(self) -> None:
        """Switch the generator on, or off."""
        draft = self.state.draft
        entry = draft_spec.entry_of(draft.spec, "family", self.state.catalog) if draft else None
        if entry is not None:
            self.switch(carrier="" if entry.carrier == switching.GENERATOR else switching.GENERATOR)

    def _switched(self, made: switching.Switched) -> None:
        draft = self.state.draft
        if draft is None:
            return
        draft.aside, draft.note = made.aside, made.note
        for key in [key for key in draft.local if key[0] == "family"]:
            del draft.local[key]
        # Not as a new draft: the keyboard stays at the control that was turned.
        self._respec(made.spec)

    def choose(self, section: draft_spec.Section, slug: str) -> None:
        """Choose another family, data set or sampler. A family keeps all settings that it shares
        with the one before, a sampler the grid and the guidance; the settings of data start at
        their defaults.
        """
        draft, catalog = self.state.draft, self.state.catalog
        if draft is None:
            return
        if section == "family" and catalog is not None:
            made = switching.choose(draft.spec, catalog, slug, draft.aside)
            runs = self.state.runs.by_key.values()
            spec = training_sources.proposed(made.spec, runs, catalog, draft.came)
            self._switched(replace(made, spec=spec))
            return
        pick = getattr(draft.spec, section)
        if pick is not None and pick.slug == slug:
            return
        draft.local = {}
        if section == "sampler" and catalog is not None:
            made = sampler_change.resample(draft.spec, catalog, slug, draft.aside)
            draft.aside = made.aside
            self._respec(made.spec)
            return
        if section != "dataset":
            self._respec(draft_spec.repick(draft.spec, section, slug))
            return
        self._take_data(draft, slug)
        # Not as a new draft: the keyboard stays at the slot that was filled.
        self._respec(draft.spec)
        self.state.preview_changed.emit()
        self._preview_soon(0.0)

    def choose_method(self, method: Method) -> None:
        """Make the six choices of a named method; data, networks and all else stay."""
        draft, catalog = self.state.draft, self.state.catalog
        if draft is None or catalog is None:
            return
        before = draft.method or diffusion_choices.named(draft.spec, methods(), catalog)
        if draft.spec.family.slug != method.family.slug:
            self.choose("family", method.family.slug)
        draft.local, draft.method = {}, method
        self._respec(diffusion_choices.filled(draft.spec, method, catalog, before))

    def take_method(self, method: Method) -> None:
        """Choose a named method, and where it does not take the data, what most recipes are on."""
        draft, catalog = self.state.draft, self.state.catalog
        if draft is None or catalog is None:
            return
        slug = catalog.kind_of(draft.spec.dataset)
        entry = catalog.get("family", method.family.slug)
        fits = entry is not None and switching.fits(entry, slug) and method.takes(slug)
        kinds = switching.kinds_for(method, catalog)
        if not fits and (other := switching.data_for(kinds, catalog, recipes())) is not None:
            self.choose("dataset", other.slug)
        self.choose_method(method)

    def open_method(self, method: Method) -> None:
        """Set up a run of a named method, on data as `take_method` has it."""
        self.new()
        self.take_method(method)

    def choose_input(self, name: str, ref: RunRef | None) -> None:
        """Choose a trained run to learn from, None for none."""
        draft = self.state.draft
        if draft is None:
            return
        draft.declined.add(name)
        others = {key: each for key, each in draft.spec.inputs.items() if key != name}
        inputs = others if ref is None else {**others, name: ref}
        self._respec(msgspec.structs.replace(draft.spec, inputs=inputs))

    def train_input_first(self, name: str) -> None:
        """Choose the run of the recipe that is trained first as an input."""
        draft = self.state.draft
        if draft is not None:
            self.choose_input(name, None)
            draft.declined.discard(name)

    def _take_data(self, draft: Draft, slug: str) -> None:
        """Take other data; what came with another kind of data goes back to the defaults, and in
        place of a model that does not take it one is chosen that does.
        """
        catalog = self.state.catalog
        dataset = pick_of(slug, self.state.datasets)
        if catalog is None:
            draft.spec = msgspec.structs.replace(draft.spec, dataset=dataset)
        else:
            spec, aside = draft.spec, draft.aside
            moved = data_type_change.move(spec, draft.began, catalog, dataset, aside)
            instead = switching.able(moved.spec, catalog, moved.aside)
            draft.spec, draft.aside, draft.note = instead.spec, instead.aside, instead.note
            draft.reset = (*(["Model"] if instead.note else []), *moved.reset)
            after, base = self._named(draft), draft.start
            draft.before = Before(spec, aside, after, base) if draft.reset else None
            draft.base = data_type_change.move(base, draft.began, catalog, dataset).spec
        draft.spec = self._named(draft)
        draft.points, draft.parts, draft.columns, draft.facts = None, {}, (), {}

    def undo_data(self) -> None:
        """Return to the data before the last change to another kind, with all its settings."""
        draft = self.state.draft
        if draft is None or draft.before is None:
            return
        before, draft.before, draft.reset = draft.before, None, ()
        draft.aside, draft.base, draft.local = before.aside, before.base, {}
        self._respec(before.spec)
        self.state.preview_changed.emit()
        self._preview_soon(0.0)

    def edit(self, section: draft_spec.Section, field: FieldSpec, value: Any) -> None:
        """Change one setting to a value that its own bounds allow."""
        draft = self.state.draft
        if draft is None:
            return
        draft.local.pop((section, field.path), None)
        if section == "sampler" and self.state.catalog is not None:
            draft.spec = diffusion_choices.sampled(draft.spec, self.state.catalog)
        if field.chooses:
            self._pick(draft, section, field, value)
            return
        made = draft_spec.put(draft.spec, section, field, value)
        if section == "family" and self.state.catalog is not None:
            made = sampler_change.followed(draft.spec, made, self.state.catalog)
        self._respec(made)
        if section == "dataset":
            self._preview_soon()

    def _pick(
        self, draft: Draft, section: draft_spec.Section, chooser: FieldSpec, slug: str
    ) -> None:
        """Pick another network or guidance; what was mistyped in the settings of the last one goes
        with it.
        """
        if self.state.catalog is None:
            return
        made = switching.exchange(draft.spec, section, chooser, slug, draft.aside)
        draft.aside = made.aside
        inner = f"{chooser.path.removesuffix('.slug')}.config."
        for key in [(s, p) for s, p in draft.local if s == section and p.startswith(inner)]:
            del draft.local[key]
        self._respec(made.spec)

    def mark(self, section: draft_spec.Section, field: FieldSpec, typed: draft_spec.Typed) -> None:
        """Say that what was typed into a setting cannot be taken. The last good value stays in the
        run, the text in the form, until it is mended or given up.
        """
        draft = self.state.draft
        if draft is None:
            return
        draft.local[section, field.path] = typed
        self.state.draft_checked.emit()

    def rename(self, name: str) -> None:
        """Name the run to be; "" for the name that says its model and its data."""
        draft = self.state.draft
        if draft is not None:
            draft.given = name.strip()
            self._respec(draft.spec)

    def put_back(self, change: Change) -> None:
        """Take a change to a setting back."""
        draft = self.state.draft
        if draft is None:
            return
        self.edit(change.section, change.field, change.was)
        if not draft.local and not changes(draft, self.state.catalog):
            self.reset_all()  # to the letter: what is like its recipe has its name

    def reset_all(self) -> None:
        """Reset all settings as the setup began, or to their defaults where
        something else is chosen since.
        """
        draft = self.state.draft
        if draft is None:
            return
        spec, base = draft.spec, draft.start
        spec = msgspec.structs.replace(spec, training=draft_spec.base_of(base, spec, "training"))
        for section in ("family", "sampler"):
            pick = getattr(spec, section)
            if pick is not None:
                config = draft_spec.base_of(base, spec, section)
                pick = msgspec.structs.replace(pick, config=config)
                spec = msgspec.structs.replace(spec, **{section: pick})
        if base.dataset.slug == spec.dataset.slug:
            data = base.dataset
        else:
            data = pick_of(spec.dataset.slug, self.state.datasets)
        draft.local = {}
        self._respec(msgspec.structs.replace(spec, dataset=data))
        self._preview_soon(0.0)

    def _respec(self, spec: RunSpec) -> None:
        draft = self.state.draft
        if draft is None:
            return
        draft.spec = spec
        draft.spec = self._named(draft)
        self.state.draft_checked.emit()
        self._validate_soon()

    def _named(self, draft: Draft) -> RunSpec:
        method = self._method(draft.spec)
        began = "" if draft.recipe is not None else self._method(draft.began)
        became = method if method != began else ""  # recipes are named by the method that they are
        return display_names.named(draft.spec, draft.began, draft.recipe, draft.given, became)

    def _method(self, spec: RunSpec) -> str:
        """Return the slug of the named method that a spec is, "" for none."""
        catalog = self.state.catalog
        found = diffusion_choices.named(spec, methods(), catalog) if catalog is not None else None
        return found.slug if found is not None else ""

    def _validate_soon(self, pause: float = PAUSE) -> None:
        if self._check is not None:
            self._check.cancel()
        self._check = async_tasks.spawn(self._validate(pause))

    async def _validate(self, pause: float) -> None:
        await asyncio.sleep(pause)
        draft = self.state.draft
        if draft is None or not self.link.alive:
            return
        project = str(self.state.project or "")
        try:
            answer = await self.link.ask(
                Validate(spec=draft.spec, project=project, first=draft.pending)
            )
        except Refused as refused:
            draft.problems = [refused.error]
            self.state.draft_checked.emit()
            return
        if draft is not self.state.draft:
            return
        result = answer.result or {}
        draft.problems = msgspec.convert(result.get("problems") or [], list[ErrorInfo])
        draft.parameters = result.get("parameters")
        draft.bytes = result.get("bytes")
        draft.evaluations = result.get("evaluations")
        draft.schedule = result.get("schedule")
        resolved = result.get("resolved")
        draft.resolved = msgspec.convert(resolved, RunSpec) if resolved else None
        self._modernise(draft)
        draft.checked = True
        self.state.draft_checked.emit()

    def _modernise(self, draft: Draft) -> None:
        """Take settings of earlier versions in the words of today, which the form knows."""
        catalog, resolved = self.state.catalog, draft.resolved
        if (
            catalog is None
            or resolved is None
            or not draft_spec.unknown(draft.spec, "family", catalog)
        ):
            return
        today = msgspec.structs.replace(draft.spec, family=resolved.family)
        if draft.came == draft.spec:
            draft.came = today
        if draft.base == draft.spec:
            draft.base = today
        draft.spec = today

    def _preview_soon(self, pause: float = PAUSE) -> None:
        if self._peek is not None:
            self._peek.cancel()
        self._peek = async_tasks.spawn(self._preview(pause))

    async def _preview(self, pause: float) -> None:
        await asyncio.sleep(pause)
        draft = self.state.draft
        if draft is None or not self.link.alive:
            return
        project = str(self.state.project or "")
        try:
            answer = await self.link.ask(PreviewData(dataset=draft.spec.dataset, project=project))
            draft.points = np.ascontiguousarray(floats(answer, "x"))
            draft.parts = _parts(answer)
        except Refused as refused:
            draft.points, draft.parts = None, {}
            draft.facts = {"error": refused.error.message}
        else:
            draft.facts = dict(answer.result or {})
            draft.columns = tuple(draft.facts.get("columns") or ())
        if draft is self.state.draft:
            self.state.preview_changed.emit()

    def _data_changed(self) -> None:
        """Ask anew about a setup on data of the project: they may have gone, or be back."""
        draft = self.state.draft
        if draft is not None and project_name(draft.spec.dataset.slug):
            self._validate_soon(0.0)
            self._preview_soon(0.0)

    def engine_is_ready(self) -> None:
        """Ask what could not be asked while the engine was not there."""
        if self.state.draft is not None:
            self._validate_soon(0.0)
            self._preview_soon(0.0)


def _parts(answer: Answer) -> dict[str, NDArray[Any]]:
    """Return the arrays of a preview other than the data."""
    return {name: np.asarray(each) for name, each in answer.arrays.items() if name != "x"}
