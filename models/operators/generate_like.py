"""Generate like given rows: fresh samples under the conditions of data, row by row."""

from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.abilities import HasPopulation
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.operators.base import TEST, Operation, Outcome, SeedSetting, Slot, Work
from pushforward.models.operators.drawing import draw_samples
from pushforward.models.operators.row_conditions import add_conditions
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["GenerateLike", "GenerateLikeConfig"]

_ROWS = "rows"
_CHOSEN = 3020  # a stream of the seed (`models.tensors.make_generator`)


class GenerateLikeConfig(Config, frozen=True):
    """How many rows are taken, and how samples are drawn."""

    n: Annotated[
        int,
        param(
            "Samples",
            "Number of conditions, chosen by the seed.",
            low=1,
            high=10_000_000,
            log=True,
        ),
    ] = 4096
    seed: SeedSetting = 0
    sampler: Annotated[
        Pick,
        param("Sampler", "Sampler from noise to data; by default the run's own.",
              of="sampler"),
    ] = Pick()  # fmt: skip


def _untold(spec: DataSpec) -> str:
    return "" if spec.law else "The model knows no conditions that a row could say."


@operator(
    "generate-like",
    title="Generate with real conditions",
    summary="Generates a sample under the conditions of each chosen real sample, of the test "
    "set or of another data set. Results can differ from those with sampled conditions.",
    source="Leigh et al. 2023, arXiv:2303.05376 (PC-JeDi), whose jets have conditions of test jets",
    config=GenerateLikeConfig,
    needs=("samples",),
    refuses=_untold,
    takes=(Slot(_ROWS, "Rows", "Whose conditions are taken.", unless=TEST),),
)
class GenerateLike:
    """Pushes fresh latents forward, each under the conditions of a row."""

    def __init__(self, config: GenerateLikeConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Draw; see `models.operators.base.Operator`. "row" (n,) is the number of the row that each
        sample is like.
        """
        family, rows = operation.learner, operation.handed[_ROWS]
        assert isinstance(family, Family)
        check(family)
        chosen = _some(len(rows), self.config.n, self.config.seed)
        like = add_conditions(family.spec, rows, operation.given).take(chosen)
        n = len(chosen)
        made = yield from draw_samples(
            family,
            n,
            self.config.seed,
            sampler=operation.sampler,
            given=family.spec.standard_given({name: like.given[name] for name in family.spec.law}),
        )
        note = f"There are {n:,} rows." if n < self.config.n else ""
        return Outcome(made, {"row": chosen}, note, "the given samples")


def check(family: Family[Any]) -> None:
    """Refuse a model that takes no conditions row by row.

    Raises:
        ValueError: it is so; one sentence.
    """
    if not family.spec.law:
        raise ValueError("the model knows no conditions")
    if isinstance(family, HasPopulation):
        raise ValueError(
            "the model consists of particles with fixed conditions: choose one that generates "
            "new samples"
        )


def _some(total: int, n: int, seed: int) -> Tensor:
    if n >= total:
        return torch.arange(total)
    order = torch.randperm(total, generator=make_generator(seed, _CHOSEN))
    return order[:n].sort().values
