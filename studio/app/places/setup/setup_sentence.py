"""The setup as a sentence: *Learn [data] by [family], carried by [particles | generator], sampled
by [sampler], for [budget].* Each slot opens what can be chosen for it.
"""

from collections.abc import Callable
from functools import partial

import msgspec
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import (
    display_names,
    draft_spec,
    field_carrier_switch,
    imported_data,
)
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of
from pushforward.studio.app.core.dataset_list import all_sets
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.help_pages import family_slug
from pushforward.studio.app.core.imported_data import pick_of
from pushforward.studio.app.core.required_runs import WantedRun, wanted_runs
from pushforward.studio.app.design.basic import button, icon_button
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup import sentence_settings, slot_options
from pushforward.studio.app.places.setup.diffusion_card import whereabouts
from pushforward.studio.app.places.setup.family_preview import FamilyLook
from pushforward.studio.app.places.setup.family_table import FamilyTable
from pushforward.studio.app.places.setup.pickers.dataset_picker import DataCards
from pushforward.studio.app.places.setup.pickers.list_picker import Listed
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.option_preview import DataLook, ListLook
from pushforward.studio.app.places.setup.pickers.picker_frame import Body, Look, Picker
from pushforward.studio.app.places.setup.slot_sentence import Clause, Sentence, Slot, sentence_label
from pushforward.studio.app.text import setting_values
from pushforward.studio.counts import format_count
from pushforward.studio.methods import Method
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.spec import RunRef

__all__ = ["SetupSentence"]

CARRIERS = ("particles", "generator")
TIPS = (
    "Particles move freely along the field.",
    "A network maps noise to samples and is trained to follow the field.",
)
SIZE, WIDE = (760, 480), (1080, 640)  # pixels of a picker, and of those of models and data


