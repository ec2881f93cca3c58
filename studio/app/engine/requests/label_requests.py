"""What a person says of runs: names, notes, tags, baselines. All of it can be taken back."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import called, number
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.run_labels import others_pinned, parsed_tags
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.protocol.label import Label

__all__ = ["LabelIntents"]

TOPIC = "label"


class LabelIntents(Intents):
    """Seen at once, then written; where the disk refuses, it is as before."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._writing = asyncio.Lock()

    def rename(self, key: str, name: str) -> None:
        """Call a run otherwise; "" calls it after its model and data again."""
        run = self._run(key)
        if run is not None:
            given = " ".join(name.split())
            given = (
                "" if given == called(run.name).removeprefix(number(run.name)).strip() else given
            )
            name = given or called(run.name).removeprefix(number(run.name)).strip()
            said = f"Run {number(run.name)} is called {name}"
            self._say({key: msgspec.structs.replace(run.label, name=given)}, said)

    def note(self, key: str, note: str) -> None:
        """Write a note on a run; "" for none."""
        run = self._run(key)
        if run is not None:
            label = msgspec.structs.replace(run.label, note=note.strip())
            self._say({key: label}, f"The note on run {number(run.name)} is changed")

    def tag(self, key: str, text: str) -> None:
        """Give a run the tags that stand in a text with commas between them, instead of its own."""
        run = self._run(key)
        if run is not None:
            label = msgspec.structs.replace(run.label, tags=parsed_tags(text))
            self._say({key: label}, f"The tags of run {number(run.name)} are changed")

    def add_tags(self, keys: Sequence[str], text: str) -> None:
        """Add tags to several runs."""
        runs = [run for key in keys if (run := self._run(key)) is not None]
        added = {
            run.key: msgspec.structs.replace(
                run.label, tags=parsed_tags(",".join([*run.label.tags, text]))
            )
            for run in runs
        }
        self._say(added, f"{len(runs)} runs are tagged")

    def pin(self, key: str) -> None:
        """Make a run the only baseline of its data, or remove it as the baseline."""
        run = self._run(key)
        if run is None:
            return
        pinned = not run.label.baseline
        labels = {key: msgspec.structs.replace(run.label, baseline=pinned)}
        if pinned:
            for each in others_pinned(run, self.state.runs.by_key.values(), self.state.catalog):
                labels[each.key] = msgspec.structs.replace(each.label, baseline=False)
        is_now = "is the baseline of its data" if pinned else "is no baseline any more"
        self._say(labels, f"Run {number(run.name)} {is_now}")

    def _run(self, key: str) -> RunState | None:
        return self.state.runs.by_key.get(key)

    def _say(self, labels: Mapping[str, Label], said: str) -> None:
        """Label runs, and offer to take it back; nothing is done where nothing changes."""
        runs = self.state.runs.by_key
        before = {key: runs[key].label for key in labels if runs[key].label != labels[key]}
        if not before:
            return
        self._label({key: labels[key] for key in before})
        undo = self.state.notices.undoable(lambda: self._label(before))
        self.state.notices.post(
            Notice(level="info", text=said, actions=(undo,), topic=TOPIC, here=True)
        )

    def _label(self, labels: Mapping[str, Label]) -> None:
        for key, label in labels.items():
            run = self._run(key)
            if run is not None:
                before = run.label
                self._show(run, label)
                title = f"{run.name} was not changed"
                self._do(self._write(run, label, before), title, run=key)

    def _show(self, run: RunState, label: Label) -> None:
        run.label = label
        self.state.runs.changed.emit(run.key)

    async def _write(self, run: RunState, label: Label, before: Label) -> None:
        async with self._writing:  # the last that was said is the last that is written
            try:
                await asyncio.to_thread(project_files.write_label, Path(run.key), label)
            except Refused:
                if run.label == label:
                    self._show(run, before)
                raise
