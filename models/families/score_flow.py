"""Score flow: field = difference of two scores, carrier = free particles."""

from collections.abc import Mapping
from typing import Unpack

from pushforward.models.carriers.population_family import PopulationFamily
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import LayerFunction, Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.densities import RhoUniform
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.taught_difference import TaughtDifference
from pushforward.models.nets.earlier import networks_as_picks, unbalanced
from pushforward.models.registry import family
from pushforward.models.settings.score_flow import ScoreFlowConfig

__all__ = ["ScoreFlow", "ScoreFlowConfig"]


@family(
    "score-flow",
    config=ScoreFlowConfig,
    capabilities=("population",),
    field="score-difference",
    carrier="particles",
    version=3,
    upgrade=unbalanced(networks_as_picks),
)
class ScoreFlow(PopulationFamily[ScoreFlowConfig]):
    """field = difference of scores, carrier = free particles that move during the training; first
    the teacher learns, then they move.
    """

    NOISE = 2  # the field has 1 and 3

    def __init__(
        self, config: ScoreFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.field: TaughtDifference = TaughtDifference(config, self, probes=self._probes)

    def start_width(self) -> float:
        return self.config.start_width

    @property
    def parts(self) -> Mapping[str, Packed]:
        field = self.field
        taught: dict[str, Packed] = {
            "teacher": field.teacher,
            "own": field.own,
            "probes": field.probes,
        }
        return {**super().parts, **taught}

    def _probes(self, law: RhoUniform) -> Probes:
        return Probes.draw(law, self.config.pairs, self.spec.shape, self.noise)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        if self.field.teacher.is_learning():
            return (yield from self.field.lesson(real))
        drawn = self.carrier.draw(len(real))
        scene = {"real": real.x, "particles": drawn.x}
        yield "draw", scene
        metrics = self.field.fit(real, drawn, None)
        yield "fit", scene
        if self.field.own.trained.count % self.config.score_steps == 0:
            rows = self.carrier.rows
            velocity = self.field.velocity(rows)
            scene = {"real": real.x, "particles": rows.x, "velocity": velocity}
            yield "velocity", scene
            metrics |= self.carrier.move(velocity)
            # Known before the next move, so that the arrows that are shown are that move.
            self.field.probes = self._probes(self.field.law)
            yield "move", {**scene, "moved": self.carrier.x}
        return metrics | {"phase": real.x.new_full((), 2.0)}

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.field.phases("particles, waiting", Phase("particles", "The particles move", 0))

    def retune(self, config: ScoreFlowConfig) -> None:
        self.field.retune(config)
        super().retune(config)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            **self.field.layer_functions,
            "next-move": lambda x, t: self.carrier.speed * self.field.velocity(x),
        }