class SetupSentence(Sentence):
    """Shows the draft, and changes it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.setAccessibleName("Setup")
        self.data = self._slot("Data", self._open_data)
        self.family = self._slot("Model", self._open_family)
        self.method = self._slot("Method", self._open_method)
        self.sampler = self._slot("Sampler", self._open_sampler)
        self.flow = self._slot(
            "Steps of the flow", partial(self._open_number, sentence_settings.FLOW)
        )
        self.budget = self._slot("Budget", partial(self._open_number, sentence_settings.BUDGET))
        self.runs: dict[str, Slot] = {}
        self.carrier = Segments(list(CARRIERS), "Carried by", large=True)
        self.carrier.chosen.connect(self._turned)
        self._clauses: dict[str, QWidget] = {
            "data": Clause("Learn", self.data),
            "family": Clause("by", self.family, ","),
            "method": Clause("as", self.method, ","),
            "carrier": Clause("carried by", self.carrier, ","),
            "sampler": Clause("sampled by", self.sampler, ","),
            "flow": Clause("sampled in", self.flow, ","),
            "pass": sentence_label("sampled in one pass,"),
            "budget": Clause("for", self.budget, "."),
            "passes": sentence_label("in one pass over the data."),
        }
        self.picker: Picker | None = None

    def _slot(self, name: str, opens: object) -> Slot:
        made = Slot(name)
        made.wanted.connect(opens)
        return made

    # Showing

    def refresh(self) -> None:
        """Show the current draft."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None:
            return
        spec = draft.spec
        gone = bool(imported_data.missing(spec, self._state.datasets))
        title = display_names.data_title(spec.dataset.slug, catalog)
        self.data.say(title, "What is learned", missing=gone)
        entry = draft_spec.entry_of(spec, "family", catalog)
        title = entry.title if entry is not None else spec.family.slug
        self.family.say(title, entry.summary if entry is not None else "")
        shown = ["data", "family"]
        if catalog is not None and entry is not None:
            shown += self._show_method()
            shown += self._show_runs(draft, catalog)
            shown += self._show_carrier(catalog, entry, catalog.kind_of(spec.dataset))
            shown += self._show_sampling(draft, catalog, entry)
        shown += self._show_numbers(draft)
        self.show_clauses([self._clauses[name] for name in shown])

    def _show_runs(self, draft: Draft, catalog: Catalog) -> list[str]:
        shown = []
        for wanted in wanted_runs(draft.spec, catalog):
            before, none = _run_words(wanted)
            first = draft.pending.get(wanted.needs.name) if wanted.setting is None else None
            if first is not None:
                none = f"a {display_names.model_name(first, catalog)} trained first"
            if wanted.path not in self._clauses:
                slot = self._slot(wanted.needs.title, partial(self._open_run, wanted.path))
                self.runs[wanted.path] = slot
                self._clauses[wanted.path] = Clause(before, slot, ",")
            missing = wanted.ref is None and not wanted.needs.optional and first is None
            title = none
            if wanted.ref is not None:
                role = wanted.needs.title.lower() if before == "with" else ""
                title = f"{role} {_ref_title(wanted.ref, self._state)}".strip()
            self.runs[wanted.path].say(title, wanted.needs.help, missing=missing)
            shown.append(wanted.path)
        return shown

    def _show_method(self) -> list[str]:
        method, apart = whereabouts(self._state)
        if method is None:
            return []
        title = f"custom, near {method.title}" if apart else method.title
        self.method.say(title, f"Another {apart}" if apart else method.summary)
        return ["method"]

    def _show_carrier(self, catalog: Catalog, entry: EntrySpec, kind: str) -> list[str]:
        if entry.field not in field_carrier_switch.FIELDS:
            return []
        reasons = {
            c: field_carrier_switch.why_not(catalog, entry.field, c, kind)
            for c in field_carrier_switch.CARRIERS
        }
        free = any(not reasons[c] for c in field_carrier_switch.WITHOUT)
        self.carrier.allow(0, "" if free else reasons[field_carrier_switch.WITHOUT[0]], TIPS[0])
        self.carrier.allow(1, reasons[field_carrier_switch.GENERATOR], TIPS[1])
        self.carrier.select(int(entry.carrier == field_carrier_switch.GENERATOR))
        return ["carrier"]

    def _show_sampling(self, draft: Draft, catalog: Catalog, entry: EntrySpec) -> list[str]:
        if not draft_spec.samplers(entry, catalog):
            return ["pass"] if entry.carrier == field_carrier_switch.GENERATOR else []
        used = draft.spec.sampler or (draft.resolved.sampler if draft.resolved else None)
        known = catalog.get("sampler", used.slug) if used is not None else None
        title = known.title if known is not None else "its own sampler"
        steps = sentence_settings.sampler_steps(draft.resolved)
        told = f"{title}, {format_count(steps, 'step')}" if steps else title
        self.sampler.say(told, known.summary if known is not None else "")
        return ["sampler"]

    def _show_numbers(self, draft: Draft) -> list[str]:
        shown = []
        held = sentence_settings.sentence_fields(draft.spec, self._state.catalog)
        for name, slot in (
            (sentence_settings.FLOW, self.flow),
            (sentence_settings.BUDGET, self.budget),
        ):
            if name in held:
                section, field = held[name]
                if name == sentence_settings.BUDGET and self._has_passes(draft):
                    shown.append("passes")  # the number of steps has no effect
                    continue
                n = int(draft_spec.value_at(draft_spec.config_of(draft.spec, section), field))
                slot.say(slot_options.format_steps(field, n), field.help)
                shown.append("flow" if slot is self.flow else "budget")
        return shown

    def _has_passes(self, draft: Draft) -> bool:
        """Return whether training is one pass over the data, independent of the steps."""
        entry = draft_spec.entry_of(draft.spec, "family", self._state.catalog)
        return entry is not None and entry.passes == 1

    def slot_of(self, path: str) -> QWidget | None:
        """Return the slot that a setting is chosen in, given as "section.path"; None if none."""
        fixed: dict[str, QWidget] = {
            "dataset": self.data,
            "family": self.family,
            "family.carrier": self.carrier,
            "sampler": self.sampler,
            sentence_settings.FLOW: self.flow,
            sentence_settings.BUDGET: self.budget,
        }
        found = fixed.get(path) or self.runs.get(path)
        return found if found is not None and not found.isHidden() else None

    # Choosing

    def _turned(self, place: int) -> None:
        self._actions.setup.switch(carrier=field_carrier_switch.GENERATOR if place else "")

    def _open_data(self, letters: str) -> None:
        draft, catalog, state = self._state.draft, self._state.catalog, self._state
        if draft is None or catalog is None:
            return
        options, chosen = slot_options.datasets(state, draft, catalog), draft.spec.dataset.slug
        sets = all_sets(catalog, state.datasets)
        body = DataCards(sets, options, chosen, self._actions.covers)
        look = DataLook(
            self._actions.setup.preview,
            lambda slug: kind_of(pick_of(slug, state.datasets), catalog),
        )
        hint = f"Search {format_count(len(sets), 'data set')}: name, data type or source"
        self._open(self.data, body, look, self._choose_data, hint, letters, size=WIDE)

    def _choose_data(self, option: Option) -> None:
        self._actions.setup.choose("dataset", option.value)

    def _open_family(self, letters: str) -> None:
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        options, spec = slot_options.families(draft, catalog), draft.spec
        kind = catalog.kind_of(spec.dataset)
        named = slot_options.named_methods(draft, catalog)
        body = FamilyTable(catalog, options, spec.family.slug, named)
        look = FamilyLook(self._state.recipes, spec.dataset.slug, kind)
        hint = f"Search {len(options)} models"
        picker = self._open(self.family, body, look, self._choose_family, hint, letters, WIDE)
        for each in body.filters:
            picker.head.addWidget(each)
        race = button("Add to race", partial(self._add_to_race, picker))
        # What is wrong with the model that is chosen may be right with another.
        wrong = draft.mistyped or imported_data.missing(spec, self._state.datasets)
        able_to_race = not wrong and not self._state.race.full

        def fit() -> None:
            option = body.current
            fits = option is not None and option.usable and not option.why_not
            named = option is not None and isinstance(option.thing, Method)
            race.setEnabled(fits and able_to_race and not named)

        body.highlighted.connect(fit)
        fit()
        picker.below.addWidget(race)
        about = icon_button("help", "About this model", partial(self._tell_more, picker))
        picker.below.addWidget(about)
        able = sum(not each.why_not for each in options)
        data = display_names.data_title(spec.dataset.slug, catalog)
        picker.count.setText(f"{able} of {len(options)} support {data}; the others show why not")

    def _choose_family(self, option: Option) -> None:
        if isinstance(option.thing, Method):
            self._actions.setup.take_method(option.thing)
        else:
            self._actions.setup.take_model(option.value)

    def _add_to_race(self, picker: Picker) -> None:
        option = picker.body.current
        if option is not None:
            picker.dismiss()
            self._actions.race.add_model(option.value)

    def _tell_more(self, picker: Picker) -> None:
        option = picker.body.current
        if option is not None and option.value:
            picker.dismiss()
            method = option.thing
            slug = method.family.slug if isinstance(method, Method) else option.value
            self._state.show_help(family_slug(slug))

    def _open_method(self, letters: str) -> None:
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        method, apart = whereabouts(self._state)
        now = method.slug if method is not None and not apart else ""
        body = Listed(slot_options.named_methods(draft, catalog), now, "Named methods")
        hint = "Search methods: a name, a year, what they do"
        self._open(self.method, body, ListLook(), self._choose_method, hint, letters)

    def _choose_method(self, option: Option) -> None:
        self._actions.setup.take_method(option.thing)

    def _open_sampler(self, letters: str) -> None:
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        now = draft.spec.sampler.slug if draft.spec.sampler is not None else ""
        body = Listed(slot_options.samplers(draft, catalog), now, "Samplers")
        self._open(self.sampler, body, ListLook(), self._choose_sampler, "Search samplers", letters)

    def _choose_sampler(self, option: Option) -> None:
        self._actions.setup.choose("sampler", option.value)

    def _open_run(self, path: str, letters: str) -> None:
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        wanted = next((e for e in wanted_runs(draft.spec, catalog) if e.path == path), None)
        if wanted is None:
            return
        needs, ref = wanted.needs, wanted.ref
        options = slot_options.inputs(needs, self._state, draft, catalog)
        now = slot_options.FIRST if needs.name in draft.pending else slot_options.NO_INPUT
        body = Listed(options, ref.run if ref is not None else now, needs.title)

        def choose(option: Option) -> None:
            if option.value == slot_options.FIRST:
                self._actions.setup.train_input_first(needs.name)
                return
            ref = RunRef(run=option.value) if option.value else None
            if wanted.setting is None:
                self._actions.setup.choose_input(needs.name, ref)
            else:
                self._actions.setup.edit("sampler", wanted.setting, msgspec.to_builtins(ref))

        none = f"No suitable run yet. {needs.help}"
        self._open(self.runs[path], body, ListLook(), choose, "Search runs", letters, none=none)

    def _open_number(self, name: str, letters: str) -> None:
        draft, state = self._state.draft, self._state
        held = (
            sentence_settings.sentence_fields(draft.spec, state.catalog)
            if draft is not None
            else {}
        )
        if draft is None or name not in held:
            return
        section, field = held[name]
        now = int(draft_spec.value_at(draft_spec.config_of(draft.spec, section), field))
        usual = int(draft_spec.value_at(draft_spec.config_of(draft.began, section), field))
        timed = draft if section == "training" else None
        body = Listed(
            slot_options.numbers(field, now, usual, timed, state), now, field.title,
            lambda search: slot_options.typed_number(field, search, usual, timed, state),
        )  # fmt: skip
        slot = self.flow if name == sentence_settings.FLOW else self.budget

        def choose(option: Option) -> None:
            self._actions.setup.edit(section, field, option.value)

        none = f"Type a number of steps: {setting_values.bounds(field)}."
        self._open(slot, body, ListLook(), choose, "Type a number of steps", letters, none=none)

    def _open(
        self,
        slot: Slot,
        body: Body,
        look: Look,
        choose: Callable[[Option], None],
        hint: str,
        letters: str,
        size: tuple[int, int] = SIZE,
        none: str = "",
    ) -> Picker:
        self.picker = Picker(slot, body, look, choose, hint=hint, keeps=slot.kept, size=size)
        if none:
            self.picker.nothing.setText(none)
        self.picker.open(letters)
        return self.picker


def _run_words(wanted: WantedRun) -> tuple[str, str]:
    """Return the text before a required run, and instead of it."""
    without, kind = wanted.needs.without[0], wanted.needs.title.lower()
    if wanted.needs.draws:
        return "from", without
    if wanted.needs.adds:
        return "and samples of", without
    if wanted.setting is not None:
        return "guided by", without or f"a {kind}"
    return "from" if wanted.needs.used else "with", without or f"a {kind}"


def _ref_title(ref: RunRef, state: AppState) -> str:
    run = next((run for run in state.runs.by_key.values() if run.name == ref.run), None)
    step = "" if ref.step is None else f", step {ref.step:,}"
    title = display_names.numbered(run) if run is not None else display_names.called(ref.run)
    return f"run {title}{step}"
