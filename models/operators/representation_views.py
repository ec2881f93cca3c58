"""Views of one anchor: neighbours of its latent at growing noise, pixel views, and the pairs that
the loss compares.
"""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.families.represent.representation import Representation
from pushforward.models.operators.base import Operation, Outcome, Progress, Work
from pushforward.models.registry import operator
from pushforward.models.representation.latent_views import LatentViews, ViewKind
from pushforward.models.tensors import make_generator

__all__ = ["SIGMAS", "RepresentationViews", "RepresentationViewsConfig"]

SIGMAS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4)
_ROWS, _BATCH = 4, 128
_SHOWN = 7  # anchors of the matrix of similarities
_ANCHOR, _NOISE, _PIXELS, _PAIRS = 3601, 3602, 3603, 3604  # streams of the seed


class RepresentationViewsConfig(Config, frozen=True):
    """Which anchor, and how its neighbours are made."""

    anchor: Annotated[int, param("Anchor", "Number of the anchor.", low=0, high=1_000_000)] = 0
    sigma: Annotated[
        float,
        param("View noise σ", "Noise of the latent of the second views.", low=0.0, high=10.0),
    ] = 0.5
    kind: Annotated[
        ViewKind,
        param(
            "Latent views",
            "How the latent of a neighbour is made from that of the anchor.",
            choices={
                "none": "None",
                "gaussian": "Gaussian",
                "preserving": "Gaussian, norm-preserving",
                "uniform": "Uniform",
                "angular": "Angular",
                "steering": "Learned edit directions",
                "independent": "Independent (null model)",
            },
        ),
    ] = "gaussian"
    n: Annotated[
        int,
        param(
            "Neighbours",
            "Neighbours whose class is compared with that of the anchor, per noise level.",
            low=8,
            high=4096,
            log=True,
        ),
    ] = 64


