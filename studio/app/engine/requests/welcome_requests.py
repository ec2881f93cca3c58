"""The run of the first start, and the exchange of its particles for a generator."""

import msgspec

from pushforward.studio.app.core import field_carrier_switch
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import same_model_and_data
from pushforward.studio.app.core.runs import RESUMABLE, RunState
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.app.engine.requests.training_requests import TrainingIntents
from pushforward.studio.protocol.spec import Pick, RunSpec, run_name

__all__ = ["WelcomeIntents"]

RECIPE, DATA = "discriminator-flow-five", "eight-gaussians"


class WelcomeIntents(Intents):
    """Requests of the welcome strip."""

    def __init__(
        self, state: AppState, link: Link, runs: RunIntents, training: TrainingIntents
    ) -> None:
        super().__init__(state, link)
        self._runs, self._training = runs, training

    @property
    def spec(self) -> RunSpec | None:
        """The run of particles that climb a critic onto eight modes; None without its recipe."""
        recipe = next((each for each in self.state.recipes if each.slug == RECIPE), None)
        if recipe is None:
            return None
        spec = msgspec.structs.replace(recipe.run, dataset=Pick(slug=DATA))
        return msgspec.structs.replace(spec, name=run_name(spec))

    def begin(self) -> None:
        """Train it; it waits for the engine, and is called off where the person opens a setup of
        their own before.
        """
        if self.spec is not None:
            self._training.start_spec(self.spec)
            self.state.place_changed.connect(self._leave)

    def _leave(self) -> None:
        if self.state.starting and self.state.place == "setup":
            self._training.call_off()
        if self.state.place != "discover":
            self.state.place_changed.disconnect(self._leave)

    def spec_with(self, *, generator: bool) -> RunSpec | None:
        """Return the spec with or without a generator; None while the models are unknown."""
        spec, catalog = self.spec, self.state.catalog
        if spec is None or catalog is None or not generator:
            return spec if not generator else None
        carrier = field_carrier_switch.GENERATOR
        switched = field_carrier_switch.switch(spec, catalog, carrier=carrier).spec
        return msgspec.structs.replace(switched, name=run_name(switched))

    def run_with(self, *, generator: bool) -> RunState | None:
        """Return the newest run of the open project with or without the generator."""
        spec = self.spec_with(generator=generator)
        runs = [run for run in self.state.runs.by_key.values() if run.spec is not None]
        same = [run for run in runs if spec and run.spec and same_model_and_data(run.spec, spec)]
        return max(same, key=lambda run: run.name, default=None)

    def choose(self, *, generator: bool) -> None:
        """Stop the other run, which can be resumed, and train or resume the requested one."""
        spec, run = self.spec_with(generator=generator), self.run_with(generator=generator)
        other = self.run_with(generator=not generator)
        if spec is None:
            return
        if other is not None and other.job and other.state in ("running", "paused", "queued"):
            self._training.steer(other.job, "cancel")
        if run is None:
            self._training.start_spec(spec)
        elif run.state in RESUMABLE:
            self._training.resume(run.key)
        else:
            self._runs.select(run.key)
