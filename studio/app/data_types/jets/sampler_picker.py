"""Another sampler for a flow: a trained run is followed by it, with as many steps as are chosen."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.data.denoising_frames import FilmFound
from pushforward.studio.app.design.basic import label, row
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.extras import DENOISED, LEVELS
from pushforward.studio.protocol.records import EXTRA, GIVEN

__all__ = ["OtherSampler", "record_of"]

OPERATOR = "film"
COUNT = "steps"  # the setting of a sampler that says how many steps it takes
OWN = "as trained"
STEPS = (3, 5, 10, 18, 30, 50, 100)
USUAL = 18
_Question = tuple[str, str, int, int | None]  # run, sampler, its steps, step of the training
SAMPLES, FRAMES = 40, 32  # that are followed, and of each at most


class OtherSampler(QWidget):
    """Sampler and step lists, hidden without a choice. All samplers start from the same noise.

    Signals: filmed: the FlowRecord to follow, or None for the run's own. failed: the reason.
    """

    filmed = Signal(object)
    failed = Signal(str)

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._key = ""
        self._entries: list[EntrySpec] = []
        self._query: Query[_Question, FlowRecord] = Query(
            self, self._film, errors=(Refused, KeyError, ValueError)
        )
        self._query.changed.connect(self._show)
        self._step: int | None = None
        self.samplers = ChoiceList([OWN], "Sampler of the flow")
        self.samplers.setMinimumContentsLength(9)
        set_tip(self.samplers, "Sampler of the flow; all start from the same noise")
        self.steps = ChoiceList([format_count(n, "step") for n in STEPS], "Steps of the sampler")
        self.steps.setCurrentIndex(STEPS.index(USUAL))
        for each in (self.samplers, self.steps):
            each.activated.connect(lambda _: self._ask())
        row(label("By", "muted"), self.samplers, self.steps, parent=self, gap=6)
        self.show_run(None)

    def show_run(self, run: RunState | None) -> None:
        """Offer the samplers of a run; of another one its own is shown first."""
        catalog = self._state.catalog
        able = any(each.slug == OPERATOR for each in offered(run, catalog))
        family = draft_spec.entry_of(run.spec, "family", catalog) if run and run.spec else None
        known = draft_spec.samplers(family, catalog) if able else []
        self._entries = [e for e in known if any(field.path == COUNT for field in e.fields)]
        if (key := run.key if run is not None else "") != self._key:
            self._key = key
            self._query.cancel()
            self.samplers.setCurrentIndex(0)
        at = self.samplers.currentIndex()
        self.samplers.offer([OWN, *(each.title for each in self._entries)])
        self.samplers.setCurrentIndex(max(0, at))
        self.steps.setVisible(self.chosen is not None)
        self.setVisible(bool(self._entries))

    @property
    def chosen(self) -> EntrySpec | None:
        """The sampler that the flow goes by, None for the run's own."""
        at = self.samplers.currentIndex() - 1
        return self._entries[at] if 0 <= at < len(self._entries) else None

    @property
    def describe(self) -> str:
        """Which it is, with how many steps."""
        chosen = self.chosen
        return f"{chosen.title}, {format_count(self._count, 'step')}" if chosen is not None else OWN

    @property
    def _count(self) -> int:
        return STEPS[max(0, self.steps.currentIndex())]

    def look_at(self, step: int | None) -> None:
        """Follow the weights of another step of the training, the newest of them for None."""
        self._step = step
        if self.chosen is not None:
            self._ask()

    def _ask(self) -> None:
        chosen = self.chosen
        self.steps.setVisible(chosen is not None)
        if chosen is None:
            self._query.cancel()
            self.filmed.emit(None)
            return
        question = (self._key, chosen.slug, self._count, self._step)
        self._query.ask(question, again=self._query.error is not None)

    async def _film(self, question: _Question) -> FlowRecord:
        key, slug, steps, step = question
        sampler = {"slug": slug, "config": {COUNT: steps}}
        config = {"n": SAMPLES, "frames": FRAMES, "sampler": sampler}
        answer = await self._actions.operating.ask(key, OPERATOR, config=config, step=step)
        return record_of(answer.arrays, int((answer.result or {}).get("step", 0)))

    def _show(self) -> None:
        if self._query.error is not None:
            self.failed.emit(str(self._query.error))
        else:
            self.filmed.emit(self._query.answer)


def record_of(arrays: Mapping[str, NDArray[Any]], step: int) -> FlowRecord:
    """Return a denoising sequence as a record with its conditions.

    Raises:
        KeyError: an array is missing.
        ValueError: different numbers of frames.
    """
    film = FilmFound.of(arrays)
    own = {"x", "mask", *FilmFound.__dataclass_fields__}
    made = {"t": film.t, "x": film.way}
    made |= {f"{EXTRA}{DENOISED}": film.foreseen, f"{EXTRA}{LEVELS}": film.s}
    made |= {f"{GIVEN}{name}": each for name, each in arrays.items() if name not in own}
    if "mask" in arrays:
        made["mask"] = arrays["mask"]
    return FlowRecord(step, made)
