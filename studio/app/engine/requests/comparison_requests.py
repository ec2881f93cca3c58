"""Runs side by side: which, and what is said of them."""

from pathlib import Path

from pushforward.studio.app.core import async_tasks, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.run_ranking import likelihood_of
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.protocol.messages import Evaluate, Validate
from pushforward.studio.protocol.spec import Pick

__all__ = ["ComparingIntents"]


class ComparingIntents(Intents):
    """Intents about runs that are looked at together."""

    def __init__(self, state: AppState, link: Link, runs: RunIntents) -> None:
        super().__init__(state, link)
        self._runs = runs
        self._counted: set[str] = set()
        state.engine_changed.connect(self._forget_counts)

    def show_race(self, race: str) -> None:
        """Show the runs of a race side by side."""
        self.show([run.key for run in run_comparison.members(self.state.runs, race)])

    def toggle(self, key: str) -> None:
        """Take a run into those to be compared, or out; the selected one is the first."""
        runs = self.state.runs
        chosen = [each for each in runs.chosen if each in runs.by_key]
        if not chosen and runs.selection and self.state.place == "run":
            chosen = [runs.selection]
        if key in chosen:
            chosen.remove(key)
        elif len(chosen) >= run_comparison.MOST:
            text = f"At most {run_comparison.MOST} runs are compared"
            self.state.notices.post(Notice(level="info", text=text))
            return
        else:
            chosen.append(key)
        runs.choose(tuple(chosen))

    def show_chosen(self) -> None:
        """Show the chosen runs side by side, or say why they cannot be."""
        runs = self.state.runs
        chosen = [runs.by_key[key] for key in runs.chosen if key in runs.by_key]
        chosen = chosen or run_comparison.compared(runs)
        why = run_comparison.why_not(chosen, self.state.catalog)
        if why:
            self.state.notices.post(Notice(level="info", text="Nothing to compare", why=why))
            return
        self.show([run.key for run in chosen])

    def join(self, key: str, target: str) -> None:
        """Compare a run with another one, and with those that this is compared with already; or
        say why they cannot be.
        """
        runs = self.state.runs
        chosen = [each for each in runs.chosen if each in runs.by_key]
        keys = [*(chosen if target in chosen else [target]), key]
        found = [runs.by_key[each] for each in dict.fromkeys(keys) if each in runs.by_key]
        if why := run_comparison.why_not(found, self.state.catalog):
            self.state.notices.post(Notice(level="info", text="Nothing to compare", why=why))
            return
        self.show([run.key for run in found])

    def show(self, keys: list[str]) -> None:
        """Show runs side by side, following their newest steps."""
        if not keys:
            return
        self.state.runs.choose(tuple(keys))
        current = self.state.runs.selection
        self._runs.show(current if current in keys else keys[0])
        self.state.window.show_lens.emit("compare")
        self.state.looked.look("race")

    def end(self, key: str) -> None:
        """End the comparison, and look at one of the runs alone."""
        self._runs.mark([key])
        self._runs.show_new(key)

    def measure_likelihoods(self) -> None:
        """Queue for each run that is compared, and can say it, how likely it finds unseen data."""
        for run in run_comparison.compared(self.state.runs):
            slug = likelihood_of(run, self.state.catalog).slug
            if slug and run.checkpoints:
                command = Evaluate(run=run.key, metrics=[Pick(slug=slug)])
                self._tell(command, "The likelihood is not measured", run.key)

    def count_parameters(self, key: str) -> None:
        """Fetch how many parameters the networks of a run have, once while the engine lives."""
        if self.state.engine.ready and key not in self._counted:
            self._counted.add(key)
            async_tasks.spawn(self._count_parameters(key))

    def _forget_counts(self) -> None:
        if not self.state.engine.ready:
            self._counted.clear()

    async def _count_parameters(self, key: str) -> None:
        run = self.state.runs.by_key.get(key)
        if run is None or run.spec is None or run.parameters is not None:
            return
        project = str(Path(key).parent.parent)
        try:
            answer = await self.link.ask(Validate(spec=run.spec, project=project))
        except Refused:
            return  # the figure stays unknown; nothing that the person asked for went wrong
        result = answer.result or {}
        count = result.get("parameters")
        if isinstance(count, int) and not result.get("problems"):
            run.parameters = count
            self.state.runs.changed.emit(key)
