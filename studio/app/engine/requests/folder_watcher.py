"""What others do to the open project: another window, a command, a person who moves folders."""

import asyncio
from pathlib import Path

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.reduce import ENDED, attach
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused

__all__ = ["FolderIntents"]

EVERY = 1.0  # seconds between two looks


class FolderIntents(Intents):
    """Brings what is listed up to the project's folder, which is looked at every second: names and
    times alone, until something differs.
    """

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._project: Path | None = None
        self._seen = project_files.Glance({}, frozenset())

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Look once; what cannot be read now is looked at again."""
        project = self.state.project
        if project is None:
            return
        try:
            now = await asyncio.to_thread(project_files.glance, project)
        except Refused:
            return  # nothing is in it yet, or its disk does not answer
        if self.state.project != project:
            return
        if self._project != project:
            self._project, self._seen = project, self._as_opened(now)
        before, self._seen = self._seen, now
        self._take_away(before, now)
        others = [key for key, at in now.runs.items() if before.runs.get(key) != at]
        for key in others:
            await self._read(key)
        if before.data != now.data:
            await self._read_data(project, now)

    def _as_opened(self, now: project_files.Glance) -> project_files.Glance:
        """Return the states that opening a project has read: runs that ended are not read again. A
        process that trains one of them will write to it soon.
        """
        listed = self.state.runs.by_key
        read = {k: at for k, at in now.runs.items() if k in listed and listed[k].state in ENDED}
        return project_files.Glance(read, frozenset())

    def _take_away(self, before: project_files.Glance, now: project_files.Glance) -> None:
        """Forget runs that were there and are no more."""
        runs, state = self.state.runs, self.state
        gone = [key for key in before.runs.keys() - now.runs.keys() if key in runs.by_key]
        for key in gone:
            del runs.by_key[key]
            state.notices.forget(key)
        if runs.selection in gone:
            runs.select("")
            if state.place == "run":
                state.go("discover" if state.draft is None else "setup")
        if gone:
            runs.listed.emit()

    async def _read(self, key: str) -> None:
        """Take over a run that is new, or that another process has gone on with."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.job:
            return  # it is told of by the engine, or followed
        read = await asyncio.to_thread(project_files.look, key)
        known = self.state.runs.by_key.get(key)
        if read is None or known is not run or not self.state.owns(key):
            return  # it cannot be read yet, or was told of meanwhile
        ours = read.pid == self.state.engine_pid
        if run is None:
            self.state.runs.by_key[key] = read
            attach(self.state)
            self.state.runs.listed.emit()
        elif not run.job and not (ours and read.background) and _differ(run, read):
            known_of = run.state == "interrupted"  # with the engine of this window, and said so
            _take_over(run, read)
            if read.state == "interrupted" and not known_of:  # with the window that trained it
                self.state.interrupted.emit(key)
            self.state.runs.listed.emit()  # whoever is trained elsewhere is followed
            for signal in (self.state.runs.changed, self.state.runs.kept_changed):
                signal.emit(key)
            self.state.runs.metrics_appended.emit(key)

    async def _read_data(self, project: Path, now: project_files.Glance) -> None:
        """List the data anew, unless an import of this window is at work: its end says so."""
        ours = any(job.kind == "import" for job in self.state.jobs.values())
        if ours or now.data == {data.path for data in self.state.datasets}:
            return
        try:
            found = await asyncio.to_thread(project_files.datasets, project)
        except Refused:  # who watches would look no more, at runs neither
            self._seen = project_files.Glance(now.runs, frozenset())
            return
        if self.state.project == project:
            self.state.datasets = found
            self.state.datasets_changed.emit()


def _differ(run: RunState, read: RunState) -> bool:
    now, then = (run.state, run.step, run.background), (read.state, read.step, read.background)
    return now != then or run.label != read.label


def _take_over(run: RunState, read: RunState) -> None:
    """Bring what is known of a run to what its folder says."""
    for name in ("state", "step", "total", "seconds", "error", "background", "elsewhere", "pid"):
        setattr(run, name, getattr(read, name))
    for name in ("floors", "kept", "checkpoints", "log", "edits", "phases", "evaluated"):
        setattr(run, name, getattr(read, name))
    run.series, run.label = read.series, read.label
    run.live = None
