"""Bringing data in: look into files, import what is in them, take a data set away again."""

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.destinations import Place
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.reduce import cause
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.messages import (
    ErrorInfo,
    ImportData,
    InspectData,
    JobInfo,
    MakeData,
)
from pushforward.studio.protocol.spec import Pick, project_name
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.names import check_text, in_text

__all__ = ["DataIntents", "named"]

_looks = itertools.count(1)
INSPECT = "inspect"  # what is said of files that cannot be imported, until others can


class DataIntents(Intents):
    """Intents about data sets."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._looks: dict[str, asyncio.Task[Any]] = {}
        self._imports: dict[str, ImportData] = {}
        self._from: dict[str, Place] = {}  # where the person was when an import was asked for
        state.job_ended.connect(self._ended)
        state.jobs_lost.connect(self._lost)

    def select(self, slug: str) -> None:
        """Put a data set on the canvas, by what a run calls it; all there are for ""."""
        self.state.dataset = slug
        self.state.runs.select("")
        if self.state.place == "data":
            self.state.place_changed.emit()
        self.state.go("data")

    def show_folder(self, name: str) -> None:
        """Show the files of a data set of the project."""
        found = next((data for data in self.state.datasets if data.name == name), None)
        if found is not None:
            show_in_folder(found.path)

    def inspect_files(self, files: list[str]) -> None:
        """Look into files that belong together; what is found is shown for import, or why they
        cannot be imported. It may take long: `AppState.looks` has it meanwhile.
        """
        self._do(
            self._inspect(files),
            f"{named(files)} cannot be imported",
            topic=INSPECT,
            again=NoticeAction("Look again", lambda: self.inspect_files(files)),
        )

    async def _inspect(self, files: list[str]) -> None:
        look = f"look:{next(_looks)}"
        task = asyncio.current_task()
        if task is not None:
            self._looks[look] = task
        self.state.looks[look] = f"Reading {named(files)}"
        self.state.looks_changed.emit()
        try:
            found = await self.look_into(files)
        finally:
            self._looks.pop(look, None)
            del self.state.looks[look]
            self.state.looks_changed.emit()
        self.state.inspected.emit([found["instead"]] if found.get("instead") else files, found)

    def stop_looking(self, look: str) -> None:
        """Read no further in files that are looked into."""
        if look in self._looks:
            self._looks[look].cancel()

    async def look_into(
        self, files: list[str], importer: str = "", options: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what an importer finds in files, a `studio.formats.Inspection` as plain data.

        Raises:
            Refused: they cannot be imported.
        """
        try:
            for file in files:
                check_text(Path(file))
        except StoreError as error:
            raise Refused(error.info()) from error
        command = InspectData(files=files, importer=importer, options=options or {})
        answer = await self.link.ask(command)
        return answer.result or {}

    def import_data(
        self,
        files: list[str],
        name: str,
        importer: str,
        options: dict[str, Any],
        rows: int = 0,
        notes: Sequence[str] = (),
        shares: tuple[float, float] = (0.1, 0.1),
        seed: int = 0,
    ) -> None:
        """Import files as a data set of the open project; ``rows`` is the number of rows found.
        ``notes`` on them are kept with it; ``shares`` of them validate and test, by a ``seed``.
        """
        project = str(self.need_project())
        command = ImportData(
            files=files,
            project=project,
            name=name,
            importer=importer,
            options=options,
            expected=rows,
            notes=list(notes),
            seed=seed,
            validation=shares[0],
            test=shares[1],
        )
        self._again(command)

    def make(self, maker: str, config: dict[str, Any], name: str) -> None:
        """Have new data made, as a data set of the open project."""
        command = MakeData(
            maker=Pick(slug=maker, config=config), project=str(self.need_project()), name=name
        )
        self._do(self._make(command), "No data are made")

    async def _make(self, command: MakeData) -> None:
        await self.link.ask(command)

    async def _import(self, command: ImportData) -> None:
        place = self.state.place
        answer = await self.link.ask(command)
        job = str((answer.result or {}).get("job", ""))
        self._imports[job], self._from[job] = command, place

    def arrived(self, job: str, slug: str) -> None:
        """Show data that have just come in, or offer to where the person went on meanwhile."""
        place = self._from.pop(job, self.state.place)
        if self.state.place in (place, "data"):
            self.select(slug)
            return
        show = NoticeAction("Show", partial(self.select, slug))
        text = f"{project_name(slug)} is in the project"
        self.state.notices.post(Notice(level="good", text=text, actions=(show,)))

    def _lost(self, jobs: list[JobInfo]) -> None:
        """Say of each import that was under way that nothing came of it, and tidy up after it."""
        for info in jobs:
            command = self._imports.pop(info.job, None)
            if command is None:
                continue
            self.state.notices.error(
                ErrorInfo(
                    kind="engine",
                    message="The engine ended before it was done: nothing of it is in the project.",
                ),
                title=f"{named(command.files)} was not imported",
                topic=cause(info),
                here=True,
                actions=(self._retry(command),),
            )
            async_tasks.spawn(asyncio.to_thread(project_files.tidy, Path(command.project)))

    def _ended(self, info: JobInfo) -> None:
        command = self._imports.pop(info.job, None)
        if command is not None and info.state == "failed":
            self.state.notices.offer(cause(info), self._retry(command))

    def _retry(self, command: ImportData) -> NoticeAction:
        return NoticeAction("Import again", partial(self._again, command))

    def _again(self, command: ImportData) -> None:
        title = f"{named(command.files)} was not imported"
        self._do(self._import(command), title, again=self._retry(command))

    def delete_dataset(self, name: str) -> None:
        """Move a data set to the project's trash; the toast can bring it back, and says which runs
        will miss it. One that a run trains on, or waits for, is not deleted.
        """
        self._do(self._delete_dataset(name), f"{name} was not deleted")

    async def _delete_dataset(self, name: str) -> None:
        found = next((data for data in self.state.datasets if data.name == name), None)
        project = self.state.project
        if found is None or project is None:
            return
        trashed = await asyncio.to_thread(project_files.trash, project, found.path)
        self.state.datasets = [data for data in self.state.datasets if data.name != name]
        self.state.datasets_changed.emit()

        async def back() -> None:
            await asyncio.to_thread(project_files.restore, project, trashed)
            self.state.datasets = [*self.state.datasets, found]
            self.state.datasets_changed.emit()

        undo = self.state.notices.undoable(lambda: self._do(back(), f"{name} was not restored"))
        self.state.notices.post(
            Notice(level="info", text=f"{name} is deleted", why=self._missed(name), actions=(undo,))
        )

    def _missed(self, name: str) -> str:
        """Say how many runs miss a data set that was deleted, "" if none does."""
        runs = self.state.runs.by_key.values()
        n = sum(
            run.spec is not None and project_name(run.spec.dataset.slug) == name for run in runs
        )
        if not n:
            return ""
        have, they = ("has", "it") if n == 1 else ("have", "they")
        return (
            f"{format_count(n, 'run')} {have} learned from it: {they} cannot be resumed or "
            "measured "
            "until it is restored from the trash."
        )


def named(files: list[str]) -> str:
    """Return the name of a file, or of the first of several, as it can be shown."""
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{in_text(Path(files[0]).name)}{more}" if files else "Nothing"
