"""What a run can do: asked by a view, with nothing written, or let be done as a job."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from studio.app.infolder import show_in_folder
from studio.app.intents import disk
from studio.app.intents.base import Answer, Intents, Link
from studio.app.state.notices import Notice, NoticeAction
from studio.app.state.operators import Asking
from studio.app.state.session import AppState
from studio.protocol.able import Able
from studio.protocol.messages import Control, GetAble, Operate, ResultWritten

__all__ = ["OperatingIntents"]


class OperatingIntents(Intents):
    """Intents about operators, and about the short jobs that they are."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        state.result_written.connect(self._written)

    def open(self, key: str, operator: str) -> None:
        """Ask with which settings, and where to, something is done with a run."""
        self.state.operate_wanted.emit(key, operator)

    async def ask(
        self,
        key: str,
        operator: str,
        *,
        config: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        step: int | None = None,
    ) -> Answer:
        """Do with a run what an operator can, with the newest checkpoint or the newest not after
        ``step``; return {"step", "note"} with the arrays.

        Raises:
            Refused: it cannot be done, or the run has no checkpoint yet.
        """
        return await self.link.ask(
            Operate(
                run=key,
                operator=operator,
                config=config or {},
                inputs=inputs or {},
                step=step,
                inline=True,
            )
        )

    async def able(self, key: str) -> Able:
        """Return what a run can do with its newest checkpoint, and under which conditions.

        Raises:
            Refused: it has none yet.
        """
        return msgspec.convert((await self.link.ask(GetAble(run=key))).result, Able)

    async def start(self, key: str, operator: str, asking: Asking, file: str = "") -> None:
        """Let something be done with a run as a job, whose results go into the run or to a file,
        which the person has agreed to replace if it is there: dialogs for saving ask.

        Raises:
            Refused: it cannot be done so; the path is that of the setting, where one is to blame.
        """
        await self.link.ask(
            Operate(
                run=key,
                operator=operator,
                config=asking.config,
                given=asking.given,
                inputs=asking.inputs,
                file=file,
                overwrite=bool(file),
            )
        )

    def show(self, key: str, name: str) -> None:
        """Show a result of a run: its rows where they are browsed, or, if it has none, where its
        files are.
        """
        self._do(self._show(key, name), "The result cannot be shown", run=key)

    async def _show(self, key: str, name: str) -> None:
        place = Path(key) / "results" / Path(name).name
        if not await asyncio.to_thread(disk.has_rows, place):
            show_in_folder(place)
            return
        state = self.state
        state.opened[key] = name
        state.runs.select(key)
        state.go("run")
        state.lens_wanted.emit("samples")
        state.result_opened.emit(key)

    def leave(self, key: str) -> None:
        """Look at what is newest of a run again."""
        if self.state.opened.pop(key, None) is not None:
            self.state.result_opened.emit(key)

    def cancel(self, job: str) -> None:
        """End a job; nothing half is left of it."""
        self._tell(Control(job=job, action="cancel"), "It could not be ended")

    def _written(self, event: ResultWritten) -> None:
        """Say where the results are, and offer to go there."""
        place = Path(event.file or event.result)
        catalog = self.state.catalog
        entry = catalog.get("operator", event.operator) if catalog is not None else None
        title = entry.title if entry is not None else event.operator
        if event.file:
            text, why = f"{place.name} is written", str(place.parent)
        else:
            text, why = f"{title} is done", f"Step {event.step:,}, in {place.name}"
        why = f"{why}. {event.note}" if event.note else why
        show = NoticeAction("Show in folder", partial(show_in_folder, place))
        topic = f"written:{place}"
        self.state.notices.post(
            Notice(level="good", text=text, why=why, actions=(show,), topic=topic)
        )
