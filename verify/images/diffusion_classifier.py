"""8C: a diffusion tells classes apart by denoising, and a digit that it has never seen."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.nets.pick import filled
from pushforward.models.operators.outliers import auc
from pushforward.models.registry import registry
from pushforward.models.settle import settle
from pushforward.studio.engine.data.batches import Shuffled
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import (
    CLASSES,
    SEEDS,
    STEPS,
    conditional_trial,
    digits,
    over_seeds,
    right,
)
from pushforward.verify.images.image_lookups import find_nearest
from pushforward.verify.operator_requests import done

__all__ = ["classified", "unknown"]

_ROWS = 250
_CPU = torch.device("cpu")


def _nearest_mean(x: Tensor) -> Tensor:
    """Return the class whose mean training image is nearest, (n,)."""
    train = digits().train
    means = torch.stack([train.x[train.given[LABEL] == c].mean(dim=0) for c in range(CLASSES)])
    return torch.cdist(x.flatten(1), means.flatten(1)).argmin(dim=1)


def _classified(bench: Bench, steps: int = STEPS) -> Outcome:
    """Classify unseen digits by which class makes them out best."""
    unseen = digits().unseen.take(slice(0, _ROWS))
    label = unseen.given[LABEL].long()
    simple = float((_nearest_mean(unseen.x) == label).double().mean())

    def measure(learner: Learner[Any], seed: int) -> dict[str, float]:
        found = done("diffusion-classifier", learner, {"rows": unseen}, seed=seed)
        return {"accuracy": float((found.arrays["class"] == label).double().mean())}

    def passed(mean: Mapping[str, float]) -> bool:
        return mean["accuracy"] >= max(0.85, simple)

    floor = f"the nearest class mean {simple:.3f}; the judge {right(unseen.x, label):.3f}"
    return over_seeds(bench, measure, passed, floor, trial=conditional_trial(steps), seeds=SEEDS)


def _nearest_image(bench: Bench) -> Outcome:
    """Name unseen digits by their nearest training image."""
    unseen, train = digits().unseen.take(slice(0, _ROWS)), digits().train
    label = unseen.given[LABEL].long()
    seen = train.given[LABEL].long()[find_nearest(unseen.x, train.x)[:, 0]]
    accuracy = float((seen == label).double().mean())
    line = max(0.85, float((_nearest_mean(unseen.x) == label).double().mean()))
    return Outcome(f"accuracy {accuracy:.3f}", {"accuracy": accuracy}, accuracy >= line, "", [])


@experiment(
    "8C-classifier",
    title="A diffusion is a classifier",
    claim="The class under which a diffusion makes an unseen digit out best in noise is its own, "
    "more often than that with the nearest mean image. As a classifier of 8x8 digits it has no "
    "advantage: the nearest training image names more of them rightly, without training.",
    pass_line=f"accuracy on {_ROWS} unseen digits >= .85, and not below that of the nearest class "
    "mean; mean of three seeds, with the operator's defaults",
    group="8C",
    source="Li et al. 2023, arXiv:2303.16203, algorithm 1",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _classified(bench, steps=1))],
    baselines=[Null("the class of the nearest training image", _nearest_image)],
)
def classified(bench: Bench) -> Outcome:
    """Train and classify."""
    return _classified(bench)


def _without(digit: int, steps: int, seed: int) -> Family[Any]:
    """Return a diffusion by a fully connected network of all digits but one."""
    known = digits()
    assert isinstance(known.data.rows, ImageSet)
    kept = torch.nonzero(known.train.given[LABEL] != digit).flatten()
    rows = known.data.rows.take(kept)
    spec, entry = rows.spec(), registry.get("family", "edm")
    wanted = {"net": {"slug": "mlp", "config": {"width": 256}}}
    config = settle(entry.config, filled(entry, wanted, "images"), "images")
    made: Family[Any] = entry.make(config, spec, horizon=steps, seed=seed, device=_CPU)
    batches = Shuffled(spec.standardised(rows.rows(slice(None))), 128, seed)
    for step in range(steps):
        made.step(batches.batch(step))
    return made


def _unknown(bench: Bench, steps: int = STEPS) -> Outcome:
    """Score unseen digits of a class that was left out of the training against those of the others;
    each seed leaves out the class of its number.
    """
    used, unseen = bench.seeds(SEEDS), digits().unseen
    found, near = [], []
    for seed in used:
        digit = seed % CLASSES
        model = _without(digit, steps, seed)
        odd = unseen.given[LABEL] == digit
        score = done("anomaly", model, {"rows": Batch(unseen.x)}, seed=seed).arrays["score"]
        found.append(float(auc(score[odd], score[~odd])[0]))
        train = digits().train
        others = train.x[train.given[LABEL] != digit].flatten(1)
        far = torch.cdist(unseen.x.flatten(1), others).min(dim=1).values
        near.append(float(auc(far[odd], far[~odd])[0]))
    mean = sum(found) / len(found)
    said = ", ".join(
        f"without the digit {seed % CLASSES}: {each:.3f}"
        for seed, each in zip(used, found, strict=True)
    )
    floor = "chance: .5; the distance to the nearest training image, seed by seed: " + (
        ", ".join(f"{each:.3f}" for each in near)
    )
    return Outcome(said, {"AUROC": mean}, mean >= 0.75, floor, list(used))


def _brightness(bench: Bench) -> Outcome:
    unseen = digits().unseen
    light = unseen.x.flatten(1).mean(dim=1)
    found = []
    for seed in bench.seeds(SEEDS):
        odd = unseen.given[LABEL] == seed % CLASSES
        found.append(float(auc(light[odd], light[~odd])[0]))
    mean = sum(found) / len(found)
    said = ", ".join(f"{each:.3f}" for each in found)
    return Outcome(said, {"AUROC": mean}, mean >= 0.75, "chance: .5", list(bench.seeds(SEEDS)))


def _distance(bench: Bench) -> Outcome:
    """Score unseen digits by the distance to the nearest training image of the nine digits."""
    unseen, train, found = digits().unseen, digits().train, []
    for seed in bench.seeds(SEEDS):
        digit = seed % CLASSES
        known = train.x[train.given[LABEL] != digit]
        near = known[find_nearest(unseen.x, known)[:, 0]]
        far = (unseen.x - near).flatten(1).norm(dim=1)
        odd = unseen.given[LABEL] == digit
        found.append(float(auc(far[odd], far[~odd])[0]))
    mean = sum(found) / len(found)
    said = ", ".join(f"{each:.3f}" for each in found)
    return Outcome(said, {"AUROC": mean}, mean >= 0.75, "chance: .5", list(bench.seeds(SEEDS)))


@experiment(
    "8C-anomaly",
    title="A digit that was never seen stands out",
    claim="A diffusion of nine digits makes the tenth out worse in noise than unseen ones of the "
    "nine. On 8x8 digits this is no advantage: the distance to the nearest training image finds "
    "the tenth better, without training.",
    pass_line="AUROC >= .75, mean of three seeds that leave out the digits 0, 1 and 2, with the "
    "operator's defaults",
    group="8C",
    source="Graham et al. 2023, arXiv:2211.07740, section 3",
    slow=True,
    nulls=[
        Null("how bright an image is", _brightness),
        Null("one step of training", lambda bench: _unknown(bench, steps=1)),
    ],
    baselines=[Null("the distance to the nearest training image", _distance)],
)
def unknown(bench: Bench) -> Outcome:
    """Train on nine digits, and score all ten."""
    return _unknown(bench)
