"""Step breakdown: the next training step is done stage by stage, and then the training continues.
For a run that does not train here, the engine does the step after a checkpoint and discards it.
"""

import numpy as np
from PySide6.QtCore import QTimer

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.protocol.messages import Control, WalkStep
from pushforward.studio.protocol.records import FlowRecord

__all__ = ["MomentIntents"]

PATIENCE_MS = 3000  # that a picture of a stage may take; without one the next stage is done
SHOWN, FEW = 1024, 16  # rows of a batch that are points of a plane, and that are pictures


class MomentIntents(Intents):
    """Intents about the step breakdown. The training is paused from stage to stage, and each stage
    waits until its record is shown; so a lens that watches must be in front.
    """

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._late = QTimer(state)
        self._late.setSingleShot(True)
        self._late.setInterval(PATIENCE_MS)
        self._late.timeout.connect(self._next)
        state.runs.record_arrived.connect(self._arrived)
        state.runs.staged.connect(self._staged)
        state.runs.changed.connect(self._changed)
        state.project_changed.connect(self.let_go)

    @property
    def _walked(self) -> RunState | None:
        """The run whose stages are being done in its training."""
        moment = self.state.moment
        return self.state.runs.by_key.get(moment.run) if moment.walking and moment.live else None

    def freeze(self, key: str) -> None:
        """Do the next step of a run that trains here stage by stage, and keep what each has at
        hand; of another one that of its checkpoint where the training clock points.
        """
        run = self.state.runs.by_key.get(key)
        if run is None or self.state.moment.walking:
            return
        if run.here and run.state in ("running", "paused"):
            self.state.playback.set(step=None)
            self.state.moment.begin(key, run.step, resume=run.state == "running")
            self._next()
        elif not run.here and run.checkpoints:
            step = self.state.playback.step
            self.state.moment.begin(key, run.step if step is None else step, live=False)
            title = "The step cannot be shown"
            self._do(self._walk(key, step, self.state.moment.begun), title, run=key)

    async def _walk(self, key: str, step: int | None, begun: int) -> None:
        """Let the engine do a step of a run that does not train here, for the breakdown of a step.
        If the user leaves it meanwhile, it is not opened.
        """
        moment = self.state.moment
        try:
            run = self.state.runs.by_key.get(key)
            flat = kind_of_run(run, self.state.catalog).layout == "plane"
            answer = await self.link.ask(WalkStep(run=key, n=SHOWN if flat else FEW, step=step))
        except Refused:
            if moment.begun == begun:
                moment.clear()
            raise
        if moment.begun != begun:
            return
        said = answer.result or {}
        moment.step, bounds = int(said["step"]), tuple(said["bounds"])
        for stage in said["stages"]:
            prefix = f"{stage}/"
            arrays = {
                name.removeprefix(prefix): each
                for name, each in answer.arrays.items()
                if name.startswith(prefix)
            }
            arrays["x"] = np.empty((len(arrays["t"]), 0, 2))  # its particles are those of a record
            moment.add(stage, FlowRecord(moment.step, arrays, bounds))
        moment.walked()

    def let_go(self) -> None:
        """Follow the training again."""
        run = self._walked
        self._late.stop()
        if run is not None:
            self._go_on(run)
        self.state.moment.clear()

    def _next(self) -> None:
        run = self._walked
        if run is not None and run.job:
            command = Control(job=run.job, action="stage", n=1)
            self._tell(command, "The next stage did not come", run.key)
            self._late.start()

    def _arrived(self, key: str) -> None:
        run = self._walked
        if run is None or run.key != key or run.live is None:
            return
        if run.stage and run.live.scene and run.stage not in self.state.moment.records:
            self.state.moment.add(run.stage, run.live)
            self._next()

    def _staged(self, key: str) -> None:
        run = self._walked
        if run is not None and run.key == key and not run.stage:
            self._late.stop()
            self._go_on(run)
            self.state.moment.walked()

    def _go_on(self, run: RunState) -> None:
        """Let the training do what it did before: also the rest of a step that is half done."""
        if run.job and (self.state.moment.resume or run.stage):
            action = "resume" if self.state.moment.resume else "step"
            self._tell(Control(job=run.job, action=action), "The run did not continue", run.key)

    def _changed(self, key: str) -> None:
        run = self._walked
        if run is not None and run.key == key and not run.job:
            self._late.stop()
            self.state.moment.walked()  # it ended, or its engine did
