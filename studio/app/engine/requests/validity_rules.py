"""What a person says makes a datum valid: kept with the project, for all runs on the data."""

import asyncio
from functools import partial
from pathlib import Path

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.real_samples import RealSamples
from pushforward.studio.app.engine.requests.request_base import Intents, Link

__all__ = ["RuleIntents"]

TOPIC = "rule"


class RuleIntents(Intents):
    """Write the rule; then the screen requests the data from the engine again."""

    def __init__(self, state: AppState, link: Link, real_samples: RealSamples) -> None:
        super().__init__(state, link)
        self._real_samples = real_samples
        self._writing = asyncio.Lock()

    def choose(self, key: str, rule: str) -> None:
        """Say what makes one of the data of a run valid; "" leaves it to the data."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            self._do(self._choose(key, run.spec.dataset.slug, rule), "The rule was not kept")

    async def _choose(self, key: str, data: str, rule: str) -> None:
        project = Path(key).parents[1]
        async with self._writing:
            before = await asyncio.to_thread(project_files.write_rule, project, data, rule)
        if before == rule:
            return
        for each in self.state.runs.by_key.values():
            same = each.spec is not None and each.spec.dataset.slug == data
            if same and each.target is not None and Path(each.key).parents[1] == project:
                self._real_samples.reload(each.key)
        undo = self.state.notices.undoable(partial(self.choose, key, before))
        self.state.notices.post(
            Notice(
                level="info",
                text="What is valid was chosen for all runs on these data",
                why="Metric values follow when they are measured again.",
                actions=(undo,),
                topic=TOPIC,
                here=True,
            )
        )
