"""Translation: up the noise as one thing, down again as another, without a pair to learn from."""

from typing import Annotated, Any

import torch

from pushforward.models.config import Config, DataChoice, Pick, RunRef, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.guidance.base import lead
from pushforward.models.guidance.pick import build
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.operators.base import Operation, Outcome, Slot, Work
from pushforward.models.operators.editing import (
    PIECE,
    ROWS,
    Editing,
    Effort,
    StepsSetting,
    along,
    levels_between,
    ready,
    under,
)
from pushforward.models.operators.invert import OrderSetting
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Translate", "TranslateConfig", "class_named"]

_TARGET = "target"


class TranslateConfig(Config, frozen=True):
    """Where the way leads to, and how it is followed."""

    target: Annotated[
        RunRef,
        param(
            "Target run",
            "A diffusion of other data of the same shape that decodes; none for this run with "
            "another class.",
            role="denoiser",
        ),
    ] = RunRef()
    to: Annotated[
        DataChoice,
        param("Target class", "Class for decoding; none for the sample's own.", of="class"),
    ] = DataChoice("")
    steps: StepsSetting = 50
    order: OrderSetting = "second"
    guidance: GuidanceSetting = Pick()


@operator(
    "translate",
    title="Translate (DDIB)",
    formerly=("bridge",),
    summary="Inverts samples with this run and decodes their latents with another one, or as "
    "another class.",
    source="Su et al. 2023, arXiv:2203.08382, algorithm 1",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What is translated."),),
    config=TranslateConfig,
    counts="steps",
)
class Translate:
    """The probability-flow ODE up under one condition, and down under another."""

    def __init__(self, config: TranslateConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Translate; see `models.operators.base.Operator`. "latent" (n, *shape) are the latents."""
        operation, taken_from = unnamed(operation)
        editing = ready(operation, seed=0)
        other, decoded = self._end(operation, editing)
        clock, rows = editing.clock, editing.rows
        up = levels_between(clock.s_min, clock.s_max, self.config.steps)
        end = other.clock
        down = [*reversed(levels_between(end.s_min, end.s_max, self.config.steps)), 0.0]
        guidance = build(self.config.guidance, "condition")
        effort = Effort.of(self.config.steps, len(rows), len(rows))
        latents, made = [], []
        for start in range(0, len(rows), PIECE):
            some = slice(start, start + PIECE)
            piece, final = rows.take(some), decoded.take(some)
            denoise = editing.model.denoiser(piece)
            x = yield from along(denoise, piece.x, up, self.config.order, effort.step)
            latent = (x / up[-1]).to(final.device)
            denoise = lead(guidance, other.model.denoiser, final)
            x = yield from along(denoise, latent * down[0], down, self.config.order, effort.step)
            latents.append(latent.cpu())
            made.append(other.restored(final, x).x)
        found = other.restored(decoded, decoded.x)
        arrays = {"latent": torch.cat(latents)}
        return Outcome(found.holding(torch.cat(made)), arrays, taken_from=taken_from)

    def _end(self, operation: Operation, editing: Editing) -> tuple[Editing, Batch]:
        """Return the decoder, and the rows with their conditions.

        Raises:
            ValueError: nothing is another one, or rows of the other run have another shape.
        """
        model: Any = operation.models.get(_TARGET)
        other = editing
        if model is not None:
            if model.spec.shape != editing.model.spec.shape:
                raise ValueError(
                    f"the other run makes rows of shape {model.spec.shape}, and these have "
                    f"{editing.model.spec.shape}"
                )
            blank = Batch(operation.handed[ROWS].x)
            other = ready(unnamed(Operation(model, handed={ROWS: blank}))[0], seed=0)
        elif not self.config.to:
            raise ValueError(
                "choose a target: another run under Target run (target), or a class under To "
                "class (to)"
            )
        if not self.config.to:
            return other, other.rows
        return other, under(other.rows, {LABEL: class_named(other.model.spec, self.config.to)})


def class_named(spec: DataSpec, name: str) -> torch.Tensor:
    """Return the number of a class by its name.

    Raises:
        ValueError: the model knows none of this name.
    """
    names = spec.given[LABEL].names if LABEL in spec.given else ()
    if name not in names:
        known = ", ".join(names) or "none"
        raise ValueError(f"the model that decodes knows no class {name!r}; it knows: {known}")
    return torch.tensor(names.index(name))
