"""The record of a run in a pane next to others: the one at the same fraction of the budget."""

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.record_follower import Following

__all__ = ["PairedRecord"]


class PairedRecord(Following):
    """Follows a run of its own, whichever is selected; the clocks are those of the selected one."""

    key = ""

    def show(self, key: str) -> None:
        """Follow another run."""
        if key != self.key:
            self.key = key
            super()._select()

    @property
    def run(self) -> RunState | None:
        """The run that is followed."""
        return self._state.runs.by_key.get(self.key)

    @property
    def step(self) -> int | None:
        """The kept step at the share of the budget that the clock points at, None for live."""
        run, current, clock = self.run, self._state.runs.current, self._state.playback
        if clock.step is None or run is None or current is None:
            return None
        if run is current:
            return clock.step
        return run_comparison.kept_at(run, run_comparison.share(current, clock.step))

    def _select(self, _key: str = "") -> None:
        """Another run gives the clocks now; the run that is followed is the same."""
        self.follow()
