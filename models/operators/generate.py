"""Generate: what every generative model does."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.family import Family
from pushforward.models.operators.base import Operation, Outcome, SeedSetting, Work
from pushforward.models.operators.drawing import draw_samples, repeats
from pushforward.models.registry import operator

__all__ = ["Generate", "GenerateConfig"]


class GenerateConfig(Config, frozen=True):
    """How many samples, and how they are drawn."""

    n: Annotated[int, param("Samples", "Number of samples.", low=1, high=10_000_000, log=True)] = (
        4096
    )
    seed: SeedSetting = 0
    sampler: Annotated[
        Pick,
        param("Sampler", "Sampler from noise to data; by default the run's own.",
              of="sampler"),
    ] = Pick()  # fmt: skip


@operator(
    "generate",
    title="Generate",
    summary="Generates samples, with conditions if the model has some.",
    source="Franceschi et al. 2023, arXiv:2305.16150, section 3",
    config=GenerateConfig,
    needs=("samples",),
)
class Generate:
    """Pushes fresh latents forward."""

    def __init__(self, config: GenerateConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Draw; see `models.operators.base.Operator`."""
        n, family = self.config.n, operation.learner
        assert isinstance(family, Family)
        given = family.spec.standard_given(operation.given)
        made = yield from draw_samples(
            family, n, self.config.seed, sampler=operation.sampler, given=given
        )
        return Outcome(made, note=repeats(family, n))
