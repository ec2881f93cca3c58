"""D8-new: whether the jets of D8 are new, or training jets again, turned or mirrored.

A training jet that is turned about its axis or mirrored is as real as before, and is far from all
training jets as their constituents are numbered. So jets are first turned and mirrored into one
position. What is measured there is the authentic share, by type.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import tau

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.memory.distance import features_of
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.jets.jet_lines import Sides, Standing, generate_jets, judged, test_halves
from pushforward.verify.jets.jet_nulls import (
    LOOKED_UP,
    Make,
    nearest_training,
    rank_shuffle_in_mass_bins,
)
from pushforward.verify.jets.jet_quality import TRANSFORMER_STEPS, jet_trial
from pushforward.verify.sample_tests import measure_authenticity

__all__ = ["align", "new_jets", "turn_and_mirror"]

_NET = "set-transformer"
# Halfway from real jets that only validate (.61 of the worst type, W) to training jets (0).
_AUTHENTIC = 0.30
_MOST = 500  # jets of a type that are compared with the training jets
_ORDER, _NULL = 3210, 3202


def align(jets: Batch) -> Batch:
    """Return jets (n, N, 3), each turned about its axis and mirrored into one position: its longer
    axis, by pT, along eta, and the pT-weighted third moments of eta and phi not negative.
    """
    assert jets.mask is not None
    pt = torch.expm1(jets.x[..., 2].double().clamp_min(0.0)) * jets.mask
    share = pt / pt.sum(dim=1, keepdim=True).clamp_min(1e-12)
    place = jets.x[..., :2].double()
    covariance = torch.einsum("ni,nia,nib->nab", share, place, place)
    _, axes = torch.linalg.eigh(covariance)
    turned = place @ axes.flip(-1)  # the largest first
    skew = torch.einsum("ni,nia->na", share, turned**3)
    turned = turned * torch.where(skew < 0.0, -1.0, 1.0)[:, None, :]
    x = jets.x.clone()
    x[..., :2] = turned.to(x)
    return replace(jets, x=x)


def turn_and_mirror(jets: Batch, rng: torch.Generator) -> Batch:
    """Return jets (n, N, 3), each turned about its axis by a random angle and half of them
    mirrored: masses and substructure change little, since jets are narrow.
    """
    angle = tau * torch.rand((len(jets), 1), generator=rng)
    flip = torch.where(torch.rand((len(jets), 1), generator=rng) < 0.5, -1.0, 1.0)
    eta, phi = jets.x[..., 0], jets.x[..., 1] * flip
    x = jets.x.clone()
    x[..., 0] = angle.cos() * eta - angle.sin() * phi
    x[..., 1] = angle.sin() * eta + angle.cos() * phi
    return replace(jets, x=x)


def authentic_shares(made: Batch, train: Batch, features: Callable[[Batch], Tensor]) -> list[float]:
    """Return the share of jets of each type that are farther from their nearest training jet than
    that one is from its own nearest, all in one position.
    """
    known = features(align(train))
    shares = []
    for kind in sorted(set(made.given[LABEL].tolist())):
        own = (made.given[LABEL] == kind).nonzero().squeeze(1)
        some = own[torch.randperm(len(own), generator=make_generator(_ORDER))[:_MOST]]
        shares.append(measure_authenticity(features(align(made.take(some))), known))
    return shares


@dataclass(frozen=True)
class _Judged:
    """How far jets are from unseen ones, and which share of each type are no training jets."""

    standing: Standing
    shares: list[float]

    @classmethod
    def of(cls, made: Batch, learnt: Learnt, sides: Sides) -> "_Judged":
        return cls(judged(made, sides), _shares(made, learnt))

    def passes(self) -> bool:
        """Say whether the lines of D8 and that on new jets are met."""
        return self.standing.passes() and min(self.shares) >= _AUTHENTIC

    @property
    def value(self) -> dict[str, float]:
        worst = {f"{name}, of its line": far for name, far in self.standing.worst().items()}
        return {"authentic share, worst type": min(self.shares), **worst}

    def __str__(self) -> str:
        lines = "met" if self.standing.passes() else "not met"
        far = ", ".join(f"{name} {far:.2f}" for name, far in self.standing.worst().items())
        return f"authentic {_by_type(self.shares)}; lines of D8 {lines}, shares of them: {far}"


def _shares(made: Batch, learnt: Learnt) -> list[float]:
    assert learnt.learned is not None
    train = learnt.learned.rows(slice(None))
    return authentic_shares(made, train, features_of(learnt.learned.spec()))


def _by_type(shares: list[float]) -> str:
    return "/".join(f"{share:.2f}" for share in shares)


def _outcome(found: Mapping[int, _Judged], learnt: Learnt, sides: Sides) -> Outcome:
    """Return the outcome of some seeds; the worst counts."""
    values = [each.value for each in found.values()]
    value = {name: max(each[name] for each in values) for name in values[0]}
    value["authentic share, worst type"] = min(min(each.shares) for each in found.values())
    return Outcome(
        "; ".join(f"seed {seed}: {each}" for seed, each in found.items()),
        value,
        all(each.passes() for each in found.values()),
        f"unseen jets (g/q/t/W/Z): authentic {_by_type(_shares(sides.given, learnt))}",
        list(found),
    )


def _trained(bench: Bench, steps: int) -> Outcome:
    found = {}
    for seed in bench.seeds([0]):
        learnt = bench.train(jet_trial(_NET, steps), seed)
        sides = test_halves(learnt)
        found[seed] = _Judged.of(generate_jets(learnt, sides.given, seed), learnt, sides)
    return _outcome(found, learnt, sides)


def _null(title: str, make_of: Callable[[Batch], Make]) -> Null:
    """Return a null that makes jets from the training jets and the conditions of unseen ones."""

    def measure(bench: Bench) -> Outcome:
        learnt = bench.train(jet_trial(_NET, 1), 0)
        assert learnt.learned is not None
        sides, make = test_halves(learnt), make_of(learnt.learned.rows(slice(None)))
        made = make(sides.given, make_generator(0, _NULL))
        return _outcome({0: _Judged.of(made, learnt, sides)}, learnt, sides)

    return Null(title, measure)


def _turned(train: Batch) -> Make:
    look_up = nearest_training(train)
    return lambda real, rng: turn_and_mirror(look_up(real, rng), rng)


@experiment(
    "D8-new",
    title="Jets that are no copies",
    claim="The jets of D8's diffusion meet its lines and are new: about as many of them as of "
    "unseen jets are farther from the nearest training jet than that one is from its own nearest, "
    "also when all jets are turned about their axis and mirrored into one position.",
    pass_line=f"the lines of D8, and authentic share >= {_AUTHENTIC:.2f} for each type",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836 (PC-Droid); authenticity: Alaa et al. 2022, "
    "arXiv:2102.08921, section 3.3",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _trained(bench, 1)),
        _null(LOOKED_UP, nearest_training),
        _null("the same, turned and mirrored", _turned),
        _null(
            "unseen jets: constituents shuffled inside 40 mass bins",
            lambda train: rank_shuffle_in_mass_bins,
        ),
    ],
)
def new_jets(bench: Bench) -> Outcome:
    """Train one diffusion, and compare its jets with what it learned from."""
    return _trained(bench, TRANSFORMER_STEPS)
