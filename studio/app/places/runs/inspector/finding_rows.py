"""Facts of a sample relative to others, for the inspector, in any lens."""

from PySide6.QtCore import QObject, QTimer, Signal

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.sample_findings import NEAREST, MoreKnown
from pushforward.studio.app.data.tile_pane import describe_sample
from pushforward.studio.app.engine.actions import Actions

__all__ = ["FoundFacts"]

SOON_MS = 200  # where somebody moves a clock, only what it stops at is held against others
BESIDE = "Compared with"  # how many: the nearest of more of them is nearer

Facts = list[tuple[str, str]]


class FoundFacts(QObject):
    """Finds it a moment later, where their kind says that there is any.

    Signals:
        changed: something was found.
    """

    changed = Signal()

    def __init__(self, parent: QObject, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._actions = actions
        self._more = MoreKnown.shared(state, actions)
        self._more.changed.connect(self.changed)
        self._wanted: tuple[RunState, Kind, Offered, bool] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self._find)

    def of(self, run: RunState, kind: Kind, source: Source, offered: Offered, at: int) -> Facts:
        """Return all known facts of a row: those of its lens, and relative ones, in the order of
        the data type's measures.
        """
        facts = offered.tell(at)
        passing = source.what == "particles" and run.job  # they are others in a moment
        if kind.among is None or passing or offered.numbers is not None:
            return facts
        self._wanted = run, kind, offered, source.what == "data"
        found = self._more.find_known(run, offered.arrays)
        if found is None:
            self._timer.start()
            found = {}
        self._actions.real_samples.need(run.key, kind.pool(offered.arrays["x"][0].nbytes))
        one = {name: e[at : at + 1] for name, e in {**offered.arrays, **found}.items()}
        measured = kind.measures(one)
        there = {name for name, _ in facts}
        given = {name: each[0] for name, each in one.items()}
        new = {name: measured[name] for name in measured if name not in there}
        places = {name: place for place, name in enumerate(measured)}
        both = [*facts, *describe_sample(kind, new, given, real=source.real)]
        if NEAREST in found and run.target is not None:
            both.append((BESIDE, _pool(run, kind)))
        return sorted(both, key=lambda fact: places.get(fact[0], len(places)))

    def _find(self) -> None:
        if self._wanted is not None:
            run, kind, offered, own = self._wanted
            self._more.of(run, kind, offered.arrays, own=own)


def _pool(run: RunState, kind: Kind) -> str:
    """Say with how many of what a run learns its data were compared: "4,096 of 20,000 graphs"."""
    n = len(run.target) if run.target is not None else 0
    of = f" of {run.learned:,}" if run.learned is not None and run.learned > n else ""
    return f"{n:,}{of} real {kind.many}"
