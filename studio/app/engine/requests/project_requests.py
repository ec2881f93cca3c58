"""Projects and their runs: open, create, select, delete with undo."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState, Recent
from pushforward.studio.app.core.display_names import imported, numbered
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.operator_results import number_of
from pushforward.studio.app.core.reduce import attach, cause
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.data_requests import DataIntents
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.messages import Control, ErrorInfo, JobInfo
from pushforward.studio.protocol.spec import project_name

__all__ = ["ProjectIntents"]


class Left(NamedTuple):
    """Where one was when the studio was left: a place, and the run that was selected."""

    place: str
    run: str


ANSWERS = 2.0  # seconds that a disk may take to say whether a project is there


class ProjectIntents(Intents):
    """Intents about the folder that is open and what is in it."""

    def __init__(
        self,
        state: AppState,
        link: Link,
        runs: RunIntents,
        data: DataIntents,
        prepare: Callable[[Path], Awaitable[None]],
    ) -> None:
        """``prepare`` brings the engine to where a project is, before it is opened."""
        super().__init__(state, link)
        self._prepare = prepare
        self._runs = runs
        self._data = data
        self._listing = 0
        self._opening = 0
        self._noted: Path | None = None
        state.runs.listed.connect(self._listed)
        state.jobs_lost.connect(self._lost)
        state.engine_back.connect(self._read_again)

    def open(self, path: Path) -> None:
        """Open a project folder and list its runs and data, or the project of a run at that run."""
        self._do(self._open(path), f"{path.name} cannot be opened", topic=f"open:{path}")

    async def _open(self, path: Path) -> None:
        if await asyncio.to_thread(project_files.is_run, path):
            await self.show(path.parents[1], str(path))
        else:
            await self.show(path)

    def open_or_import(self, paths: list[Path]) -> None:
        """Open the first project among some files and folders, or look into all of them as data."""
        self._do(self._open_or_import(paths), f"{paths[0].name} cannot be opened")

    async def _open_or_import(self, paths: list[Path]) -> None:
        for path in paths:
            if await asyncio.to_thread(project_files.is_project, path):
                self.open(path)
                return
        self._data.inspect_files([str(path) for path in paths])

    def begin(self, kept: preferences.Preferences) -> None:
        """Open the project that was open last, or else the playground, where one was in it; a
        training that was interrupted in it is shown.
        """
        last = [Path(recent.path) for recent in kept.recent[:1]]
        paths = [*last, preferences.playground()]
        left = Left(str(kept.layout.get("place", "")), str(kept.layout.get("run", "")))
        self._do(self._begin(paths, left), "The last project cannot be opened", topic="begin")

    async def _begin(self, paths: list[Path], left: Left) -> None:
        opening = self._opening
        for path in paths:
            there = async_tasks.spawn(asyncio.to_thread(project_files.is_project, path))
            await asyncio.wait([there], timeout=ANSWERS)  # a disk may not answer
            if self._opening != opening or self.state.project is not None:
                return  # another one was opened meanwhile
            if there.done() and there.result():
                await self.show(path, left=left)
                return
        self.need_project()

    async def show(self, path: Path, run: str = "", *, left: Left | None = None) -> None:
        """Open a project folder, and read all that is in it; show a run of it, by its key, or else
        that whose training was interrupted last, or the newest one; or what was ``left`` on the
        canvas when the studio was.

        Raises:
            Refused: it is none, or cannot be read.
        """
        state = self.state
        self._opening += 1
        asked = (self._opening, state.project)
        await self._prepare(path)
        contents = await asyncio.to_thread(project_files.read, path)
        if asked != (self._opening, state.project):
            return  # another one was opened meanwhile
        self.leave_project()
        state.project, state.project_name = path, contents.name
        state.runs.by_key = {run.key: run for run in contents.runs}
        attach(state)
        state.datasets = contents.datasets
        if left is None:
            state.draft = None
        if asked[1] not in (None, path) and project_name(state.dataset) is not None:
            state.dataset = ""  # it is of the other project
        self._noted = path
        self._remember(path, contents.name)
        state.project_changed.emit()
        state.datasets_changed.emit()
        state.runs.listed.emit()
        state.runs.selection = ""
        for problem in contents.problems:
            state.notices.post(Notice(level="warning", text="A run cannot be read", why=problem))
        first = _first(contents.runs)
        broken = first is not None and first.state == "interrupted" and state.place == "discover"
        if left is not None and not broken:
            state.runs.selected.emit("")
            self._go_back(left)
        elif first is None:
            state.runs.selected.emit("")
            state.go("discover")
        else:
            self._runs.select(run if run in state.runs.by_key else first.key)
        if first is not None and first.state == "interrupted" and first.step:
            state.interrupted.emit(first.key)
        if dropped := _dropped(contents.runs):
            state.dropped.emit(dropped)
        for each in sorted(contents.runs, key=lambda each: each.name, reverse=True):
            if state.project != path:
                return
            await self._fill(each)

    def _go_back(self, left: Left) -> None:
        """Show what was on the canvas when the studio was left, unless one is elsewhere already."""
        state = self.state
        if state.place != "discover":
            return
        if left.place == "run" and left.run in state.runs.by_key:
            self._runs.select(left.run)
        elif left.place == "runs" and state.runs.by_key:
            self._runs.show_table()
        elif left.place == "setup":
            project = state.project

            def shown() -> None:
                if state.place == "discover" and state.project == project:
                    state.go("setup")

            # It is brought back from the disk a moment later.
            state.draft_changed.connect(shown, Qt.ConnectionType.SingleShotConnection)

    def show_run(self, key: str) -> None:
        """Open the project of a run, if it is not the open one, and put the run on the canvas."""
        self._do(self._show_run(key), f"{Path(key).name} cannot be shown")

    async def _show_run(self, key: str) -> None:
        if not self.state.owns(key):
            await self.show(Path(key).parent.parent, key)
        elif key in self.state.runs.by_key:
            self._runs.select(key)

    def _lost(self, _jobs: list[JobInfo]) -> None:
        """Say that a training of another project was interrupted with the engine."""
        job = self.state.elsewhere
        project = self.state.project_of(job) if job is not None else None
        if job is None or project is None:
            return
        run = self.state.run_of(job)
        show = NoticeAction("Show it", partial(self.show_run, run))
        self.state.notices.error(
            ErrorInfo(
                kind="engine",
                message=f"The engine ended. The run belongs to the project "
                f"{self.state.name_of(project)}.",
                hint="It can be resumed there.",
            ),
            title=f"{job.title} was interrupted",
            topic=cause(job),
            actions=(show,),
        )

    def create(self, path: Path) -> None:
        """Make a project folder and open it."""
        self._do(self._create(path), "The project was not made")

    async def _create(self, path: Path) -> None:
        await asyncio.to_thread(project_files.create, path, path.name)
        await self.show(path)

    def _listed(self) -> None:
        """Put a project first among the recent ones once it has runs, so that it is found again."""
        project = self.state.project
        if project is not None and project != self._noted and self.state.runs.by_key:
            self._noted = project
            self._remember(project, self.state.project_name or project.name)

    def _remember(self, path: Path, name: str) -> None:
        """Put the project first among the recent ones."""
        at = time.time()
        kept = preferences.load()
        kept.opened(path, name, at)
        preferences.save(kept)
        self._do(self.show_recent(kept))

    async def show_recent(self, kept: preferences.Preferences) -> None:
        """List the recent projects that are still there. A disk that does not answer is not waited
        for: its projects are left out.
        """
        self._listing += 1
        listing = self._listing
        recent = [Recent(path=Path(r.path), name=r.name, opened=r.opened) for r in kept.recent]
        looks = [
            async_tasks.spawn(asyncio.to_thread(project_files.is_project, each.path))
            for each in recent
        ]
        if looks:
            await asyncio.wait(looks, timeout=ANSWERS)
        if listing == self._listing:
            self.state.recent = [
                each
                for each, look in zip(recent, looks, strict=True)
                if look.done() and not look.cancelled() and look.result()
            ]

    async def _fill(self, run: RunState) -> None:
        """Read a run's curves, and put before them what the engine has said meanwhile."""
        try:
            filled = await asyncio.to_thread(project_files.fill, run)
        except Refused as refused:  # the project is open, and the other runs have curves
            title = f"The curves of {run.name} cannot be read"
            self.state.notices.error(
                refused.error, title=title, topic=f"curves:{run.key}", runs=(run.key,)
            )
            return
        if self.state.runs.by_key.get(run.key) is not run:
            return
        run.join(filled)
        self.state.runs.changed.emit(run.key)
        self.state.runs.metrics_appended.emit(run.key)
        self.state.runs.kept_changed.emit(run.key)
        self.state.runs.logged.emit(run.key)

    def _read_again(self) -> None:
        """Read the curves of what trains: some of it was missed while the connection was lost."""
        for run in [each for each in self.state.runs.by_key.values() if each.job]:
            async_tasks.spawn(self._fill(run))

    def delete_runs(self, keys: Sequence[str]) -> None:
        """Move runs to the project's trash; the toast, or Undo, brings all of them back. None is
        moved while one of them is under way; those that wait can then leave the queue together.
        """
        runs = [self.state.runs.by_key[key] for key in keys if key in self.state.runs.by_key]
        busy = next((run for run in runs if run.job or run.background), None)
        if busy is not None:
            waits = busy.state == "queued"
            does = "waits" if waits else "is paused" if busy.state == "paused" else "is running"
            text = f"{numbered(busy)} {does}"
            todo = "Remove it from the queue first." if waits else "Stop it first."
            queued = [run for run in runs if run.state == "queued"]
            leave = NoticeAction(f"Remove {len(queued)} from the queue", lambda: self._drop(queued))
            actions = (leave,) if queued else ()
            self.state.notices.post(Notice(level="warning", text=text, todo=todo, actions=actions))
        elif runs:
            self._do(self._delete(runs), _describe_done(runs, "not deleted"), run=runs[0].key)

    def _drop(self, queued: Sequence[RunState]) -> None:
        for run in queued:
            if run.state == "queued":
                control = Control(job=run.job, action="cancel")
                self._tell(control, f"{numbered(run)} was not removed", run.key)

    async def _delete(self, runs: list[RunState]) -> None:
        project = Path(runs[0].key).parent.parent
        order = list(self.state.runs.by_key)
        trashed: dict[str, Path] = {}
        try:
            for run in runs:
                trashed[run.key] = await asyncio.to_thread(
                    project_files.trash, project, Path(run.key)
                )
        finally:
            gone = [run for run in runs if run.key in trashed]
            if gone:
                self._take_away(gone)
                undo = self.state.notices.undoable(
                    lambda: self._do(
                        self._bring_back(project, gone, trashed, order),
                        _describe_done(gone, "not restored"),
                    )
                )
                self.state.notices.post(
                    Notice(level="info", text=_describe_done(gone, "deleted"), actions=(undo,))
                )

    def _take_away(self, gone: list[RunState]) -> None:
        state = self.state
        for run in gone:
            state.runs.by_key.pop(run.key, None)
            state.notices.forget(run.key)
        if state.runs.selection not in state.runs.by_key:
            state.runs.select("")
            if state.place == "run":
                state.go("runs" if state.runs.by_key else "discover")
        state.runs.listed.emit()

    async def _bring_back(
        self, project: Path, gone: list[RunState], trashed: dict[str, Path], order: list[str]
    ) -> None:
        """Restore runs where they were, and select them where the person is."""
        for run in gone:
            await asyncio.to_thread(project_files.restore, project, trashed[run.key])
        state = self.state
        if state.project != project:
            return
        runs = {**state.runs.by_key, **{run.key: run for run in gone}}
        state.runs.by_key = {key: runs[key] for key in order if key in runs} | runs
        state.runs.listed.emit()
        if state.place == "runs":
            self._runs.mark([run.key for run in gone])
        else:
            self._runs.select(gone[-1].key)

    async def trashed(self, project: Path) -> project_files.TrashContents:
        """Return what the trash of a project holds.

        Raises:
            Refused: it cannot be read.
        """
        return await asyncio.to_thread(project_files.trashed, project)

    def restore(self, project: Path, thing: project_files.Deleted) -> None:
        """Bring something back from the trash of a project."""
        self._do(self._restore(project, thing), f"{thing.name} was not restored")

    async def _restore(self, project: Path, thing: project_files.Deleted) -> None:
        await asyncio.to_thread(project_files.restore, project, thing.entry)
        self.state.notices.post(Notice(level="good", text=f"{thing.name} is restored"))
        if thing.what == "data set":
            found = await asyncio.to_thread(project_files.datasets, project)
            if self.state.project == project:
                self.state.datasets = found
                self.state.datasets_changed.emit()
        elif thing.what == "run":
            key = str(project / "runs" / thing.folder)
            run = await asyncio.to_thread(project_files.look, key)
            if run is not None and self.state.project == project:
                self.state.runs.by_key.setdefault(key, run)
                self.state.runs.listed.emit()
        elif thing.what == "result":
            key = str(project / "runs" / thing.run)
            run = self.state.runs.by_key.get(key)
            if run is not None:
                run.results = sorted({*run.results, thing.folder}, key=number_of)
                self.state.runs.changed.emit(key)
                self.state.result_opened.emit(key)

    def empty_trash(self, project: Path) -> None:
        """Delete for good what is in the trash of a project."""
        self._do(self._empty_trash(project), "The trash was not emptied")

    async def _empty_trash(self, project: Path) -> None:
        await asyncio.to_thread(project_files.empty_trash, project)
        self.state.notices.post(Notice(level="good", text="The trash is empty"))

    def job_ended(self, info: JobInfo) -> None:
        """Read from disk what a job has left there."""
        project = self.state.project
        if info.kind == "import" and info.state == "finished" and project is not None:
            self._do(self._datasets(project, info.job))
        if info.kind == "evaluation" and info.state == "finished":
            self._do(self._evaluated(info), "The figures cannot be read", run=info.run)
        if info.kind == "training" and info.run:
            trained = Path(info.run).parent.parent
            self._remember(trained, self.state.name_of(trained))

    async def _evaluated(self, info: JobInfo) -> None:
        found = await asyncio.to_thread(project_files.evaluated, info.run)
        run = self.state.runs.by_key.get(info.run)
        before = run.evaluated if run is not None else None
        if run is not None:
            run.evaluated = found
            self.state.runs.metrics_appended.emit(info.run)
        # An evaluation of another averaging length leaves no figures.
        missing = found.notes if found is not None and found != before else ()
        self.state.notices.post(
            Notice(
                level="warning" if missing else "good",
                text=f"{info.title} is done" + (", but for some figures" if missing else ""),
                why=" ".join(missing),
                runs=(info.run,),
            )
        )

    async def _datasets(self, project: Path, job: str) -> None:
        found = await asyncio.to_thread(project_files.datasets, project)
        if self.state.project == project:
            fresh = {data.name for data in found} - {data.name for data in self.state.datasets}
            self.state.datasets = found
            self.state.datasets_changed.emit()
            self._remember(project, self.state.project_name or project.name)
            if len(fresh) == 1:
                self._data.arrived(job, imported(fresh.pop()))


def _describe_done(runs: Sequence[RunState], done: str) -> str:
    """Say what was done with a run, or with how many: "3 EDM is deleted", "2 runs are deleted"."""
    if len(runs) > 1:
        return f"{format_count(len(runs), 'run')} are {done}"
    return f"{numbered(runs[0])} is {done}"


def _first(runs: list[RunState]) -> RunState | None:
    """Return the run to show first: what was trained last, if that was interrupted, since it is to
    be gone on with; else that of the highest number. A run that only waited was not interrupted.
    """
    begun = [run for run in runs if _begun(run)]
    last = max(begun, key=lambda run: run.heartbeat, default=None)
    if last is not None and last.state == "interrupted":
        return last
    return max(runs, key=lambda run: run.name, default=None)


def _dropped(runs: list[RunState]) -> list[str]:
    """Return the keys of runs that waited as the studio ended, but for those that others were set
    up and begun after: their person has gone on without them.
    """
    last = max((run.name for run in runs if _begun(run)), default="")
    return [run.key for run in runs if run.state == "dropped" and run.name > last]


def _begun(run: RunState) -> bool:
    return run.state not in ("interrupted", "dropped") or run.step > 0
