"""The line at the bottom: engine, device and why it, memory, speed, time left, the view's cost.
How much is on the canvas, the canvas says.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Dot, icon_button, label, restyle, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.text import number_format
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.version import program_version

__all__ = ["StatusBar"]

WIDE, ROOMY = 1000, 700  # widths of the window
COLORS = {
    "starting": "warm",
    "ready": "good",
    "busy": "good",
    "lost": "danger",
    "restarting": "warm",
}


class StatusBar(QFrame):
    """Left: the engine and the run; right: ``tools``."""

    def __init__(self, state: AppState, tools: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setFixedHeight(28)
        self.setAccessibleName("Status")
        self._dot = Dot(8)
        self._engine = label()
        self._place = label("", "muted")
        self._device = label("", "muted")
        self._memory = label("", "muted")
        self._speed = label("", "muted")
        self._left = label("", "muted")
        self._cost = label("", "muted")
        self._version = label(program_version(), "muted")
        self._roomy = self._wide = True
        self.history = icon_button("bell", "Past messages")
        self.history.setFixedSize(22, 22)
        layout = row(self._dot, self._engine, parent=self, gap=6, margins=(14, 0, 10, 0))
        for each in (self._place, self._device, self._memory, self._speed, self._left, self._cost):
            layout.addSpacing(12)
            layout.addWidget(each)
        layout.addStretch(1)
        for tool in tools:
            layout.addWidget(tool)
        layout.addSpacing(6)
        layout.addWidget(self._version)
        layout.addWidget(self.history)
        for signal in (state.engine_changed, state.catalog_changed, theme.changed):
            signal.connect(self._show_engine)
        for changed in (state.runs.changed, state.runs.progressed):
            changed.connect(self._show_run)
        state.runs.selected.connect(self._show_run)
        state.computer_changed.connect(self._show_place)
        state.place_changed.connect(self._show_run)
        for signal in (state.runs.changed, state.runs.listed):
            signal.connect(self._show_engine)
        self._show_engine()
        self._show_place()
        self._show_run()

    def fit(self, width: int) -> None:
        """Leave out what matters least where the window is narrow."""
        self._roomy, self._wide = width >= ROOMY, width >= WIDE
        self._version.setVisible(self._wide)
        self._device.setVisible(self._roomy)
        self._show_run()

    def _show_engine(self, _key: str = "") -> None:
        engine = self._state.engine
        color = COLORS[engine.state]
        self._dot.set_color(getattr(theme.colors(), color))
        behind = engine.state == "ready" and any(
            run.background and run.state == "running" for run in self._state.runs.by_key.values()
        )
        self._engine.setText("Training in the background" if behind else engine.message)
        restyle(self._engine, role=color)
        set_tip(
            self._engine,
            ", ".join(f"{name} {version}" for name, version in engine.versions.items()),
        )
        text, reason = self._device_words()
        self._device.setText(text)
        set_tip(self._device, reason)
        self._device.setAccessibleDescription(reason)

    def _show_place(self) -> None:
        """Show on which other computer the engine runs, and the bandwidth of the connection."""
        computer, rate = self._state.computer, self._state.bandwidth
        self._place.setText(f"on {computer} · {human_bytes(round(rate))}/s" if computer else "")
        self._place.setVisible(bool(computer))
        set_tip(self._place, "Where the engine runs, and the bandwidth of the connection")

    def _device_words(self) -> tuple[str, str]:
        """Return the device in a few words, and why it and no other."""
        catalog, name = self._state.catalog, self._state.engine.device
        if catalog is None or not name:
            return name, self._state.engine.reason
        used = next((d for d in catalog.devices if d.name == name), None)
        if used is None:
            return name, self._state.engine.reason
        title = used.title
        if used.threads and "thread" not in title:
            title = f"{title}, {used.threads} thread{'s' if used.threads != 1 else ''}"
        others = [d.reason for d in catalog.devices if d is not used and d.reason]
        if used.name == "cpu" and not any(d.available for d in catalog.devices if d is not used):
            title += " · no GPU found"
        reasons = [self._state.engine.reason or used.reason, *others]
        return title, "\n".join(dict.fromkeys(reasons)).strip()

    def _show_run(self, key: str = "") -> None:
        run = self._state.runs.current if self._state.place == "run" else None
        if run is not None and key and run.key != key:
            return
        for each, text in zip(
            (self._memory, self._speed, self._left, self._cost),
            _facts(run, self._doing(run)),
            strict=True,
        ):
            each.setText(text)
            fits = self._wide or (self._roomy and each is not self._memory) or each is self._left
            each.setVisible(bool(text) and fits)

    def _doing(self, run: RunState | None) -> str:
        return self._state.doing.get(run.job, "") if run is not None else ""


def _left(run: RunState) -> str:
    """Say how long it takes; of a branch that replays, up to where anything in it is new."""
    replay = replay_of(run)
    if replay is None:
        return snapshot_text.left_of(run)
    return ", ".join(filter(None, [replay.text, replay.left]))


def _facts(run: RunState | None, doing: str = "") -> tuple[str, str, str, str]:
    """Describe the state of a run; ``doing`` replaces the step count."""
    if run is None:
        return ("", "", "", "")
    memory = run.device_memory or run.memory
    live = run.state == "running"
    # A run in a race computes a part of the time: its own speed contradicts the time left.
    known = run.steps_per_second and not run.race
    speed = f"{number_format.figure(run.steps_per_second)} steps/s" if known else ""
    return (
        number_format.megabytes(memory) if memory and run.job else "",
        (doing or speed) if live else "",
        _left(run) if live and not doing else "",
        f"view costs {100 * run.view_cost:.1f} %" if live and run.view_cost else "",
    )
