"""Averaging lengths: one trained model with its weights averaged over short to long times.

Nothing is trained. Each length is made of the averages that the training laid aside (Karras et al.
2024, arXiv:2312.02696, section 3), samples from the same latents, and is compared with real data,
as in figure 5 there; next to them is the average that the run is used with.
"""

from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, encode, param
from pushforward.models.contracts.family import Family
from pushforward.models.metrics.base import Evidence
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.drawing import draw
from pushforward.models.operators.real_comparison import (
    DISTANCE,
    distance_of,
    half_width,
    halves,
    judge_for,
    source_of,
)
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator
from pushforward.models.training.posthoc import averaged_over

__all__ = ["AveragingLengths", "AveragingLengthsConfig"]

_FIGURE = 3283  # a stream of the seed


class AveragingLengthsConfig(Config, frozen=True):
    """Which lengths, and on how many samples each is measured."""

    lengths: Annotated[
        tuple[float, ...],
        param(
            "Lengths",
            "Relative EMA lengths: the standard deviation of the average, divided by the number "
            "of steps.",
            low=0.03,
            high=0.2,
        ),
    ] = (0.03, 0.04, 0.05, 0.07, 0.10, 0.14, 0.20)
    figure: Annotated[
        Pick,
        param(
            "Metric",
            "Metric between samples and data; by default the first distance of the data type.",
            of="metric",
            role=DISTANCE,
        ),
    ] = Pick()
    sampler: Annotated[
        Pick,
        param("Sampler", "Sampler from noise to data; by default the run's own.",
              of="sampler"),
    ] = Pick()  # fmt: skip
    n: Annotated[
        int,
        param(
            "Samples",
            "Samples per length; at most half of the real data, so that the noise floor has as "
            "many.",
            low=16,
            high=50_000,
            log=True,
        ),
    ] = 1000
    repeats: Annotated[
        int, param("Repeats", "Repetitions with new noise and other real data.", low=1, high=20)
    ] = 3
    seed: SeedSetting = 0


@operator(
    "averaging-lengths",
    title="EMA lengths",
    summary="Evaluates one model with weights averaged over short to long times, from the EMA "
    "profiles of a run. No training.",
    source="Karras et al. 2024, arXiv:2312.02696, section 3 and figure 5",
    reads_data=True,
    config=AveragingLengthsConfig,
    needs=("samples",),
    asks=None,
    counts="lengths",
)
class AveragingLengths:
    """Measures length by length.

    The outcome:

    - "lengths" (k,), rising;
    - "distance" (k, repeats): the metric of samples against unseen real data; "own" (repeats,) that
    of the average that the run is used with; "floor" (repeats,) between real and real; - "off"
    (k,): distance between an average and the one it approximates, in its density. The note names
    the metric that was chosen automatically and the number of samples.
    """

    def __init__(self, config: AveragingLengthsConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`.

        Raises:
            ValueError: the run kept nothing that lengths could be made of, the figure does not fit,
                conditions are chosen, or there are too few data.
        """
        config, family = self.config, operation.learner
        assert isinstance(family, Family)
        if operation.given:
            raise ValueError("samples are compared with all real data: no condition can be chosen.")
        lengths = sorted(set(config.lengths))
        if not lengths:
            raise ValueError("no length is given: name some, such as 0.05, 0.1, 0.2.")
        states = [averaged_over(family.state(), length) for length in lengths]
        figure, picked = distance_of(config.figure, family)
        source = source_of(operation)
        n = min(config.n, len(source) // 2)
        total = (len(lengths) + 1) * config.repeats
        at = Progress(0, total)
        judge = yield from judge_for(operation, figure, at)
        # What is asked of the run meanwhile is asked of the model as it is.
        twin = _twin(family)
        found = torch.full((len(lengths) + 1, config.repeats), torch.nan)
        floor = torch.zeros(config.repeats)
        for repeat in range(config.repeats):
            seed = config.seed + repeat
            real, other = halves(source, n, seed)
            rng = make_generator(seed, _FIGURE)
            floor[repeat] = figure.bar(Evidence(real, rng, other=other, judge=judge)).value
            for k, state in enumerate([family.state(), *(state for state, _ in states)]):
                twin.load_state(state)
                drawing = draw(twin, n, seed, sampler=operation.sampler)
                while True:
                    try:
                        next(drawing)
                    except StopIteration as end:
                        made = end.value
                        break
                    yield at
                rng = make_generator(seed, _FIGURE)
                evidence = Evidence(real, rng, made=made, judge=judge)
                found[k, repeat] = figure.measure(evidence).value
                at = Progress(at.done + 1, total)
                yield at
        arrays = {
            "lengths": torch.tensor(lengths),
            "distance": found[1:],
            "own": found[0],
            "floor": floor,
            "off": torch.tensor([off for _, off in states]),
        }
        named = {"slug": picked.slug, "config": dict(encode(figure.config))}
        return Outcome(arrays=arrays, note=_describe(arrays), settled={"n": n, "figure": named})


def _twin(family: Family[Any]) -> Family[Any]:
    """Return another model of the same settings."""
    made: Family[Any] = type(family)(
        family.config,
        family.spec,
        horizon=family.horizon,
        seed=family.seed,
        device=family.device,
        execution=family.execution,
    )
    return made


def _describe(arrays: dict[str, Tensor]) -> str:
    """Say which length is nearest, where the repeats can tell it from the run's own average: all
    draw from the same latents, so that their differences vary less than they do.
    """
    distance, own = arrays["distance"], arrays["own"]
    apart = own - distance  # (k, repeats), above 0 where a length is better
    best = int(distance.mean(dim=1).argmin())
    gain = float(apart[best].mean())
    half = float(half_width(apart, among=len(distance))[best])
    length = f"{float(arrays['lengths'][best]):g}"
    if gain - half > 0:
        return f"A length of {length} is nearer to the data than the run's own average."
    return (
        f"No length differs from the run's own average; the nearest is {length}. More samples or "
        "repeats tell smaller differences."
    )
