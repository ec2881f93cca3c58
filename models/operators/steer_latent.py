"""Steer a latent along learned edit directions: shift, zoom, rotate and brighten its sample."""

from collections.abc import Generator
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.family import Family
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.drawing import SAMPLES
from pushforward.models.registry import operator
from pushforward.models.representation.source import ViewSource
from pushforward.models.representation.steering import EDITS, learn_in_steps
from pushforward.models.tensors import make_generator

__all__ = ["AMOUNTS", "SteerLatent", "SteerLatentConfig"]

AMOUNTS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
"""The amounts of the strips of an outcome, in units of each edit."""

_DIRECTIONS = 0  # seed of the anchors that directions are learned from


class SteerLatentConfig(Config, frozen=True):
    """Which latent, and how far it moves along each direction."""

    shift_right: Annotated[
        float, param("Shift right", "In eighths of the width.", low=-4.0, high=4.0)
    ] = 0.0
    shift_down: Annotated[
        float, param("Shift down", "In eighths of the height.", low=-4.0, high=4.0)
    ] = 0.0
    zoom: Annotated[float, param("Zoom", "One unit enlarges by a quarter.", low=-4.0, high=4.0)] = (
        0.0
    )
    rotate: Annotated[float, param("Rotate", "In quarters of a radian.", low=-4.0, high=4.0)] = 0.0
    brighten: Annotated[
        float, param("Brighten", "One unit brightens by 30 %.", low=-4.0, high=4.0)
    ] = 0.0
    solver_steps: Annotated[
        int,
        param(
            "Solver steps",
            "Steps from noise to sample, of a diffusion or a flow.",
            low=1,
            high=1000,
            log=True,
            advanced=True,
        ),
    ] = 6
    seed: SeedSetting = 0


_known: "WeakKeyDictionary[Family[Any], dict[int, tuple[Tensor, Tensor]]]" = WeakKeyDictionary()


@operator(
    "steer-latent",
    title="Steer a latent",
    summary="Moves a latent along learned directions that shift, zoom, rotate and brighten its "
    "sample.",
    source="Jahanian, Chai and Isola 2020, arXiv:1907.07171, eq. 2",
    kinds=("images",),
    needs=("samples", "deterministic"),
    counts="percent of the directions",
    config=SteerLatentConfig,
)
class SteerLatent:
    """The directions are learned once for a model, from the edits of its own samples."""

    def __init__(self, config: SteerLatentConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Steer; see `models.operators.base.Operator`.

        The sample is that of the moved latent. The arrays, images in the units of the data:
        "anchor" (1, *shape), "strips" (5, 7, *shape), each edit of `EDITS` alone by each of
        `AMOUNTS`; "amounts" (7,); "explained" (5,), the share of the squared error of an edit that
        its direction explains on other latents; at most 1, and 0 for a direction without effect.
        """
        family, config = operation.learner, self.config
        assert isinstance(family, Family)
        source = ViewSource(family, config.solver_steps)
        directions, explained = yield from _learned(source, config.solver_steps)
        rng = make_generator(config.seed, SAMPLES)
        given = family.spec.standard_given(operation.given)
        latent = source.draw(1, rng, given)
        z = source.numbers(latent)
        chosen = torch.tensor([[getattr(config, name.replace(" ", "_")) for name in EDITS]])
        amounts = torch.tensor(AMOUNTS)
        single = (amounts[None, :, None] * directions[:, None]).flatten(0, 1)
        moved = torch.cat([torch.zeros_like(z), chosen @ directions, single])
        many = latent.take(torch.zeros(len(moved), dtype=torch.long))
        made = source.push(source.holding(many, z + moved)).cpu()
        shown = family.spec.restore(made)
        rows = latent.holding(made[1:2])
        return Outcome(
            family.spec.restored(rows),
            {
                "anchor": shown[:1],
                "strips": shown[2:].reshape(len(EDITS), len(AMOUNTS), *shown.shape[1:]),
                "amounts": amounts,
                "explained": explained,
            },
            note=_describe(explained),
        )


def _learned(source: ViewSource, steps: int) -> Generator[Progress, None, tuple[Tensor, Tensor]]:
    """Return the directions of a model and what each explains; learn them the first time."""
    known = _known.setdefault(source.family, {})
    if steps not in known:
        learning = learn_in_steps(source, source.family.spec, _DIRECTIONS)
        while True:
            try:
                done = next(learning)
            except StopIteration as end:
                known[steps] = end.value
                break
            yield Progress(round(100 * done), 100)
    return known[steps]


def _describe(explained: Tensor) -> str:
    shares = (
        f"{name} {max(0.0, share):.0%}"
        for name, share in zip(EDITS, explained.tolist(), strict=True)
    )
    return f"Share of each edit that its direction explains: {', '.join(shares)}."
