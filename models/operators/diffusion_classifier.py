"""A conditional diffusion as a classifier: under which class a row is made out best in noise."""

import math
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, Editing, ready, under
from pushforward.models.registry import operator

__all__ = ["DiffusionClassifier", "DiffusionClassifierConfig"]

_LOW, _HIGH = 0.1, 3.0  # noise levels at which classes are told apart, in data std


class DiffusionClassifierConfig(Config, frozen=True):
    """How often each class is tried."""

    levels: Annotated[
        int,
        param("Levels", "Number of noise levels, from 0.1 to 3 standard deviations.", low=1,
              high=1000),
    ] = 10  # fmt: skip
    draws: DrawsSetting = 4
    seed: SeedSetting = 0


def _classless(spec: DataSpec) -> str:
    """Say why a model of such data cannot compare classes, "" where it can."""
    known = spec.given.get(LABEL)
    if known is not None and known.classes:
        return ""
    return "The model is unconditional: train a class-conditional one, on data with classes."


@operator(
    "diffusion-classifier",
    title="Classify by denoising",
    summary="Predicts the class under which the model denoises the input best. Requires a "
    "class-conditional model.",
    source="Li et al. 2023, arXiv:2303.16203, eqs. 5 and 6, algorithm 1",
    needs=("denoiser",),
    refuses=_classless,
    takes=(Slot(ROWS, "Rows", "What is classified; their own class is not read."),),
    config=DiffusionClassifierConfig,
)
class DiffusionClassifier:
    """argmin_c E |x - D(x + s eps, s, c)|^2 / s^2, all classes with the same noise: the bound on
    log p(x | c) with the weight of eps prediction, as in the paper.
    """

    def __init__(self, config: DiffusionClassifierConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Classify; see `models.operators.base.Operator`. The class of each row is the one that was
        found; "class" (n,) are numbers of classes from
        0, "margin" (n,) by how much the error of the second best is larger, a share of it.
        """
        if reason := _classless(operation.learner.spec):
            raise ValueError(reason)
        known = operation.learner.spec.given[LABEL]
        handed = operation.handed[ROWS]
        editing, truth = ready(operation, self.config.seed), handed.given.get(LABEL)
        rows, found = editing.rows, []
        ratio = math.log(_HIGH / _LOW) / max(1, self.config.levels - 1)
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            total = torch.zeros((len(piece), known.classes), device=rows.device)
            for level in range(self.config.levels):
                s = _LOW * math.exp(ratio * level)
                for _ in range(self.config.draws):
                    total += _errors(editing, piece, s, known.classes)
                yield Progress(start, len(rows))
            found.append(total.cpu())
        errors = torch.cat(found)
        best = errors.topk(min(2, known.classes), dim=1, largest=False)
        margin = 1.0 - best.values[:, 0] / best.values[:, -1].clamp_min(1e-12)
        note = ""
        if truth is not None:
            right = float((best.indices[:, 0] == truth.long()).double().mean())
            note = f"{100 * right:.1f} % of the rows have the class that they are said to have."
        arrays = {"class": best.indices[:, 0], "margin": margin}
        said = under(rows, {LABEL: best.indices[:, 0]})
        return Outcome(editing.restored(said, said.x), arrays, note)


@torch.no_grad()
def _errors(editing: Editing, piece: Batch, s: float, classes: int) -> Tensor:
    """Return the squared error under each class, (n, classes), with one noise for all."""
    level = torch.tensor(s, dtype=piece.x.dtype, device=piece.device)
    noised, each = editing.noised(piece, s), []
    for label in range(classes):
        told = under(piece, {LABEL: torch.tensor(label)})
        said = piece.zeroed(editing.model.denoiser(told)(noised, level) - piece.x)
        each.append(said.flatten(1).square().sum(dim=1) / s**2)
    return torch.stack(each, dim=1)