@operator(
    "representation-views",
    title="Views of an anchor",
    summary="Shows neighbours of a latent at growing noise, pixel views, and the positives and "
    "negatives of the loss.",
    source="Jahanian et al. 2022, arXiv:2106.05258, figure 2",
    needs=("represent",),
    reads_data=True,
    config=RepresentationViewsConfig,
)
class RepresentationViews:
    """Makes the views as the training does, with numbers that depend on the anchor alone: at
    another sigma the same neighbours move farther.
    """

    def __init__(self, config: RepresentationViewsConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Make them; see `models.operators.base.Operator`.

        The arrays, in the units of the data: "anchor" (1, *shape), "pixels" (4, *shape), "pairs"
        (2, 7, *shape) of the batch, "similarity" (7, 7), "positive" (128,) and "negative" (m,)
        cosine similarities. With a source "neighbours" (sigmas, 4, *shape) at "sigmas"; the last is
        the chosen one. With classes also "anchor-class", "classes" (sigmas, 4), "changed"
        (sigmas,), the share of n neighbours of another class, and "pair-classes" (7,).
        """
        model = operation.learner
        assert isinstance(model, Representation)
        judge = yield from _judge(operation)
        rng = make_generator(self.config.anchor, _ANCHOR)
        arrays: dict[str, Tensor] = {}
        if model.anchors is None:
            anchor, latent = _real(operation, model, self.config.anchor), None
        else:
            latent, anchor = model.anchors.new(1, rng)
            arrays = yield from self._neighbours(model, latent, judge)
        pixels = make_generator(self.config.anchor, _PIXELS)
        several = model.pixel_view(anchor.expand(_ROWS, *anchor.shape[1:]), pixels)
        arrays |= {"anchor": _units(model, anchor), "pixels": _units(model, several)}
        if judge is not None:
            arrays["anchor-class"] = judge.logits(arrays["anchor"]).argmax(dim=1)
        yield Progress(len(SIGMAS) + 1, len(SIGMAS) + 2)
        arrays |= self._pairs(operation, model, judge)
        return Outcome(arrays=arrays, note=_describe(arrays, self.config.sigma))

    def _neighbours(
        self, model: Representation, latent: Batch, judge: Judge | None
    ) -> Generator[Progress, None, dict[str, Tensor]]:
        assert model.anchors is not None
        sigmas = (*SIGMAS, self.config.sigma)
        shown, classes, changed = [], [], []
        many = latent.take(torch.zeros(self.config.n, dtype=torch.long))
        own = None if judge is None else judge.logits(
            _units(model, model.anchors.source.push(latent))
        ).argmax(dim=1)  # fmt: skip
        for index, sigma in enumerate(sigmas):
            views = LatentViews(
                kind=self.config.kind, sigma=sigma, truncation=model.config.latent.truncation
            )
            noise = make_generator(self.config.anchor, _NOISE)
            made = _units(model, model.anchors.neighbour(many, noise, views))
            shown.append(made[:_ROWS])
            if judge is not None and own is not None:
                predicted = judge.logits(made).argmax(dim=1)
                classes.append(predicted[:_ROWS])
                changed.append((predicted != own).float().mean())
            yield Progress(index + 1, len(sigmas) + 1)
        found = {"neighbours": torch.stack(shown), "sigmas": torch.tensor(sigmas)}
        if classes:
            found |= {"classes": torch.stack(classes), "changed": torch.stack(changed)}
        return found

    def _pairs(
        self, operation: Operation, model: Representation, judge: Judge | None
    ) -> dict[str, Tensor]:
        """Return a batch of pairs as the loss sees it, with the chosen latent views."""
        rng = make_generator(self.config.anchor, _PAIRS)
        if model.anchors is None:
            x = other = _real(operation, model, self.config.anchor, _BATCH)
        else:
            latents, x = model.anchors.new(_BATCH, rng)
            views = LatentViews(
                kind=self.config.kind,
                sigma=self.config.sigma,
                truncation=model.config.latent.truncation,
            )
            other = model.anchors.neighbour(latents, rng, views)
        first, second = model.pixel_view(x, rng), model.pixel_view(other, rng)
        a, b = (functional.normalize(model.project(each), dim=1).cpu() for each in (first, second))
        similarity = a @ b.T
        apart = ~torch.eye(len(a), dtype=torch.bool)
        shown = torch.stack([first[:_SHOWN], second[:_SHOWN]])
        found = {
            "pairs": _units(model, shown),
            "similarity": similarity[:_SHOWN, :_SHOWN],
            "positive": similarity.diagonal(),
            "negative": similarity[apart][:4096],
        }
        if judge is not None:
            found["pair-classes"] = judge.logits(_units(model, x[:_SHOWN])).argmax(dim=1)
        return found


def _judge(operation: Operation) -> Generator[Progress, None, Judge | None]:
    """Return the reference classifier of the data, None where there is none."""
    if operation.judge is None:
        return None
    preparing = operation.judge()
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            judge: Judge | None = end.value
            return judge
        yield Progress(0, len(SIGMAS) + 2)


def _units(model: Representation, x: Tensor) -> Tensor:
    """Return standardised samples in the units of the data, on the CPU."""
    return model.spec.restore(x).cpu()


def _real(operation: Operation, model: Representation, first: int, n: int = 1) -> Tensor:
    """Return real training samples, standardised, beginning with one."""
    if operation.data is None:
        raise ValueError("the data of the run are needed, and there are none")
    data: RowSource = operation.data()
    rows = (torch.arange(n) + first) % len(data)
    return model.spec.standardise(data.rows(rows).x).to(model.device)


def _describe(arrays: dict[str, Tensor], sigma: float) -> str:
    apart = float(arrays["positive"].mean() - arrays["negative"].mean())
    note = f"Positives are {apart:+.2f} more similar than negatives (cosine)."
    if "changed" in arrays:
        share = 100 * float(arrays["changed"][-1])
        note = f"At σ = {sigma:g} {share:.0f} % of the views have another class. {note}"
    return note
