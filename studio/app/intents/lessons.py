"""Explaining a training: its steps, stage by stage, in slow motion."""

from studio.app.intents.base import Intents
from studio.protocol.messages import Control

__all__ = ["LessonIntents"]


class LessonIntents(Intents):
    """Intents about the lesson; the training is paused while it lasts."""

    def explain(self, key: str) -> None:
        """Pause a run that trains and begin to explain its next step; again to end it."""
        lesson = self.state.lesson
        if lesson.run == key:
            self.end()
            return
        run = self.state.runs.by_key.get(key)
        if run is None or not run.job or run.background:
            return
        if lesson.run:
            self.end()
        running = run.state == "running"
        if running:
            self._tell(Control(job=run.job, action="pause"), "The run did not pause", run.key)
        self.state.playback.set(step=None)
        lesson.set(run=key, resume=running)

    def next_stage(self) -> None:
        """Do the next stage of the step that is explained."""
        run = self.state.runs.by_key.get(self.state.lesson.run)
        if run is not None and run.job:
            command = Control(job=run.job, action="stage", n=1)
            self._tell(command, "The next stage did not come", run.key)

    def play(self, playing: bool) -> None:
        """Let the stages follow each other by themselves, or stop that."""
        lesson = self.state.lesson
        if lesson.run:
            lesson.set(run=lesson.run, resume=lesson.resume, playing=playing)
            if playing:
                self.next_stage()

    def end(self) -> None:
        """Stop explaining; a training that was running goes on, from the end of its step."""
        lesson = self.state.lesson
        run, resume = self.state.runs.by_key.get(lesson.run), lesson.resume
        lesson.set(run="")
        if run is not None and run.job and run.state == "paused":
            action = "resume" if resume else "step"
            if resume or run.stage:
                self._tell(Control(job=run.job, action=action), "The run did not go on", run.key)
