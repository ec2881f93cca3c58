"""Bringing data in: look into a file, import columns of it, take a data set away again."""

import asyncio
from pathlib import Path

from studio.app.intents import disk
from studio.app.intents.base import Intents, Refused
from studio.app.state.notices import Notice, NoticeAction
from studio.protocol.messages import ImportData, InspectData
from studio.store.errors import StoreError
from studio.store.names import check_text, in_text

__all__ = ["DataIntents"]


class DataIntents(Intents):
    """Intents about data sets."""

    def select(self, name: str) -> None:
        """Put a data set of the project on the canvas."""
        self.state.dataset = name
        self.state.runs.select("")
        self.state.place_changed.emit()
        self.state.go("data")

    def inspect_file(self, file: str) -> None:
        """Look into a file; what is found is shown for import, or why it cannot be."""
        self._do(
            self._inspect(file),
            f"{in_text(Path(file).name)} cannot be imported",
            topic=f"inspect:{file}",
        )

    async def _inspect(self, file: str) -> None:
        try:
            check_text(Path(file))
        except StoreError as error:
            raise Refused(error.info()) from error
        answer = await self.link.ask(InspectData(file=file))
        self.state.inspected.emit(file, answer.result or {})

    def import_data(self, file: str, name: str, columns: list[str], item: str = "") -> None:
        """Import columns of a file as a data set of the open project; without one, of a new
        scratch project.
        """
        project = str(self.need_project(name, name))
        command = ImportData(file=file, project=project, name=name, columns=columns, item=item)
        self._tell(command, f"{Path(file).name} was not imported")

    def delete_dataset(self, name: str) -> None:
        """Move a data set to the project's trash; the toast can bring it back."""
        self._do(self._delete_dataset(name), f"{name} was not deleted")

    async def _delete_dataset(self, name: str) -> None:
        found = next((data for data in self.state.datasets if data.name == name), None)
        project = self.state.project
        if found is None or project is None:
            return
        trashed = await asyncio.to_thread(disk.trash, project, found.path)
        self.state.datasets = [data for data in self.state.datasets if data.name != name]
        self.state.datasets_changed.emit()

        async def back() -> None:
            await asyncio.to_thread(disk.restore, project, trashed)
            self.state.datasets = [*self.state.datasets, found]
            self.state.datasets_changed.emit()

        undo = NoticeAction("Undo", lambda: self._do(back(), f"{name} was not restored"))
        self.state.notices.post(Notice(level="info", text=f"{name} is deleted", actions=(undo,)))
