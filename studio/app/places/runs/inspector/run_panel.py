"""The inspector of a run: what it is (frozen), how it does now, against its floors."""

from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.sparkline import End, Sparkline
from pushforward.studio.app.core import draft_spec, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import (
    family_of_run,
    has_steps,
    kind_of,
    kind_of_run,
)
from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import first_metric, newest_figure
from pushforward.studio.app.core.memorisation import memory_of
from pushforward.studio.app.core.metric_values import figures, grouped
from pushforward.studio.app.core.queue_status import waits_for
from pushforward.studio.app.core.run_comparison import counts_along, floors_along
from pushforward.studio.app.core.run_conditions import classes_of, conditions
from pushforward.studio.app.core.run_methods import method_of
from pushforward.studio.app.core.run_snapshot import later_evaluation, run_at
from pushforward.studio.app.core.run_summary import STATES
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button, clear, column, label, scrolled, separator
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.fold import Fold
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.lenses.quality.headline_metric import Headline
from pushforward.studio.app.places.runs.inspector.metrics_section import FigureGroups
from pushforward.studio.app.places.runs.inspector.run_origins import RunOrigins
from pushforward.studio.app.places.setup.section_panel import TITLES
from pushforward.studio.app.text import metric_reference, setting_values
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.spec import PROJECT_PREFIX

__all__ = ["RunPanel", "comparable", "newest_apart"]

LONGEST = 60  # characters of a value that are shown: labels by hand have thousands
REDRAW = 250  # milliseconds between two looks at the figures


