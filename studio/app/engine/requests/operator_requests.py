"""What a run can do: asked by a view, with nothing written, or let be done as a job."""

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import name_of
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.operator_results import (
    BROWSERS,
    SAMPLES,
    SEEN,
    number_of,
    operator_of,
)
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.core.run_summary import result_title, result_words
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Answer, Intents, Link, Refused
from pushforward.studio.protocol.capabilities import Able
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.messages import (
    Control,
    GetAble,
    Operate,
    PreviewData,
    ResultWritten,
)

if TYPE_CHECKING:
    from pushforward.studio.store.results import ResultRecord

__all__ = ["DOES", "MEASURED", "OperatingIntents"]

PREVIEWED = 64  # rows of the data that a portrait may show
MEASURED = SEEN.keys() - {"film", "impute", "refine-scene"}
"""Operators that are called by a noun: they are not done, but measured."""
DOES = {"film": "Make the film"}
"""What is done by others that are called by one."""


class OperatingIntents(Intents):
    """Intents about operators, and about the short jobs that they are."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        state.result_written.connect(self._written)

    def open(self, key: str, operator: str) -> None:
        """Ask with which settings, and where to, something is done with a run."""
        self.state.window.open_operator.emit(key, operator)

    async def ask(
        self,
        key: str,
        operator: str,
        *,
        config: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        given: dict[str, Any] | None = None,
        step: int | None = None,
        live: bool = False,
    ) -> Answer:
        """Do with a run what an operator can, with the newest checkpoint or the newest not after
        ``step``, or, with ``live``, the present weights of a training; return {"step", "note",
        "config"} with the arrays.

        Raises:
            Refused: it cannot be done, or the run has no checkpoint yet.
        """
        asking = Asking(config or {}, given or {}, inputs or {})
        return await self.link.ask(
            _operate(key, operator, asking, step=step, inline=True, live=live)
        )

    async def estimate(self, key: str, operator: str, asking: Asking) -> float | None:
        """Return the approximate duration in seconds, None if it cannot be estimated quickly.

        Raises:
            Refused: the operator cannot run with these inputs.
        """
        answer = await self.link.ask(_operate(key, operator, asking, estimate=True))
        seconds = (answer.result or {}).get("seconds")
        return None if seconds is None else float(seconds)

    async def able(self, key: str) -> Able:
        """Return what a run can do with its newest checkpoint, and under which conditions.

        Raises:
            Refused: it has none yet.
        """
        found = msgspec.convert((await self.link.ask(GetAble(run=key))).result, Able)
        self.state.unable[key] = {each.operator: each.reason for each in found.operators}
        return found

    async def learn(self, key: str) -> None:
        """Have it known what a run cannot do, if it is not yet."""
        if key not in self.state.unable:
            with suppress(Refused):  # whoever asks for what it cannot do is told then
                await self.able(key)

    async def portrait(self, key: str, portrait: Portrait) -> dict[str, NDArray[Any]]:
        """Return what the portrait of a run is painted from: some of its data, and what its
        operator makes of them with the newest checkpoint.

        Raises:
            Refused: it cannot be done, or the run has no checkpoint.
        """
        run = self.state.runs.by_key[key]
        assert run.spec is not None
        project = str(self.state.project or "")
        seen = await self.link.ask(
            PreviewData(dataset=run.spec.dataset, project=project, n=PREVIEWED)
        )
        hands = {
            slot: np.asarray(seen.arrays[name])[: portrait.rows].tolist()
            for slot, name in portrait.hands.items()
        }
        made = await self.ask(key, portrait.operator, inputs=hands)
        columns = np.array((seen.result or {}).get("columns") or ())
        return {**seen.arrays, "columns": columns, **made.arrays}

    async def start(
        self,
        key: str,
        operator: str,
        asking: Asking,
        file: str = "",
        step: int | None = None,
        *,
        show: bool = True,
    ) -> str:
        """Let something be done with a run as a job, whose results go into the run or to a file,
        which the person has agreed to replace if it is there: dialogs for saving ask. The weights
        are those of the newest checkpoint, or of the newest not after ``step``. The view that is
        made for what it finds is shown, unless ``show`` is False. Return the job.

        Raises:
            Refused: it cannot be done so; the path is that of the setting, where one is to blame.
        """
        answer = await self.link.ask(
            _operate(key, operator, asking, file=file, overwrite=bool(file), step=step)
        )
        state, view = self.state, SEEN.get(operator, "")
        if show and view and not file and (state.place, state.runs.selection) == ("run", key):
            state.window.show_lens.emit(
                view
            )  # it says that it measures, and shows what comes of it
        return str((answer.result or {}).get("job", ""))

    async def newest(
        self, key: str, operator: str
    ) -> tuple["ResultRecord", dict[str, NDArray[Any]]] | None:
        """Return what came last of an operator in a run, with its arrays; None if nothing did.

        Raises:
            Refused: it is damaged, or gone.
        """
        name = self.wanted(key, operator, opened=False)
        return await self.read(key, name) if name else None

    def wanted(self, key: str, operator: str, *, opened: bool = True) -> str:
        """Return the name of the result of an operator that is to be shown: the newest, or that
        which was ``opened``; "" where the run has none.
        """
        run, name = self.state.runs.by_key.get(key), self.state.opened.get(key)
        made = [each for each in run.results if operator_of(each) == operator] if run else []
        return name if opened and name is not None and name in made else next(reversed(made), "")

    async def read(self, key: str, name: str) -> tuple["ResultRecord", dict[str, NDArray[Any]]]:
        """Return a result of a run by its name, with its arrays.

        Raises:
            Refused: it is damaged, or gone.
        """
        return await asyncio.to_thread(project_files.result, Path(key) / "results" / name)

    async def read_inputs(self, key: str, name: str) -> dict[str, NDArray[Any]]:
        """Return the rows that a person handed for a result of a run, by slot.

        Raises:
            Refused: they are damaged.
        """
        return await asyncio.to_thread(project_files.read_inputs, Path(key) / "results" / name)

    def show(self, key: str, name: str) -> None:
        """Show a result of a run: in the view that is made for it, its rows where they are browsed,
        or, if it has neither, where its files are.
        """
        self._do(self._show(key, name), "The result cannot be shown", run=key)

    def delete(self, key: str, name: str) -> None:
        """Move a result of a run to the trash; the toast, or Undo, brings it back."""
        text = f"{self._called(key, name)} was not deleted"
        self._do(self._delete(key, name), text, run=key)

    def rename(self, key: str, name: str, given: str) -> None:
        """Call a result otherwise; "" calls it after what was done again."""
        run = self.state.runs.by_key.get(key)
        if run is None:
            return
        before, done = run.result_names.get(name, ""), result_title(run, name, self.state.catalog)
        given = " ".join(given.split())
        given = "" if given == done else given
        if given == before:
            return
        self._name(key, name, given)
        undo = self.state.notices.undoable(lambda: self._name(key, name, before))
        said = f"Result {number_of(name)} is called {self._called(key, name).partition(' ')[2]}"
        self.state.notices.post(Notice(level="info", text=said, actions=(undo,), here=True))

    def _name(self, key: str, name: str, given: str) -> None:
        run = self.state.runs.by_key.get(key)
        if run is not None:
            run.result_names[name] = given
            self.state.runs.changed.emit(key)
        title = f"Result {number_of(name)} was not renamed"
        self._do(self._write_name(key, name, given), title, run=key)

    async def _write_name(self, key: str, name: str, given: str) -> None:
        place, label = Path(key) / "results" / name, Label(name=given)
        await asyncio.to_thread(project_files.write_result_label, place, label)

    def _called(self, key: str, name: str) -> str:
        return result_words(self.state.runs.by_key.get(key), name, self.state.catalog).text

    async def _delete(self, key: str, name: str) -> None:
        project, place = Path(key).parent.parent, Path(key) / "results" / name
        entry = await asyncio.to_thread(project_files.trash, project, place)
        state, called = self.state, self._called(key, name)
        run = state.runs.by_key.get(key)
        if run is not None:
            run.results = [each for each in run.results if each != name]
        if state.opened.get(key) == name:
            del state.opened[key]
        self._changed(key)
        back = partial(self._bring_back, key, name, entry)
        undo = state.notices.undoable(lambda: self._do(back(), f"{called} was not restored"))
        text = f"{called} is deleted"
        state.notices.post(Notice(level="info", text=text, actions=(undo,)))

    async def _bring_back(self, key: str, name: str, entry: Path) -> None:
        await asyncio.to_thread(project_files.restore, Path(key).parent.parent, entry)
        run = self.state.runs.by_key.get(key)
        if run is not None:
            run.results = sorted({*run.results, name}, key=number_of)
        self._changed(key)

    def _changed(self, key: str) -> None:
        """Say that a run has other results than before."""
        self.state.runs.changed.emit(key)
        self.state.result_opened.emit(key)

    async def _show(self, key: str, name: str) -> None:
        state, place = self.state, Path(key) / "results" / Path(name).name
        view = SEEN.get(operator_of(place.name))
        if view is None and not await asyncio.to_thread(project_files.has_rows, place):
            show_in_folder(place)
            return
        state.opened[key] = place.name
        state.runs.select(key)
        state.go("run")
        state.window.show_lens.emit(view or self._browser(key))
        state.result_opened.emit(key)

    def _browser(self, key: str) -> str:
        """Return the view that rows of a run are browsed in: others of the samples show none of
        what is opened.
        """
        views = kind_of_run(self.state.runs.by_key.get(key), self.state.catalog).views
        return next((f"{SAMPLES}/{view}" for view in views if view in BROWSERS), SAMPLES)

    def leave(self, key: str) -> None:
        """Look at what is newest of a run again."""
        if self.state.opened.pop(key, None) is not None:
            self.state.result_opened.emit(key)

    def _look_again(self, key: str, name: str) -> None:
        """Open a result that was requested again, if it is not shown as the newest."""
        if name != self.wanted(key, operator_of(name), opened=False):
            self.state.opened[key] = name
            self.state.result_opened.emit(key)

    def cancel(self, job: str) -> None:
        """End a job, or take it out of the queue; nothing half is left of it. It is said at once
        that it ends, which may take the engine a while; a hasty second click asks for no more.
        """
        if job in self.state.ending:
            return
        self.state.ending.add(job)
        self.state.job_progressed.emit(job)
        self._do(self._cancel(job), "It could not be ended")

    async def _cancel(self, job: str) -> None:
        try:
            await self.link.ask(Control(job=job, action="cancel"))
        except Refused:
            if job in self.state.jobs:  # else it has ended by itself meanwhile
                raise
        finally:
            self.state.ending.discard(job)
            self.state.job_progressed.emit(job)

    def _written(self, event: ResultWritten) -> None:
        """Say where the results are, and offer to go there."""
        place = Path(event.file or event.result)
        catalog = self.state.catalog
        entry = catalog.get("operator", event.operator) if catalog is not None else None
        title = entry.title if entry is not None else event.operator
        if event.file:
            text, why = f"{place.name} is written", str(place.parent)
        else:
            number, run = number_of(place.name), self.state.runs.by_key.get(event.run)
            of = f"{name_of(run)} in Runs" if run is not None else "its run"
            text = f"{title} is done"
            why = f"Step {event.step:,}, kept as result {number} under {of}"
            if event.again:
                why = f"The same as before: result {number} under {of}; nothing was added"
                self._look_again(event.run, place.name)
        seen = not event.file and event.operator in SEEN  # its view says the note
        why = f"{why}. {event.note}" if event.note and not seen else why
        show = NoticeAction("Show in folder", partial(show_in_folder, place))
        if seen:
            show = NoticeAction("Show", partial(self.show, event.run, place.name))
        topic = f"written:{place}"
        self.state.notices.post(
            Notice(level="good", text=text, why=why, actions=(show,), topic=topic)
        )


def _operate(key: str, operator: str, asking: Asking, **how: Any) -> Operate:
    """Return the command to send; ``how`` selects the kind of answer."""
    return Operate(
        run=key,
        operator=operator,
        config=asking.config,
        given=asking.given,
        inputs=asking.inputs,
        length=asking.length,
        **how,
    )
