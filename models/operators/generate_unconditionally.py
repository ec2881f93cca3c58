"""Generate jets unconditionally: one run draws the variables of jets, another one the jets."""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, RunRef, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec
from pushforward.models.kinds.jet_variables import conditions_of
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.drawing import draw_samples
from pushforward.models.operators.generate_like import check
from pushforward.models.registry import operator

__all__ = ["GenerateUnconditionally", "GenerateUnconditionallyConfig", "drawn_conditions"]

_VARIABLES = "variables"
_DRAWN = 3021  # a stream of the seed that the variables are drawn from (`draw`)


class GenerateUnconditionallyConfig(Config, frozen=True):
    """How many jets, by which other run, and how they are drawn."""

    variables: Annotated[
        RunRef,
        param(
            "Jet variables",
            "A run that generates jet variables (pT, mass, η, number of constituents) of the "
            "same types.",
            role="samples",
            of="jet-variables",
        ),
    ] = RunRef()
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
    "generate-unconditionally",
    title="Generate unconditionally",
    summary="Generates jets without real conditions: another run samples the jet variables of "
    "each type, and this one the constituents. Types in proportion to the data, or one "
    "type.",
    source="Leigh et al. 2023, arXiv:2307.06836 (PC-Droid): a flow of the variables, then the jets",
    kinds=("jets",),
    asks=(LABEL,),
    config=GenerateUnconditionallyConfig,
    needs=("samples",),
)
class GenerateUnconditionally:
    """A flow of variables, then a model of clouds."""

    def __init__(self, config: GenerateUnconditionallyConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Draw; see `models.operators.base.Operator`."""
        model, variables = operation.learner, operation.models.get(_VARIABLES)
        assert isinstance(model, Family)
        check(model)
        if not isinstance(variables, Family):
            raise ValueError("choose the run that generates the jet variables")
        told = sorted(operation.given.keys() - {LABEL})
        if told:
            raise ValueError(
                f"{', '.join(told)} would be drawn, not chosen: choose the type alone, or use "
                "Generate"
            )
        types = _types(variables.spec, model.spec)
        n, seed = self.config.n, self.config.seed
        label = _chosen(operation.given.get(LABEL), types, model.spec, n)
        rows = yield from _unseen(draw_samples(variables, n, seed, stream=_DRAWN, given=label), n)
        given, moved = drawn_conditions(rows, types, model.spec)
        jets = yield from draw_samples(
            model,
            n,
            seed,
            sampler=operation.sampler,
            given=model.spec.standard_given(given),
        )
        note = (
            f"{moved:,} of {n:,} jets had a variable beyond those that the model has seen, and got "
            "the nearest that it has."
            if moved
            else ""
        )
        return Outcome(
            jets, note=note, taken_from="as the run of variables drew them, not as in the data"
        )


def drawn_conditions(rows: Batch, types: Tensor, spec: DataSpec) -> tuple[dict[str, Tensor], int]:
    """Return drawn jet variables as conditions of a model of jets, in the units of the data, and
    how many jets had one beyond what that model has seen.

    The number of constituents is rounded and lies in [1, cap] before anything is masked by it; pT,
    mass and eta lie between those of the model's own data (Leigh et al. 2023 clamp them so).

    Args:
        rows: of the kind "jet-variables".
        types: by a type of the rows, that of the model.
        spec: of the jets that the model has learned.

    Raises:
        ValueError: a number is not finite; one sentence.
    """
    if not bool(torch.isfinite(rows.x).all()):
        raise ValueError("the run of jet variables generates numbers that are not finite")
    given = conditions_of(rows)
    seen = spec.restored_given(spec.law)
    beyond = torch.zeros(len(rows), dtype=torch.bool)
    for name in ("pt", "mass", "eta"):
        inside = given[name].clamp(seen[name].min(), seen[name].max())
        beyond |= inside != given[name]
        given[name] = inside
    given[SIZE] = given[SIZE].clamp(1, spec.shape[0])
    given[LABEL] = types[given[LABEL]]
    return given, int(beyond.sum())


def _types(variables: DataSpec, jets: DataSpec) -> Tensor:
    """Return by each type of the variables that of the jets of the same name, int64.

    Raises:
        ValueError: there is no such type, or jets of the one have more constituents than of the
            other; one sentence.
    """
    theirs, ours = (
        spec.given[LABEL].names if LABEL in spec.given else () for spec in (variables, jets)
    )
    if not theirs:
        raise ValueError("the run of variables knows no types of jets")
    unknown = [name for name in theirs if name not in ours]
    if unknown:
        raise ValueError(
            f"the run of variables draws {', '.join(unknown)}, which this model has never seen; it "
            f"knows {', '.join(ours) or 'no types'}"
        )
    cap = next(part.counts - 1 for part in variables.parts if part.counts)
    if cap != jets.shape[0]:
        raise ValueError(
            f"the run of variables has learned jets of at most {cap} constituents, and this model "
            f"jets of at most {jets.shape[0]}"
        )
    return torch.tensor([ours.index(name) for name in theirs])


def _chosen(label: Tensor | None, types: Tensor, spec: DataSpec, n: int) -> dict[str, Tensor]:
    """Return the types that were chosen by the numbers of the variables; nothing if none was.

    Raises:
        ValueError: the run of variables has never seen one; one sentence.
    """
    if label is None:
        return {}
    wanted = label.long().expand(n)
    own = torch.full((len(spec.given[LABEL].names),), -1)
    own[types] = torch.arange(len(types))
    if bool((own[wanted] < 0).any()):
        name = spec.given[LABEL].names[int(wanted[own[wanted] < 0][0])]
        raise ValueError(f"the run of variables has never seen the type {name}")
    return {LABEL: own[wanted]}


def _unseen(drawing: Generator[Progress, None, Batch], n: int) -> Generator[Progress, None, Batch]:
    """Draw what is needed before the first of n jets is there."""
    while True:
        try:
            next(drawing)
        except StopIteration as end:
            made: Batch = end.value
            return made
        yield Progress(0, n)
