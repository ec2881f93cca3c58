"""Changing a training while it runs: settings and target points, each an event of the run."""

from pushforward.studio.app.engine.requests.request_base import Intents, Refused
from pushforward.studio.protocol.messages import ApplyEdit, ErrorInfo
from pushforward.studio.protocol.spec import Edit, UndoPoints

__all__ = ["EditIntents"]


class EditIntents(Intents):
    """Intents about what is changed in the middle of a training.

    The edit comes back as an event once it is on disk, and is listed in the run from then on. The
    step inside an edit is the engine's to fill in.
    """

    def apply(self, key: str, edit: Edit) -> None:
        """Change a training between two of its steps; a refusal shows a notice."""
        self._do(self._apply(key, edit), "The change did not take hold", run=key)

    def undo_points(self, key: str) -> None:
        """Take back the newest edit of a run's target points."""
        self.apply(key, UndoPoints(step=0))

    async def apply_now(self, key: str, edit: Edit) -> int:
        """Change a training, and return the step after which the change holds.

        Raises:
            Refused: the run is not under way here, or the engine cannot take the edit.
        """
        run = self.state.runs.by_key.get(key)
        if run is None or not run.job or run.background:
            elsewhere = run is not None and run.background
            raise Refused(
                ErrorInfo(
                    kind="user",
                    message="The run trains in another process, which takes no changes."
                    if elsewhere
                    else "The run is not under way, so that nothing in it can change.",
                    hint="Branch from one of its kept steps with the change, or resume it first.",
                )
            )
        answer = await self.link.ask(ApplyEdit(job=run.job, edit=edit))
        return int((answer.result or {}).get("step", run.step))

    async def _apply(self, key: str, edit: Edit) -> None:
        await self.apply_now(key, edit)
