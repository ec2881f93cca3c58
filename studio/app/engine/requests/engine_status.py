"""Notices when the engine starts or stops, with the actions that help."""

from pushforward.studio.app.core.app_state import AppState, EngineStatus, is_background
from pushforward.studio.app.core.display_names import number, numbered
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.training_requests import TrainingIntents
from pushforward.studio.client.client import EngineState
from pushforward.studio.protocol.messages import ErrorInfo, JobInfo

__all__ = ["EngineIntents"]

ALIVE = ("queued", "running", "paused")
SHORT = ("operator", "evaluation", "export")
"""Jobs without results, whose end no other notice mentions."""


class EngineIntents(Intents):
    """What happens when the engine changes its state."""

    def __init__(self, state: AppState, link: Link, training: TrainingIntents) -> None:
        super().__init__(state, link)
        self._training = training
        state.interrupted.connect(self._found)

    def restart(self) -> None:
        """Start the engine again."""
        self._do(self.link.restart(), "Engine failed to start", topic="engine-lost", here=False)

    async def close(self) -> None:
        """Let the engine save what runs, and leave.

        Raises:
            Refused: it cannot.
        """
        await self.link.close(checkpoint=True)

    def became(self, now: EngineState) -> None:
        """Take over a change of the client's state; `Ready` itself comes as an event."""
        status = self.state.engine
        if self.state.computer and now.name == "restarting":
            self.state.forget_jobs()  # the engine goes on, and says anew what it has
            self._set(EngineStatus(state="restarting", message="Reconnecting"))
            self.state.queue_changed.emit()
        elif now.name in ("restarting", "lost"):
            self._lost(now)
        elif now.name == "unresponsive":
            self._set(EngineStatus(state="lost", device=status.device, message=now.message))
            self._banner(now, "The engine does not answer")
        elif now.name == "starting":
            self._set(EngineStatus(state="starting", message="Starting the engine"))
        elif now.name == "ready" and status.state == "lost":
            busy = self.state.under_way is not None
            self._set(
                EngineStatus(
                    state="busy" if busy else "ready",
                    device=status.device,
                    message="Engine busy" if busy else "Engine ready",
                    versions=status.versions,
                )
            )
            self.state.notices.settle("engine-silent")

    def _set(self, status: EngineStatus) -> None:
        self.state.engine = status
        self.state.engine_changed.emit()

    def _lost(self, now: EngineState) -> None:
        """Mark what ran as interrupted, say why, and offer to go on from where it was saved."""
        again = self.state.engine.state in ("restarting", "lost") and now.name == "restarting"
        stopped = [run for run in self.state.runs.by_key.values() if run.job and not run.background]
        trained = next((r for r in stopped if r.state in ("running", "paused")), None)
        for run in stopped:
            run.job = ""
            if run.state in ALIVE:
                run.state = "dropped" if run.state == "queued" else "interrupted"
            run.steps_per_second, run.seconds_left = 0.0, None
            self.state.runs.changed.emit(run.key)
        elsewhere = self.state.elsewhere
        lost = [job for key, job in self.state.jobs.items() if not is_background(key)]
        self.state.jobs_lost.emit(lost)
        self.state.forget_jobs()
        self.state.notices.settle("engine-silent")
        word = "restarting" if now.name == "restarting" else "lost"
        self._set(
            EngineStatus(state="restarting", message="Restarting the engine")
            if word == "restarting"
            else EngineStatus(state="lost", message="Engine lost")
        )
        self.state.queue_changed.emit()
        gone = self._lost_short(lost, now)
        if now.error is None or again:
            return  # the person asked for a restart, or knows already
        if trained is not None:
            what = "The race" if trained.race else numbered(trained)
            self._interrupted(_error(now), f"{what} was interrupted", trained)
        if now.name == "lost":
            self._banner(now, "The engine is gone")
        elif trained is None and elsewhere is None and not gone:
            self.state.notices.post(
                Notice(level="warning", text="The engine was restarted", why=now.error.message)
            )

    def _lost_short(self, lost: list[JobInfo], now: EngineState) -> bool:
        """Say of what is neither trained nor imported, such as what a lab measures, that nothing
        came of it; return whether there was any.
        """
        titles = [job.title for job in lost if job.kind in SHORT]
        if titles:
            text = f"{', '.join(titles)} {'were' if titles[1:] else 'was'} lost with the engine"
            why = now.error.message if now.error is not None else ""
            todo = "Nothing of it is kept: start it again."
            self.state.notices.post(Notice(level="warning", text=text, why=why, todo=todo))
        return bool(titles)

    def _found(self, key: str) -> None:
        """Say of a run that was read from the disk that its window went while it was trained."""
        run = self.state.runs.by_key[key]
        step = run.checkpoints[-1] if run.checkpoints else 0
        kept = f"What it had learned up to step {step:,} is kept." if step else "Nothing was saved."
        error = ErrorInfo(
            kind="engine", message="The studio ended while it was being trained.", hint=kept
        )
        known = bool(run.label.name or run.model)  # else it would be called as its folder
        name = numbered(run) if known else f"Run {number(run.name)}"
        if run.race:
            name = "The race"
        self._interrupted(error, f"{name} was interrupted", run)

    def _resume_action(self, run: RunState) -> NoticeAction:
        step = run.checkpoints[-1] if run.checkpoints else 0
        title = f"Resume from step {step:,}" if step else "Start it again"
        title = "Resume the race" if run.race else title
        key = run.key
        return NoticeAction(title, lambda: self._training.resume(key))

    def _interrupted(self, error: ErrorInfo, text: str, trained: RunState) -> None:
        """Say so at the run, or at all of its race, until it goes on."""
        race = [run.key for run in self.state.runs.by_key.values() if run.race == trained.race]
        self.state.notices.error(
            error,
            title=text,
            topic=f"training:{trained.key}",
            runs=tuple(race) if trained.race else (trained.key,),
            actions=(self._resume_action(trained),),
        )

    def _banner(self, now: EngineState, text: str) -> None:
        restart = NoticeAction("Restart the engine", self.restart)
        topic = "engine-silent" if now.name == "unresponsive" else "engine-lost"
        self.state.notices.error(_error(now), title=text, topic=topic, actions=(restart,))


def _error(now: EngineState) -> ErrorInfo:
    return now.error or ErrorInfo(kind="engine", message=now.message)