class RunPanel(QWidget):
    """Reads like a sentence: what moves, on which data, trained how, and what it has come to."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self._built: tuple[object, ...] = ()
        self._step: int | None = None  # of the training clock
        self.title = label("", "heading", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.told = label("", "muted", wrap=True)  # of each datum
        self.said = label("", wrap=True)  # by a person
        self.state_line = label("", "muted", wrap=True)
        self._config = column()
        self.then = label("", "warm", wrap=True)
        self.headline = Headline(state)
        self.groups = FigureGroups()
        self.curve = Sparkline()
        self.curve_title = label("", "small", wrap=True)
        self.origins = RunOrigins(state, actions)
        self.again = button("Set up a run like this", self._set_up_again)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW)
        self._timer.timeout.connect(self._show_now)
        state.catalog_changed.connect(self.refresh)
        state.runs.selected.connect(lambda _: self.refresh())
        state.runs.changed.connect(self._changed)
        state.queue_changed.connect(self._show_now)
        state.playback.changed.connect(self._clock)
        for signal in (state.runs.metrics_appended, state.runs.progressed):
            signal.connect(self._soon)
        self.refresh()

    def _lay_out(self) -> None:
        page = QWidget()
        body = column(
            self.title,
            self.summary,
            self.told,
            self.said,
            self.state_line,
            self.origins,
            parent=page,
            gap=10,
            margins=(14, 12, 14, 12),
        )
        self.rule = separator()
        body.addWidget(self.rule)
        body.addWidget(self.then)
        body.addWidget(self.headline)
        body.addWidget(self.curve_title)
        body.addWidget(self.curve)
        body.addWidget(self.groups)
        body.addLayout(self._config)
        body.addWidget(separator())
        body.addWidget(self.again)
        body.addStretch(1)
        column(scrolled(page), parent=self)

    def _changed(self, key: str) -> None:
        if key == self._state.runs.selection:
            self.refresh()

    def _soon(self, key: str) -> None:
        if key == self._state.runs.selection and not self._timer.isActive():
            self._timer.start()

    def _clock(self) -> None:
        """Follow the training clock; the flow clock moves it at each frame and is not meant."""
        if self._state.playback.step != self._step:
            self._show_now()

    def refresh(self) -> None:
        """Show the selected run."""
        run = self._state.runs.current
        if run is None:
            return
        spec, catalog = run.spec, self._state.catalog
        family = catalog.get("family", spec.family.slug) if spec and catalog else None
        method = method_of(run, catalog)
        if family is not None and method is not None:
            self.title.setText(method.title)
            self.summary.setText(f"{family.title}. {method.summary}")
        else:
            self.title.setText(family.title if family is not None else run.name)
            self.summary.setText(family.summary if family is not None else "")
        self.summary.setVisible(family is not None)
        known = classes_of(spec, self._state.datasets) if spec is not None else None
        told = conditions(spec, catalog, known) if spec is not None else ""
        self.told.setText(told)
        self.told.setVisible(bool(told))
        self.again.setEnabled(spec is not None)
        self.origins.refresh()
        built = (id(catalog), id(spec))
        if built != self._built:
            self._built = built
            self._show_config(run, catalog)
        self._show_now()

    def _show_config(self, run: RunState, catalog: Catalog | None) -> None:
        """List the settings; those that differ from the defaults first, the rest folded."""
        clear(self._config)
        if run.spec is None or catalog is None:
            return
        for name, title in TITLES.items():
            entry = draft_spec.entry_of(run.spec, name, catalog)
            pick = None if name == "training" else getattr(run.spec, name)
            if entry is None and pick is None:
                continue
            config = draft_spec.config_of(run.spec, name)
            self._config.addWidget(separator())
            self._config.addWidget(label(title, "heading"))
            said = pick.slug.removeprefix(PROJECT_PREFIX) if pick is not None else ""
            chosen = [] if pick is None else [("", entry.title if entry else said)]
            if name == "dataset" and said != run.spec.dataset.slug:
                chosen.append(("Data type", kind_of(run.spec.dataset, catalog).title))
            fields = entry.fields if entry is not None else []
            touched: list[tuple[str, str]] = []
            rest: list[tuple[str, str]] = []
            unknown = draft_spec.unknown(run.spec, name, catalog)
            touched += [(path, str(value)) for path, value in unknown.items()]
            for field in fields:
                if unknown and (field.chooses or field.under):
                    continue  # of an earlier version, which may have meant another network
                if not draft_spec.matters(config, field, fields):
                    continue
                text = setting_values.title_of(field, draft_spec.value_at(config, field))
                short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
                line = (draft_spec.called(field, fields), short)
                (touched if draft_spec.changed(config, field) else rest).append(line)
            self._config.addWidget(Facts(chosen + touched))
            if rest:
                fold = Fold("Defaults")
                fold.body.addWidget(Facts(rest))
                self._config.addWidget(fold)

    def _show_now(self) -> None:
        run = self._state.runs.current
        if run is None:
            return
        _, word = STATES.get(run.state, ("", run.state))
        word = waits_for(self._state, run) or word
        where = f", step {run.step:,} of {run.total:,}" if run.total else ""
        tail = snapshot_text.elsewhere(run)
        place = run.phase_at(run.step)
        phase = f". {run.phases[place].title}" if place >= 0 and run.state == "running" else ""
        self.state_line.setText(f"{run.name}: {word}{tail}{where}{phase}")
        own = run.label
        pinned = "baseline of its data" if own.baseline else ""
        said = " · ".join(filter(None, [own.name, pinned, ", ".join(own.tags), own.note]))
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self._step = self._state.playback.step
        self._show_figures(run_at(run, self._step))
        self._say_then(run)
        self._draw_curve(run)
        # Of a run that waits there is nothing between this rule and that of its data.
        measured = (self.then, self.headline, self.curve, self.groups)
        self.rule.setVisible(any(not each.isHidden() for each in measured))

    def _show_figures(self, run: RunState) -> None:
        self.headline.show_run(run)
        family = family_of_run(run, self._state.catalog)
        rows = figures(run, self._name, self._entry, family)
        if not has_steps(run, self._state.catalog):
            rows = [row for row in rows if row.slug or row.name != self._name("loss")]
        kind = kind_of_run(run, self._state.catalog)
        self.groups.show_groups(grouped(rows, kind.groups, but=self._shown_above(run)))

    def _shown_above(self, run: RunState) -> set[str]:
        """Return the metrics that the headline shows."""
        memory = memory_of(run, self._state.catalog)
        return {first_metric(run)} | ({memory.slug} if memory is not None else set())

    def _say_then(self, run: RunState) -> None:
        """Say whose figures these are, where the training clock does not show the newest ones."""
        step = self._step
        later = later_evaluation(run, step)
        self.then.setVisible(later is not None)
        if step is not None and later is not None:
            some = first_metric(run_at(run, step))
            what = f"Up to step {step:,}" if some else f"No metrics up to step {step:,}"
            self.then.setText(f"{what}; the newest metrics are of step {later:,}")

    def _entry(self, slug: str) -> EntrySpec | None:
        catalog = self._state.catalog
        return catalog.get("metric", slug) if catalog is not None else None

    def _name(self, name: str) -> str:
        return metric_title(name.removeprefix(QUALITY), self._state.catalog)

    def _draw_curve(self, run: RunState) -> None:
        """Draw the first quality figure, or the loss where nothing was measured yet, and say which
        it is.
        """
        name = QUALITY + first_metric(run)
        name = name if len(run.series.get(name, ())) > 1 else "loss"
        series = run.series.get(name)
        some = series is not None and len(series) > 1
        some = some and (name != "loss" or has_steps(run, self._state.catalog))
        for each in (self.curve, self.curve_title):
            each.setVisible(some)
        if series is not None and len(series):
            line = comparable(run, name)
            first, last = int(line.steps[0]), int(line.steps[-1])
            title = f"{self._name(name)}, steps {first:,} to {last:,}{_describe_counts(line)}"
            bar = metric_reference.bar_name(self._entry(name.removeprefix(QUALITY)))
            apart, ends = newest_apart(run, name), None
            found = newest_figure(run, name.removeprefix(QUALITY))
            if found is not None and found.asked:
                ends = End(float(found.step), found.value, found.floors.get(first_metric(run)))
                of = f", n\u00a0=\u00a0{found.n:,}" if found.n is not None else ""
                title += f"; dot: evaluated at step {found.step:,}{of}"
                bar = f"{bar}{_describe_counts(line)}"
            elif apart is not None:
                at, value = float(apart.steps[-1]), float(apart.values[-1])
                floor = float(apart.floors[-1]) if apart.floors is not None else None
                ends = End(at, value, floor)
                title += f"; dot: step {int(at):,}{_describe_counts(apart)}"
                bar = f"{bar}{_describe_counts(line)}"
            self.curve_title.setText(title)
            self.curve.show_series(line.steps.copy(), line.values.copy(), line.floor, bar, ends)

    def _set_up_again(self) -> None:
        run = self._state.runs.current
        if run is not None and run.spec is not None:
            self._actions.setup.open(run.spec)


def _describe_counts(line: Curve) -> str:
    """Say of how many samples a curve is, where that is known."""
    return f", n\u00a0=\u00a0{int(line.counts[0]):,}" if line.counts is not None else ""


def newest_apart(run: RunState, name: str) -> Curve | None:
    """Return those values of a quality that were measured with as many samples as the last one,
    where that is another number than `comparable` returns those of; None where it is not, or where
    it is no quality.
    """
    series, line = run.series[name], comparable(run, name)
    counts = counts_along(run, name) if name.startswith(QUALITY) else None
    if counts is None or line.counts is None or counts[-1] == line.counts[0]:
        return None
    floors = floors_along(run, name)
    whole = Curve(name, "", "", series.steps, series.values, floors=floors, counts=counts)
    return next(part for part in whole.parts if part.steps[-1] == series.steps[-1])


def comparable(run: RunState, name: str) -> Curve:
    """Return those values of a curve that were measured with one number of samples, that of most
    of them, and the floor of that number; the floor is None where it is not known.
    """
    series = run.series[name]
    counts = floors = None
    if name.startswith(QUALITY):
        counts, floors = counts_along(run, name), floors_along(run, name)
    whole = Curve(name, "", "", series.steps, series.values, floors=floors, counts=counts)
    line, *others = whole.parts
    floor = None if others else run.floors.get(name.removeprefix(QUALITY))
    if line.floors is not None and len(line.floors):
        floor = float(line.floors[-1])
    return replace(line, floor=floor)
