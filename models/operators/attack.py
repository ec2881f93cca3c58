"""Purification lab: images that were altered to deceive the judge, before and after a diffusion
has brought them back to where data are.
"""

from collections.abc import Generator
from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, decode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.judges.base import Network
from pushforward.models.metrics.intervals import wilson
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.editing import ROWS
from pushforward.models.operators.judge_training import train_judge
from pushforward.models.operators.nameless import NAMELESS, nameless
from pushforward.models.operators.purify import Purify, PurifyConfig
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["SETS", "Attack", "AttackConfig", "fast_gradient_sign"]

SETS = ("clean", "chance", "attacked", "purified", "clean-purified")
"""In the order of the outcome."""
_CHOSEN, _CHANCE = 3271, 3272  # streams of the seed
_SHOWN = 32


class AttackConfig(Config, frozen=True):
    """How strong the attack is, and what takes it away."""

    strength: Annotated[
        float,
        param(
            "Attack",
            "ε, the maximum change of a pixel; black to white is 1. From 0.3 on it is visible.",
            above=0.0,
            high=1.0,
            log=True,
        ),
    ] = 0.15
    noise: Annotated[
        float,
        param(
            "Purifying noise",
            "Noise level for purification: larger than the attack and smaller than the class "
            "differences. In standard deviations of the data: pixels of digits have about 0.4, "
            "so an attack of 0.15 is 0.4.",
            above=0.0,
            high=100.0,
            unit="data std",
            log=True,
        ),
    ] = 0.5
    votes: Annotated[
        int,
        param(
            "Votes",
            "Number of purifications with different noise, whose predictions are averaged.",
            low=1,
            high=100,
        ),
    ] = 1
    rows: Annotated[
        int,
        param(
            "Images",
            "Maximum number of unseen samples. With 128 the interval is up to ±9 points.",
            low=8,
            high=20_000,
            log=True,
        ),
    ] = 128
    seed: SeedSetting = 0


@operator(
    "attack",
    title="Purification lab",
    summary="Attacks unseen images (FGSM on the reference classifier) and purifies them by "
    "adding noise and denoising. Reports the accuracy before the attack, under it and "
    "after purification, compared with random perturbations of the same size and with "
    "purified clean images.",
    source="Nie et al. 2022, arXiv:2205.07460, eqs. 4 and 6; the attack: Goodfellow et al. 2015, "
    "arXiv:1412.6572, section 4",
    kinds=("images",),
    needs=("samples", "denoiser"),
    asks=None,  # nobody tells the model the class of what was attacked
    reads_data=True,
    config=AttackConfig,
)
class Attack:
    """The attacker knows the judge and its slope, and nothing of the diffusion: who knew both would
    do better.

    The outcome: "accuracy" (5, 3), how often the judge is right with its 95 % interval, by `SETS`;
    of the first images "pictures" (3, m, C, H, W): clean, attacked, purified, and what the judge
    sees in each, "verdict" (3, m), with how sure it is, "sure" (3, m); "label" (m,) what they are.
    """

    def __init__(self, config: AttackConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Attack and purify; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are no data with classes, or no judge whose slope is known.
        """
        c = self.config
        if operation.some is None:
            raise ValueError("it needs the data of the run, and there are none.")
        judge: Any = yield from train_judge(operation, Progress(0, 1))
        if not isinstance(judge, Network):
            raise ValueError("the reference classifier has no gradient, so it cannot be attacked")
        source = operation.some(c.rows, c.seed)
        order = torch.randperm(len(source), generator=make_generator(c.seed, _CHOSEN))
        rows = source.rows(order[: c.rows])
        seen = judge.logits(rows.x).argmax(dim=1)
        # Without classes of its own what the judge sees is what the attack is to change.
        labels = rows.given[LABEL].long() if LABEL in rows.given else seen
        hit = fast_gradient_sign(judge, rows.x, labels, c.strength)
        signs = torch.rand(rows.x.shape, generator=make_generator(c.seed, _CHANCE)) < 0.5
        chance = (rows.x + c.strength * torch.where(signs, 1.0, -1.0)).clamp(0.0, 1.0)
        blind = nameless(operation, rows.x)
        total = 2 * len(rows)
        purified = yield from self._purified(operation, blind.holding(hit), 0, total)
        clean = yield from self._purified(operation, blind, len(rows), total)
        scores = [judge.logits(x) for x in (rows.x, chance, hit, purified, clean)]
        right = [float((each.argmax(dim=1) == labels).double().mean()) for each in scores]
        shown = [0, 2, 3]
        sure, verdict = zip(
            *(scores[i][:_SHOWN].softmax(dim=1).max(dim=1) for i in shown), strict=True
        )
        arrays = {
            "accuracy": torch.tensor([(share, *wilson(share, len(labels))) for share in right]),
            "pictures": torch.stack([rows.x, hit, purified])[:, :_SHOWN],
            "verdict": torch.stack(verdict), "sure": torch.stack(sure), "label": labels[:_SHOWN],
        }  # fmt: skip
        return Outcome(arrays=arrays, note=_describe(right, len(labels)), taken_from=NAMELESS)

    def _purified(
        self, operation: Operation, rows: Batch, done: int, total: int
    ) -> Generator[Progress, None, Tensor]:
        c = self.config
        config = decode(PurifyConfig, {"noise": c.noise, "votes": c.votes, "seed": c.seed})
        work = Purify(config).work(
            Operation(operation.learner, sampler=operation.sampler, handed={ROWS: rows})
        )
        while True:
            try:
                now = next(work)
            except StopIteration as end:
                outcome: Outcome = end.value
                break
            yield Progress(done + now.done, total)
        assert outcome.rows is not None
        return outcome.rows.x


def fast_gradient_sign(judge: nn.Module, x: Tensor, labels: Tensor, strength: float) -> Tensor:
    """Return x + strength sign(grad_x CE(judge(x), label)), x (n, C, H, W) of values in [0, 1],
    which it keeps to.
    """
    with torch.enable_grad():
        at = x.detach().clone().requires_grad_(True)
        loss = functional.cross_entropy(judge(at), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, at)
    return (x + strength * slope.sign()).clamp(0.0, 1.0)


def _describe(right: list[float], n: int) -> str:
    clean, chance, attacked, purified, both = (100 * share for share in right)
    return (
        f"Of {n:,} images the judge names {clean:.1f} % rightly, {attacked:.1f} % under attack "
        f"({chance:.1f} % under as much by chance), and {purified:.1f} % after they were purified; "
        f"purified without an attack {both:.1f} %."
    )
