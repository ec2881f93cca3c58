"""A hand on the target of a training: points are added, and what is there is looked at anew."""

import random

import msgspec

from studio.app.intents.base import points
from studio.app.intents.edits import EditIntents
from studio.app.intents.looking import LookingIntents
from studio.protocol.messages import GetTarget
from studio.protocol.spec import EditPoints

__all__ = ["HandIntents"]


class HandIntents(EditIntents, LookingIntents):
    """Intents about target points; see `studio.protocol.spec.EditPoints`."""

    def add_points(self, key: str, stroke: EditPoints, share: float) -> None:
        """Add points in a clump: so many as are a share of those that the run learns."""
        run = self.state.runs.by_key.get(key)
        if run is None or run.spec is None:
            return
        entry = self.state.catalog.get("training", "training") if self.state.catalog else None
        defaults = {field.path: field.default for field in (entry.fields if entry else [])}
        total = int({**defaults, **run.spec.training}.get("samples") or 20_000)
        count = max(1, round(total * share))
        seed = random.randrange(2**31)  # kept in the edit, so that it can be replayed
        self.apply_edit(key, msgspec.structs.replace(stroke, count=count, seed=seed))

    def reload_target(self, key: str) -> None:
        """Show the target of a run as its edits have made it."""
        self._do(self._reload_target(key), "The changed target cannot be shown")

    async def _reload_target(self, key: str) -> None:
        answer = await self.link.ask(GetTarget(run=key))
        run = self.state.runs.by_key.get(key)
        if run is not None:
            run.target = points(answer, "x")
            self.state.runs.changed.emit(key)
