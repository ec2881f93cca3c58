"""Anomaly lab: how well what a model has never learned stands out, in all and place by place."""

import math
from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Pick, decode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.operators.anomaly import Anomaly, AnomalyConfig
from pushforward.models.operators.base import Operation, Outcome, Progress, Work
from pushforward.models.operators.editing import ROWS
from pushforward.models.operators.nameless import NAMELESS, nameless
from pushforward.models.operators.otherset import other_rows
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["Outliers", "OutliersConfig", "auc", "pasted"]

_CHOSEN, _PASTED = 3261, 3262  # streams of the seed
_ASKED = ("low", "high", "levels", "draws", "seed")  # settings of the operator "anomaly"
_SHOWN = 32  # images whose maps are kept
_TRIES = 8  # pieces of which the one is taken that changes most
_CONFIDENT = 1.959964  # 95 % of a normal law lie within so many deviations


class OutliersConfig(AnomalyConfig, frozen=True):
    """How the model is asked, about how many images, and which others."""

    rows: Annotated[
        int, param("Images", "Maximum number of images per set.", low=8, high=20_000, log=True)
    ] = 128
    other: Annotated[
        Pick,
        param(
            "Other data",
            "A data set of the same size that was not trained on. Import can resize your own "
            "images.",
            of="dataset",
        ),
    ] = Pick()


@operator(
    "outliers",
    title="Anomaly lab",
    summary="Scores unseen images, the same with a patch of another image, and images of "
    "another set: AUROC, and whether the maps find the patch.",
    source="Graham et al. 2023, arXiv:2211.07740, section 3; the pieces: Li et al. 2021, "
    "arXiv:2104.04015, section 2.1; intervals: Hanley and McNeil 1982, "
    "doi:10.1148/radiology.143.1.7063747",
    kinds=("images",),
    needs=("samples", "denoiser"),
    asks=None,  # nobody knows the class of what may be none of the data
    reads_data=True,
    config=OutliersConfig,
)
class Outliers:
    """Asks as the operator "anomaly" does.

    The outcome: "unseen", "pasted" and, where one was chosen, "other" (n,): scores; "auc-pasted"
    and "auc-other" (3,): the chance that one of these scores higher than an unseen image, and its
    95 % interval, 0.5 by chance; of the first with a piece in them "pictures" (m, C, H, W) in
    the units of the data, "maps" (m, C, H, W), "places" (m, H, W), 1 where the piece is, and
    "auc-places" (3,): the same probability for a pixel of the piece and one outside it, over all of
    them; its interval takes each image as one.
    """

    def __init__(self, config: OutliersConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Score; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are no data, or the others have another size.
        """
        c = self.config
        if operation.some is None:
            raise ValueError("it needs the data of the run, and there are none.")
        unseen = _choose_rows(operation.some(c.rows, c.seed), c.rows, c.seed)
        unseen = nameless(operation, unseen.x)
        if len(unseen) < 8:
            raise ValueError(f"at least 8 unseen images are needed, and there are {len(unseen)}")
        put, places = pasted(unseen.x, make_generator(c.seed, _PASTED))
        sets = {"unseen": unseen, "pasted": unseen.holding(put)}
        if c.other.slug:
            other = other_rows(operation, c.other, c.rows, c.seed, _CHOSEN)
            sets["other"] = nameless(operation, other.x)
        arrays: dict[str, Tensor] = {}
        done, total = 0, sum(map(len, sets.values()))
        for name, rows in sets.items():
            found = yield from self._scored(operation, rows, done, total)
            done += len(rows)
            arrays[name] = found["score"]
            if name == "pasted":
                arrays |= {"pictures": put[:_SHOWN], "maps": found["map"][:_SHOWN]}
                arrays["places"] = places[:_SHOWN].float()
                arrays["auc-places"] = _by_image(found["map"].mean(dim=1), places)
        for name in sets:
            if name != "unseen":
                arrays[f"auc-{name}"] = auc(arrays[name], arrays["unseen"])
        return Outcome(arrays=arrays, note=_describe(arrays), taken_from=NAMELESS)

    def _scored(
        self, operation: Operation, rows: Batch, done: int, total: int
    ) -> Generator[Progress, None, dict[str, Tensor]]:
        config = decode(
            AnomalyConfig,
            {name: getattr(self.config, name) for name in _ASKED},
        )
        work = Anomaly(config).work(
            Operation(operation.learner, sampler=operation.sampler, handed={ROWS: rows})
        )
        while True:
            try:
                now = next(work)
            except StopIteration as end:
                outcome: Outcome = end.value
                return dict(outcome.arrays)
            yield Progress(done + now.done, total)


def pasted(x: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return images (n, C, H, W), each with a square of one of the next in it, and where,
    (n, H, W): of some that where it changes most. The square has a third of the shorter side.
    """
    n, _, height, width = x.shape
    side = max(2, min(height, width) // 3)
    made, places = x.clone(), torch.zeros(n, height, width, dtype=torch.bool)
    for i in range(n):
        best, chosen, other = -1.0, None, x[i]
        for turn in range(_TRIES):
            source = x[(i + 1 + turn) % n]
            top = int(torch.randint(height - side + 1, (), generator=rng))
            left = int(torch.randint(width - side + 1, (), generator=rng))
            part = (slice(None), slice(top, top + side), slice(left, left + side))
            change = float((source[part] - x[i][part]).square().mean())
            if change > best:
                best, chosen, other = change, part, source
        assert chosen is not None
        made[i][chosen] = other[chosen]
        places[i][chosen[1:]] = True
    return made, places


def auc(high: Tensor, low: Tensor) -> Tensor:
    """Return the chance that one of ``high`` (n,) is above one of ``low`` (m,), ties by half, with
    its 95 % interval by Hanley and McNeil's eq. 3, (3,).
    """
    both = torch.cat([high, low]).double()
    values, place = torch.unique(both, return_inverse=True)
    counts = torch.bincount(place, minlength=len(values)).double()
    rank = (counts.cumsum(0) - (counts - 1) / 2)[place]
    n, m = len(high), len(low)
    area = float((rank[:n].sum() - n * (n + 1) / 2) / (n * m))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n - 1) * (q1 - area**2) + (m - 1) * (q2 - area**2)
    reach = _CONFIDENT * math.sqrt(max(0.0, variance) / (n * m))
    return torch.tensor([area, max(0.0, area - reach), min(1.0, area + reach)])


def _by_image(maps: Tensor, places: Tensor) -> Tensor:
    """Return the mean over images (n, H, W) of how well a map finds its places, and an interval."""
    each = torch.stack([auc(m[p], m[~p])[0] for m, p in zip(maps, places, strict=True)]).double()
    mean, reach = float(each.mean()), _CONFIDENT * float(each.std()) / math.sqrt(len(each))
    return torch.tensor([mean, max(0.0, mean - reach), min(1.0, mean + reach)])


def _choose_rows(source: RowSource, n: int, seed: int) -> Batch:
    order = torch.randperm(len(source), generator=make_generator(seed, _CHOSEN))
    return source.rows(order[:n])


def _describe(arrays: dict[str, Tensor]) -> str:
    area, low, high = (100 * share for share in arrays["auc-pasted"].tolist())
    where = 100 * float(arrays["auc-places"][0])
    return (
        f"An image with a piece of another one scores higher than an unseen one in {area:.1f} % of "
        f"all pairs ({low:.1f} to {high:.1f}; 50 % by chance), and a pixel of the piece higher "
        f"than one outside it in {where:.1f} %."
    )
