"""Score flow: field = difference of two scores, carrier = free particles."""

from collections.abc import Mapping
from typing import Annotated, Unpack

from pushforward.models.carriers.population_family import PopulationFamily
from pushforward.models.carriers.population_settings import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    StartWidth,
)
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.densities import RhoUniform
from pushforward.models.fields.difference_settings import (
    HighLevel,
    LevelRho,
    LowLevel,
    ScoreOptimizer,
    ScoreSteps,
    TeacherLevels,
    TeacherOptimizer,
    TeacherShare,
    WarmStart,
    WeightData,
    WeightGen,
)
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.taught_difference import TaughtDifference
from pushforward.models.nets.earlier import networks_as_picks, unbalanced
from pushforward.models.nets.settings import ScoreNet
from pushforward.models.registry import family
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["ScoreFlow", "ScoreFlowConfig"]


class ScoreFlowConfig(Config, frozen=True):
    """Settings of a score flow. Lengths and levels are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    start_width: StartWidth = 1.0
    teacher_share: TeacherShare = 0.5
    score_steps: ScoreSteps = 5
    speed: Speed = 0.1
    noise: Noise = 0.0
    reach: Reach = 1.0
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    warm_start: WarmStart = True
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    pairs: Annotated[
        int,
        param(
            "Noise pairs",
            "Number of antithetic noise pairs over which a move is averaged, shared by all "
            "particles. More reduce the variance and cost more.",
            low=1,
            high=256,
            advanced=True,
        ),
    ] = 4
    net: ScoreNet = Pick()
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    teacher_levels: TeacherLevels = "log-normal"
    conditional: ConditionalSetting = False


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
