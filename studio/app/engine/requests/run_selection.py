"""The runs that are listed, and which of them is on the canvas."""

from collections.abc import Sequence
from pathlib import Path

from pushforward.studio.app.core.data_type_registry import kind_of_run, watched_in
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.request_base import Intents
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["RunIntents"]


class RunIntents(Intents):
    """Intents about what is looked at."""

    def know(self, key: str, spec: RunSpec) -> None:
        """List a run that the engine has just queued, before its first event comes. One of
        another project, as the person has opened a different one meanwhile, is not listed.
        """
        if not self.state.owns(key):
            return
        runs = self.state.runs
        known = runs.by_key.setdefault(key, RunState(key=key, name=Path(key).name))
        if known.spec is None:
            known.spec = spec
            runs.listed.emit()
            runs.changed.emit(key)

    def show(self, key: str, name: str = "") -> None:
        """Put a run on the canvas that may be too new to be listed; one of another project stays
        where it is.
        """
        runs = self.state.runs
        if not self.state.owns(key):
            return
        if key not in runs.by_key:
            runs.by_key[key] = RunState(key=key, name=name or Path(key).name)
            runs.listed.emit()
        self.select(key)

    def show_new(self, key: str, name: str = "") -> None:
        """Put a run that has just been queued on the canvas, in Watch if there is something to
        watch, and otherwise in Quality.
        """
        self.show(key, name)
        if key not in self.state.runs.by_key:
            project = self.state.name_of(Path(key).parent.parent)
            text = f"{Path(key).name} is in the queue"
            why = f"It belongs to the project {project}."
            self.state.notices.post(Notice(level="info", text=text, why=why))
            return
        run = self.state.runs.by_key[key]
        catalog = self.state.catalog
        watched = watched_in(run, catalog) or kind_of_run(run, catalog).watched
        self.state.window.show_lens.emit("watch" if watched else "quality")

    def show_table(self) -> None:
        """Show all runs of the project in a table."""
        self.state.go("runs")

    def mark(self, keys: Sequence[str]) -> None:
        """Select runs where they are listed; of commands about one it is the last."""
        last = keys[-1] if keys else ""
        runs = self.state.runs
        if last != runs.selection:
            self.state.playback.set(step=None, flow=1.0)
        runs.choose(tuple(keys) if len(keys) > 1 else ())
        runs.select(last)

    def select(self, key: str) -> None:
        """Put a run on the canvas, following its newest step; the flow clock of one that is there
        stays, as when it is resumed.
        """
        other = key != self.state.runs.selection
        self.state.playback.set(step=None, **({"flow": 1.0} if other else {}))
        self.state.runs.select(key)
        if key:
            self.state.go("run")
