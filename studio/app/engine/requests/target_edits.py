"""Edits of the target points of a training."""

import random

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.training_edits import EditIntents
from pushforward.studio.protocol.spec import EditPoints, RunSpec

__all__ = ["HandIntents"]


class HandIntents(Intents):
    """Intents about target points; see `studio.protocol.spec.EditPoints`."""

    def __init__(self, state: AppState, link: Link, edits: EditIntents) -> None:
        super().__init__(state, link)
        self._edits = edits

    def add_points(self, key: str, stroke: EditPoints, share: float) -> None:
        """Add points in a clump; their number is a fraction of those that the run learns."""
        run = self.state.runs.by_key.get(key)
        if run is None or run.spec is None:
            return
        count = max(1, round(self._learned(run, run.spec) * share))
        seed = random.randrange(2**31)  # kept in the edit, so that it can be replayed
        self._edits.apply(key, msgspec.structs.replace(stroke, count=count, seed=seed))

    def _learned(self, run: RunState, spec: RunSpec) -> int:
        """How many points a run learns: as the engine counted them, else as many as its settings
        draw.
        """
        if run.learned is not None:
            return run.learned  # an imported set is learned whole, whatever the settings say
        entry = draft_spec.entry_of(spec, "training", self.state.catalog)
        defaults = {field.path: field.default for field in (entry.fields if entry else [])}
        return int({**defaults, **spec.training}.get("samples") or 20_000)
