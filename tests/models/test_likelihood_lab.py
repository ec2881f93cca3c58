"""The likelihood lab on exact densities: what it says is what the law says."""

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL, Given
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.models.data.eight_gaussians import EightGaussiansConfig
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.density import LikelihoodLab, LikelihoodLabConfig
from pushforward.models.operators.otherset import other_rows
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover(["pushforward.models.families", "pushforward.models.data", "pushforward.models.kinds"])


def data(n: int = 300, seed: int = 0) -> Any:
    return registry.get("dataset", "eight-gaussians").make(EightGaussiansConfig(), n, seed)


@pytest.fixture(scope="module")
def family() -> Any:
    entry = registry.get("family", "exact-flow")
    return entry.make(entry.config(), data().spec(), horizon=1, seed=0, device="cpu")


def do(family: Any, unseen: Any = None, **settings: Any) -> Outcome:
    work = LikelihoodLab(LikelihoodLabConfig(**{"rows": 200, "map": 0, **settings})).work(
        Operation(family, data=data, some=unseen)
    )
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_an_exact_density_is_that_of_the_law(family) -> None:
    outcome = do(family, lambda n, seed: data(n // 2, seed + 1))
    assert int(outcome.arrays["law"]) == 1
    for name in ("learned", "unseen"):
        torch.testing.assert_close(
            outcome.arrays[name], outcome.arrays[f"bar-{name}"], atol=1e-4, rtol=1e-4
        )
    assert outcome.arrays["learned"].shape == (200,)
    assert outcome.arrays["unseen"].shape == (100,)
    assert "Unseen data have" in outcome.note


def test_a_map_is_a_density_and_rises_from_below(family) -> None:
    arrays = do(family, map=96).arrays
    x0, x1, y0, y1 = arrays["bounds"].tolist()
    cell = (x1 - x0) / 95 * (y1 - y0) / 95
    assert float(arrays["map"].exp().sum()) * cell == pytest.approx(1.0, abs=0.01)
    torch.testing.assert_close(arrays["map"], arrays["law-map"], atol=1e-3, rtol=1e-3)
    # The law is as likely above as below, so that only a place of its own tells up from down.
    law = family.spec.mixture
    corner = torch.tensor([[x1, y0]], dtype=torch.float64)
    expected = law.to(corner).log_prob(corner, corner.new_zeros(()))
    assert float(arrays["map"][0, -1]) == pytest.approx(float(expected), abs=1e-2)


def test_other_data_are_less_likely(family) -> None:
    arrays = do(family, other=Pick(slug="swiss-roll")).arrays
    assert arrays["other"].mean() < arrays["learned"].mean() - 1


@pytest.mark.parametrize(
    ("pick", "why"),
    [
        (Pick(slug="markov-text"), "markov-text holds texts; the model has learned points."),
        (
            Pick(slug="swiss-roll", config={"dimension": "3"}),
            "swiss-roll has rows of the form 3, those that the model learned 2.",
        ),
        (Pick(slug="swiss-rolls"), "swiss-roll"),
    ],
)
def test_data_that_do_not_fit_are_refused(family, pick: Pick, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        do(family, other=pick)


def test_others_are_read_by_who_does_it_and_told_only_the_classes_that_the_model_knows() -> None:
    """A dress stands for 3 in its own set, as a digit does in another."""
    x = torch.arange(8.0).reshape(4, 1, 1, 2) / 8
    digits = Classed(ImageSet(x), ("zero", "one", "two"))
    clothes = Classed(ImageSet(x), ("shirt", "two", "dress"))
    operation = Operation(Even(digits.spec()), other=lambda pick, n, seed: clothes)
    rows = other_rows(operation, Pick(slug="project:clothes"), 3, 0, 0)
    assert len(rows) == 3
    of = {0: UNCONDITIONAL, 1: 2, 2: UNCONDITIONAL}  # "two" is called so in both
    order = [x[:, 0, 0, 0].tolist().index(value) for value in rows.x[:, 0, 0, 0].tolist()]
    assert rows.given["label"].tolist() == [of[place % 3] for place in order]
    same = other_rows(replace(operation, other=lambda *_: digits), Pick(slug="x"), 4, 0, 0)
    assert sorted(same.given["label"].tolist()) == [0, 0, 1, 2]
    bare = other_rows(replace(operation, other=lambda *_: ImageSet(x)), Pick(slug="x"), 4, 0, 0)
    assert bare.given["label"].tolist() == [UNCONDITIONAL] * 4


def test_without_data_it_says_so(family) -> None:
    with pytest.raises(ValueError, match="needs the data of the run"):
        next(LikelihoodLab(LikelihoodLabConfig()).work(Operation(family)))


@dataclass(frozen=True)
class Classed:
    """A `RowSource` whose rows are of the classes 0, 1, 2, 0, ..."""

    source: Any
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.source)

    def spec(self) -> Any:
        given = {LABEL: Given(classes=len(self.names), names=self.names)}
        return replace(self.source.spec(), given=given)

    def rows(self, index: Any) -> Batch:
        label = torch.arange(len(self)) % len(self.names)
        return Batch(self.source.rows(index).x, given={LABEL: label[index]})


class Even:
    """A density over pixels that is 1 wherever it is asked."""

    device = torch.device("cpu")

    def __init__(self, spec: Any) -> None:
        self.spec = spec

    def log_prob(self, x: Any) -> torch.Tensor:
        return self.spec.log_scale(x).float()


def test_pixels_are_spread_over_their_levels_where_dark_ones_have_no_density() -> None:
    x = torch.randint(0, 17, (100, 1, 2, 2), generator=make_generator(0)) / 16
    x[:, 0, 0, 0] = 0.0  # always dark, so that no Gaussian fits the levels themselves
    images = ImageSet(x)
    asked = []

    class Seen(Even):
        def log_prob(self, x: Any) -> torch.Tensor:
            asked.append(self.spec.restored(x).x)
            return super().log_prob(x)

    work = LikelihoodLab(LikelihoodLabConfig(rows=100)).work(
        Operation(Seen(images.spec()), data=lambda: images)
    )
    arrays = finish(work).arrays
    assert float(arrays["cell"]) == 4.0
    assert int(arrays["levels"]) == 17, "of the pixels as they are, not spread"
    # An even density over [0, 1] costs as many bits a number as there are to a level's cell.
    assert float(arrays["learned"].abs().max()) < 1e-5
    assert bool(arrays["bar-learned"].isfinite().all())
    seen = torch.cat(asked)
    assert float((seen - seen.mul(16).round() / 16).abs().max()) <= 0.5 / 16 + 1e-5
    assert float(seen[:, 0, 0, 0].std()) == pytest.approx(1 / 16 / 12**0.5, rel=0.15)


def test_of_data_that_do_not_vary_in_some_direction_no_gaussian_is_told(family) -> None:
    def flat(n: int = 300, seed: int = 0) -> PointSet:
        x = data(n, seed).x.clone()
        x[:, 1] = 0.5
        return PointSet(x, ("a", "b"))

    work = LikelihoodLab(LikelihoodLabConfig(rows=50, map=0)).work(Operation(family, data=flat))
    found = finish(work)
    assert bool(found.arrays["bar-learned"].isnan().all())
    assert bool(found.arrays["learned"].isfinite().all())
    assert "no Gaussian has their moments" in found.note


def test_it_is_said_how_far_a_piece_of_the_rows_is() -> None:
    """Forty digits are one piece, which took a minute and a half without a word."""
    images = ImageSet(torch.rand(40, 1, 2, 2, generator=make_generator(0)))

    class Walks(Even):
        def log_prob(self, x: Any) -> torch.Tensor:
            raise AssertionError("it is walked through")

        def walk_log_prob(self, x: Any, steps: int | None = None) -> Any:
            yield from (0.25, 0.5, 1.0)
            return Even.log_prob(self, x)

    config = LikelihoodLabConfig(rows=40)
    told = []
    work = LikelihoodLab(config).work(Operation(Walks(images.spec()), data=lambda: images))
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            found = end.value.arrays["learned"]
            break
    assert [(each.done, each.total) for each in told] == [(n, 40) for n in (10, 20, 40, 40)]
    plain = LikelihoodLab(config).work(Operation(Even(images.spec()), data=lambda: images))
    torch.testing.assert_close(found, finish(plain).arrays["learned"])


def test_fewer_solver_steps_are_requested_of_the_model() -> None:
    images = ImageSet(torch.rand(8, 1, 2, 2, generator=make_generator(0)))
    asked: list[int | None] = []

    class Walks(Even):
        def walk_log_prob(self, x: Any, steps: int | None = None) -> Any:
            asked.append(steps)
            yield 1.0
            return Even.log_prob(self, x)

    work = LikelihoodLab(LikelihoodLabConfig(rows=16, steps=12)).work(
        Operation(Walks(images.spec()), data=lambda: images)
    )
    list(work)
    assert asked
    assert set(asked) == {12}
