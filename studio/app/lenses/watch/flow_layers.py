"""What stands behind the particles that are watched, kept in step with record, clock and person."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from pushforward.studio.app.charts import background_layers as lay
from pushforward.studio.app.charts.backdrop import Backdrop
from pushforward.studio.app.charts.camera import Bounds, covers, padded
from pushforward.studio.app.charts.generator_mesh import Links
from pushforward.studio.app.charts.grid_fields import Heat
from pushforward.studio.app.charts.layer_panel import LayerPanel
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.catalog import EntrySpec, LayerSpec
from pushforward.studio.protocol.extras import LATENTS, MANIFOLD

__all__ = ["FlowLayers"]

QUERY_EVERY_MS = 4000  # a layer computed on demand follows a live run no faster
QUERY_RESOLUTION = 48


@dataclass(frozen=True)
class Answer:
    """A requested layer: step and region of the record, the result, and a message."""

    layer: str
    step: int
    heat: Heat | None
    words: str
    window: Bounds


class FlowLayers(QObject):
    """Heat, arrows and target points of one canvas, as the panel's switches say.

    Signals:
        wanted: which layers are wanted from the engine may have changed.
    """

    wanted = Signal()

    def __init__(
        self, state: AppState, actions: Actions, canvas: ParticleCanvas, panel: LayerPanel
    ) -> None:
        super().__init__(canvas)
        self._state, self._actions = state, actions
        self._canvas, self._panel = canvas, panel
        self._entry: EntrySpec | None = None
        self._run: RunState | None = None
        self._record: FlowRecord | None = None
        self._timeline: Timeline | None = None
        self._answer: Answer | None = None
        self._asking: tuple[str, str, int] | None = None  # run, layer and step of a question
        self._query = QTimer(self)
        self._query.setSingleShot(True)
        self._query.timeout.connect(self._ask)
        panel.toggled.connect(self._toggled)
        state.engine_changed.connect(self._load_target)

    def set_run(self, run: RunState | None, entry: EntrySpec | None) -> None:
        """Take over another run, or news of the same."""
        other = run is not self._run
        self._run, self._entry = run, entry
        self._panel.set_rows(lay.rows_for(entry))
        if other:
            self._record, self._timeline, self._answer = None, None, None
            self._asking = None
            self._query.stop()
            self._panel.say("")
        self._switches()
        self.set_target()
        self.refresh()

    def show(self, record: FlowRecord, timeline: Timeline) -> None:
        """Take over another record."""
        self._record, self._timeline = record, timeline
        self.refresh()

    def names(self) -> tuple[str, ...]:
        """Return the layers that each live record should bring."""
        layers = self._entry.layers if self._entry else []
        return tuple(x.name for x in layers if self._panel.on(x.name) and not lay.on_demand(x))

    def extras(self) -> tuple[str, ...]:
        """Return which extras each live record should bring."""
        return tuple(name for name in lay.EXTRAS if self._panel.on(name))

    def window(self) -> Bounds:
        """Return the part of the plane that layers should cover: what is seen and a little more."""
        return padded(self._canvas.camera.bounds)

    # Target

    def set_target(self) -> None:
        """Show the data behind the particles, or ask for it."""
        run, dims = self._run, self._dims
        target = run.target if run else None
        shown = None
        kind = kind_of_run(run, self._state.catalog)
        fits = target is not None and kind.fits(target.shape[1:]) and target.shape[1] > max(dims)
        if target is not None and fits and self._panel.on("target"):
            # The same points give the same view, so that an unchanged backdrop is not repainted.
            before = self._canvas.backdrop.target
            same = before is not None and before.base is target and dims == (0, 1)
            shown = before if same else target[:, :2] if dims == (0, 1) else target[:, dims]
        first = self._canvas.backdrop.target is None and shown is not None
        self._canvas.set_backdrop(replace(self._canvas.backdrop, target=shown))
        if first:
            self._canvas.fit_unless_touched()
        self._load_target()

    def _load_target(self) -> None:
        if self._run is not None:
            self._actions.real_samples.need(self._run.key)

    # Heat and arrows

    @property
    def _dims(self) -> tuple[int, int]:
        return self._timeline.dims if self._timeline else (0, 1)

    def _scalar(self) -> LayerSpec | None:
        """Return the family's scalar layer that is switched on."""
        layers = self._entry.layers if self._entry else []
        return next((x for x in layers if x.kind == "scalar" and self._panel.on(x.name)), None)

    @property
    def timed(self) -> bool:
        """Whether what is shown changes with the flow clock."""
        record = self._record
        if record is None:
            return False
        if self._panel.on(lay.DENSITY):
            return len(record.t) > 1
        layers = self._entry.layers if self._entry else []
        shown = [x.name for x in layers if self._panel.on(x.name)]
        return any(len(record.layers.get(name, ())) > 1 for name in shown)

    def refresh(self) -> None:
        """Bring everything behind the particles to the record and the flow time shown."""
        record, now = self._record, self._canvas.flow
        shown = replace(self._canvas.backdrop, heat=None, arrows=(), mesh=None, links=None)
        if record is not None and self._timeline is not None:
            shown = replace(shown, heat=self._heat(record, self._timeline, now))
            # Fields live in the plane of the first two columns.
            if self._dims == (0, 1):
                shown = self._in_plane(record, shown, now)
            self._say(record, shown.heat)
        self._canvas.set_backdrop(shown)
        self._panel.set_legend(shown.heat)

    def _in_plane(self, record: FlowRecord, shown: Backdrop, now: float) -> Backdrop:
        layers = self._entry.layers if self._entry else []
        on = [x.name for x in layers if self._panel.on(x.name)]
        return replace(
            shown,
            arrows=lay.arrows_of(record, layers, on, now),
            mesh=lay.mesh_of(record) if self._panel.on(MANIFOLD) else None,
            links=self._links(record) if self._panel.on(LATENTS) else None,
        )

    def _say(self, record: FlowRecord, heat: Heat | None) -> None:
        """Say which layers are switched on without being drawn, and why."""
        absent = self._absent(record, heat)
        live = self._state.playback.live and self._run is not None and bool(self._run.job)
        plane = self._dims == (0, 1)
        word = ("next picture" if live else "not kept") if plane else "other columns"
        self._panel.set_absent(dict.fromkeys(absent, word))
        names = _listed(list(absent.values()))
        if not absent:
            why = self._word(record) if plane else ""
        elif not plane:
            why = f"{names} can be drawn over the first two columns only."
        elif live:
            why = f"{names}: shown with the next full snapshot."
        else:
            why = f"This snapshot has no {names.lower()}."
        self._panel.say(why)

    def _absent(self, record: FlowRecord, heat: Heat | None) -> dict[str, str]:
        """Return the titles of what is switched on and cannot be drawn, by its slug."""
        layers = self._entry.layers if self._entry else []
        on = [x for x in layers if self._panel.on(x.name)]
        plane = self._dims == (0, 1)
        lacks = [x for x in on if x.name not in record.layers and not lay.on_demand(x)]
        lacks = [x for x in lacks if x.kind != "scalar" or heat is None] if plane else on
        found = {x.name: x.title for x in lacks}
        extras = [name for name in self.extras() if name not in record.extras or not plane]
        return found | {name: self._panel.title_of(name) for name in extras}

    def _links(self, record: FlowRecord) -> Links | None:
        return lay.links_of(record, self._canvas.identity)

    def _heat(self, record: FlowRecord, timeline: Timeline, now: float) -> Heat | None:
        if self._panel.on(lay.DENSITY):
            return lay.density_heat(timeline, now, self.window())
        scalar = self._scalar()
        if scalar is None or self._dims != (0, 1):
            return None
        grid = record.layers.get(scalar.name)
        if grid is not None:
            kept = lay.heat_of(scalar, grid, record.window, record.t, now)
            seen = covers(record.window, self._canvas.camera.bounds)
            if seen or len(grid) > 1 or not self._askable(scalar, record):
                return kept
            # More is seen than was kept: the weights of this very step know the rest.
            return self._on_demand(scalar, record) or kept
        return self._on_demand(scalar, record) if self._askable(scalar, record) else None

    # Layers on demand

    def _askable(self, layer: LayerSpec, record: FlowRecord) -> bool:
        """Whether the engine can say what a record lacks. A layer that comes with records is asked
        for only where a checkpoint holds the very weights of that step: others would show what
        was not there.
        """
        run = self._run
        if lay.on_demand(layer):
            return True
        stands = run is not None and not (run.job and self._state.playback.live)
        return run is not None and stands and record.step in run.checkpoints

    def _answer_for(self, layer: LayerSpec, record: FlowRecord) -> Answer | None:
        """Return the answer that belongs to what is shown. Live, one of an earlier step stands
        until the next has come, and says so; a step chosen by hand shows its own or none.
        """
        answer = self._answer if self._answer and self._answer.layer == layer.name else None
        live = self._state.playback.live and lay.on_demand(layer)
        return answer if answer and (live or answer.step == record.step) else None

    def _word(self, record: FlowRecord) -> str:
        """Return the status of the requested layer."""
        layer = self._scalar()
        if layer is None or self._panel.on(lay.DENSITY) or layer.name in record.layers:
            return ""
        answer = self._answer_for(layer, record)
        if answer is None:
            return f"Computing {layer.title.lower()}" if self._asking else ""
        return answer.words

    def _on_demand(self, layer: LayerSpec, record: FlowRecord) -> Heat | None:
        """Return the answer for a layer, and ask if there is none of this step."""
        answer = self._answer_for(layer, record)
        fresh = answer is not None and answer.step == record.step and self._reaches(answer)
        if not fresh and not self._query.isActive() and not self._asking:
            hurry = answer is None or not self._state.playback.live
            self._query.start(0 if hurry else QUERY_EVERY_MS)
        return answer.heat if answer else None

    def _reaches(self, answer: Answer) -> bool:
        """Whether an answer is of all that is seen, or could not be of more."""
        if answer.heat is None or answer.window == self.window():
            return True
        return covers(answer.window, self._canvas.camera.bounds)

    def _ask(self) -> None:
        layer, record, run = self._scalar(), self._record, self._run
        if layer is None or record is None or run is None or not self._canvas.isVisible():
            return
        if not self._askable(layer, record):
            return
        live = self._state.playback.live
        if not live and not any(step <= record.step for step in run.checkpoints):
            words = f"{layer.title}: no checkpoint up to step {record.step:,}."
            self._answer = Answer(layer.name, record.step, None, words, self.window())
            self.refresh()
            return
        self._asking = (run.key, layer.name, record.step)
        if layer.name not in record.layers:
            self._panel.say(f"Computing {layer.title.lower()}")
        async_tasks.spawn(self._fetch(layer, record, run))

    async def _fetch(self, layer: LayerSpec, record: FlowRecord, run: RunState) -> None:
        asking, window = self._asking, self.window()
        step = None if self._state.playback.live else record.step
        heat: Heat | None = None
        try:
            of, grid = await self._actions.looking.query_layer(
                run.key, layer.name, window, resolution=QUERY_RESOLUTION, step=step
            )
            words = "" if of == record.step else f"{layer.title} of step {of:,}"
            if of == record.step or lay.on_demand(layer):
                heat = lay.heat_of(layer, grid[None], window, record.t[:1], 0.0)
        except Refused as refused:
            words = f"{layer.title}: {refused.error.message} {refused.error.hint}".strip()
        if self._asking == asking:
            self._asking = None
        if run is not self._run:
            return
        self._answer = Answer(layer.name, record.step, heat, words, window)
        self.refresh()

    # Switches

    def _toggled(self, slug: str, on: bool) -> None:
        self._panel.say("")
        self._switches()
        if slug == "target":
            self.set_target()
        self.refresh()
        self.wanted.emit()

    def _switches(self) -> None:
        on = self._panel.on
        self._canvas.set_layers(particles=on("particles"), trails=on("trails"), paths=on("paths"))
        self._canvas.set_backdrop(replace(self._canvas.backdrop, axes=on("axes")))


def _listed(names: list[str]) -> str:
    """Return names as they are said: "Critic", "Critic and next move"."""
    *first, last = [names[0], *(name.lower() for name in names[1:])] if names else [""]
    return f"{', '.join(first)} and {last}" if first else last
