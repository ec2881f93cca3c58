"""The time machine: from a kept step of a run, another run that goes on differently."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import structs

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import branch_name, numbered
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.protocol.branching import put_settings
from pushforward.studio.protocol.messages import BranchRun, ErrorInfo
from pushforward.studio.protocol.spec import ChangeSetting

__all__ = ["BranchingIntents"]


class BranchingIntents(Intents):
    """Intents about leaving a run's way."""

    def __init__(self, state: AppState, link: Link, runs: RunIntents) -> None:
        super().__init__(state, link)
        self._runs = runs

    def ask(self, run_key: str, step: int) -> None:
        """Ask what is to be different from a step on."""
        if run_key in self.state.runs.by_key:
            self.state.window.open_branch.emit(run_key, step)

    def ask_here(self) -> None:
        """Ask for a branch of the selected run from the step that is looked at."""
        run, step = self.state.runs.current, self.state.playback.step
        if run is not None and run.stops:
            self.ask(run.key, run.stops[-1] if step is None else step)

    def branch(
        self,
        run_key: str,
        step: int,
        changes: Sequence[ChangeSetting] = (),
        name: str = "",
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Queue a run that equals another up to a step and has other settings from there on. It
        is named like its parent unless it is given a name. With ``settings`` by path, such as
        "training.batch", it leaves at the newest checkpoint that is not after the step.
        """
        command = BranchRun(
            run=run_key, step=step, name=name, changes=list(changes), settings=dict(settings)
        )
        self._do(self.send(command), "The run was not branched", run=run_key)

    async def send(self, command: BranchRun) -> None:
        """Queue a branch and show it.

        Raises:
            Refused: the engine cannot make it.
        """
        step = command.step
        parent = self.state.runs.by_key.get(command.run)
        if parent is None:
            raise Refused(
                ErrorInfo(
                    kind="user",
                    message="The run to branch from is not in this project any more.",
                    hint="Undo its deletion, or branch from another run.",
                )
            )
        command = structs.replace(command, name=command.name or branch_name(parent))
        answer = await self.link.ask(command)
        run = str(answer.result["run"])
        if parent.spec is not None:
            dataset = command.dataset or parent.spec.dataset
            self._runs.know(
                run, put_settings(structs.replace(parent.spec, dataset=dataset), command.settings)
            )
        self._runs.show_new(run, command.name)
        known = self.state.runs.by_key.get(run)
        if known is None:
            return  # another project was opened meanwhile
        known.parent = known.parent or parent.name
        start = int(answer.result.get("from_step", step))
        step = start if command.settings else step
        known.branch_step = step if known.branch_step is None else known.branch_step
        self.state.runs.listed.emit()
        known.branch_start = start
        await self._inherit(known)
        why = ""
        if start < step:
            origin = f"from the checkpoint at step {start:,}" if start else "from the beginning"
            why = f"First it replays its parent {origin} up to there."
        text = f"A branch leaves {numbered(parent)} at step {step:,}"
        self.state.notices.post(Notice(level="good", text=text, why=why))

    async def _inherit(self, run: RunState) -> None:
        """Read what a branch has from its parent: the engine tells only of what is new."""
        run.join(await asyncio.to_thread(project_files.fill, RunState(key=run.key, name=run.name)))
        self.state.runs.metrics_appended.emit(run.key)
        self.state.runs.kept_changed.emit(run.key)
