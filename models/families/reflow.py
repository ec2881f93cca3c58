"""Reflow: a flow is taught anew on the ends of its own paths, which makes these straight."""

from collections.abc import Generator
from typing import Annotated, Any, Unpack

from torch import Tensor

from pushforward.models.carriers.flow_family import FlowFamily, between
from pushforward.models.carriers.pair_settings import PairCount, PairSolver, pair_steps
from pushforward.models.carriers.pairs import Pairs
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner, Phase, Scene, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.couplings.couple import coupled_noise
from pushforward.models.entries import Needs
from pushforward.models.fields.velocity import VelocityField, draw_times
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.registry import family
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["Reflow", "ReflowConfig"]

SOURCE = "source"
_WEIGHTS, _PAIRS = 0, 3  # streams of the seed (`models.tensors.make_generator`)


class ReflowConfig(Config, frozen=True):
    """Settings of a reflow."""

    net: DenoiserNet = Pick()
    teacher_share: Annotated[
        float,
        param(
            "First flow's share",
            "Fraction of the training spent on the flow that is straightened, if you choose no "
            "source.",
            above=0.0,
            high=0.95,
        ),
    ] = 0.5
    pairs: PairCount = 30_000
    pair_solver: PairSolver = 18
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    conditional: ConditionalSetting = False


@family(
    "reflow",
    config=ReflowConfig,
    capabilities=("velocity", "transport", "likelihood"),
    field="velocity",
    carrier="flow",
    sampler="flow-ode",
    inputs={
        SOURCE: Needs(
            "velocity",
            "Source",
            "A finished run on the same data whose paths are straightened: a diffusion, a flow, "
            "or another reflow. Without one a flow is trained first.",
            same_data=True,
            optional=True,
            without=("a flow trained first", "A flow is trained first and is then straightened."),
            proposed=True,
        )
    },
    units={"loss": "squared error"},
)
class Reflow(FlowFamily[ReflowConfig]):
    """field = velocity, carrier = particles; first the flow, then its pairs, then their lines.

    One network learns all: what draws the pairs is its average at that moment, and it goes on from
    there.
    """

    def __init__(self, config: ReflowConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        first = 0 if SOURCE in self.inputs else max(1, round(config.teacher_share * self.horizon))
        drawing = pair_steps(self.horizon)
        # After which steps the pairs begin, and then the reflow; a longer run does not move them.
        self._starts = (first, first + drawing)
        self._count = 0
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = VelocityField(
            net.to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            clock=self._clock,
            execution=self.execution,
        )
        self.pairs = Pairs(
            spec,
            count=config.pairs,
            steps=drawing,
            solver=config.pair_solver,
            generator=make_generator(self.seed, _PAIRS),
            device=self.device,
        )

    @property
    def parts(self) -> dict[str, Any]:
        return {**super().parts, "pairs": self.pairs}

    def _clock(self) -> int:
        """Return where the rate is: it falls over the first flow, and again over the reflow."""
        first = self._starts[0]
        start, end = (0, first) if self._count < first else (first, self.horizon)
        return round((self._count - start) / max(1, end - start) * self.horizon)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        if self._count < self._starts[0]:
            metrics = yield from self._first(real)
        elif SOURCE in self.inputs:
            if not self.pairs.complete:
                yield from self._draw_pairs(real, self.inputs[SOURCE], len(real))
            metrics = yield from self._straightened(real)
        elif self._count < self._starts[1]:
            # What draws is what learns: it stays as it is meanwhile.
            noise, ends = yield from self._draw_pairs(real, self)
            time = draw_times(len(noise), self.noise)
            at = between(noise, noise.holding(ends), time)
            metrics = {"loss": self.field.error(at, time, ends - noise.x)}
        else:
            metrics = yield from self._straightened(real)
        phase = 1 + sum(self._count >= start for start in self._starts)
        self._count += 1
        return metrics | {"phase": real.x.new_full((), float(phase))}

    def _first(self, real: Batch) -> Walk:
        noise = coupled_noise("independent", real, self.noise, 0.0)
        yield "draw", {"real": real.x, "particles": noise.x}
        return (yield from self._fitted(real, noise, real.x))

    def _draw_pairs(
        self, real: Batch, source: Learner[Any], batch: int | None = None
    ) -> Generator[tuple[str, Scene], None, tuple[Batch, Tensor]]:
        assert isinstance(source, Family)
        noise, ends = self.pairs.draw(source, batch)
        yield "pairs", {"real": real.x, "particles": noise.x, "moved": ends}
        return noise, ends

    def _straightened(self, real: Batch) -> Walk:
        noise, ends = self.pairs.take(len(real), self.noise)
        yield "choose", {"real": real.x, "particles": noise.x, "moved": ends}
        return (yield from self._fitted(real, noise, ends))

    def _fitted(self, real: Batch, noise: Batch, ends: Tensor) -> Walk:
        time = draw_times(len(noise), self.noise)
        at, slope = between(noise, noise.holding(ends), time), ends - noise.x
        yield "place", {"real": real.x, "particles": at.x, "time": time}
        metrics = self.field.fit(at, time, slope)
        yield "fit", {"real": real.x, "particles": at.x, "velocity": slope, "time": time}
        return metrics

    @property
    def phases(self) -> tuple[Phase, ...]:
        first, reflow = self._starts
        pairs = Phase("pairs", "Pairs are generated", first)
        learned = (Phase("flow", "The flow learns", 0), pairs) if first else (pairs,)
        return (*learned, Phase("reflow", "Its paths become straight", reflow))

    def retune(self, config: ReflowConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer

    def state(self) -> State:
        state = super().state()
        state.values |= {"count": self._count, "starts": list(self._starts)}
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._count = int(state.value("count"))
        first, reflow = state.value("starts")
        self._starts = (int(first), int(reflow))
