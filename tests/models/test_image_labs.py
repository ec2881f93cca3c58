"""What stands out, and what is mended: on pictures whose law is known."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL, DataSpec, Given
from pushforward.models.judges.base import Network
from pushforward.models.operators.attack import SETS, fast_gradient_sign
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.nameless import NAMELESS
from pushforward.models.operators.outliers import auc, pasted
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator

discover()
SIDE, COUNT = 6, 40
HALF = torch.ones(1, SIDE, SIDE)
HALF[:, :, SIDE // 2 :] = -1.0
PAIR = 0.5 + 0.3 * torch.stack([HALF, -HALF])  # dark left or dark right


class Pair:
    """The exact diffusion of two pictures, with a little noise of their own."""

    clock, noise_range, device = FlowClock(0.01, 20.0), (0.01, 20.0), torch.device("cpu")

    def __init__(self) -> None:
        flat = torch.zeros(1, SIDE, SIDE)
        self.spec = DataSpec("images", (1, SIDE, SIDE), flat + 0.5, torch.tensor(0.3))

    def denoiser(self, like: Any = None) -> Any:
        means = self.spec.standardise(PAIR)

        def said(x: Tensor, s: Tensor) -> Tensor:
            far = (x[:, None] - means).flatten(2).square().sum(dim=2)
            weights = torch.softmax(-far / 2 / (0.01 + s**2), dim=1)
            middle = (weights[:, :, None, None, None] * means).sum(dim=1)
            return middle + 0.01 * (x - middle) / (0.01 + s**2)

        return said


class Rows:
    """Pictures of both, with their class."""

    def __init__(self, n: int) -> None:
        self.labels = torch.arange(n) % 2
        noise = 0.03 * torch.randn(n, 1, SIDE, SIDE, generator=make_generator(4))
        self.x = PAIR[self.labels] + noise

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, index: Any) -> Batch:
        return Batch(self.x[index], given={"label": self.labels[index]})


class Corner(Network):
    """A judge that is easily deceived: it looks at the corner, and at nothing else."""

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.zeros_like(HALF)
        weights[:, 0, 0] = 1.0
        score = ((x - 0.5) * weights).flatten(1).sum(dim=1)
        return torch.stack([score, -score], dim=1)

    def features(self, x: Any) -> Tensor:
        return Batch.of(x).x.flatten(1)

    def logits(self, x: Any) -> Tensor:
        with torch.no_grad():
            return self(Batch.of(x).x)


def lab(slug: str, judge: Any = Corner, **settings: Any) -> Outcome:
    entry = registry.get("operator", slug)

    def prepared() -> Any:
        yield False
        return judge() if judge is not None else None

    model: Any = Pair()
    source: Any = Rows(COUNT)
    operation = Operation(
        model, Heun(HeunConfig(steps=8)), some=lambda n, seed: source, judge=prepared
    )
    return finish(entry.make(decode(entry.config, settings)).work(operation))


def test_the_area_is_the_share_of_pairs_and_its_interval_is_that_of_the_paper() -> None:
    high, low = torch.tensor([3.0, 1.0, 2.0]), torch.tensor([1.0, 0.0])
    pairs = (high[:, None] > low).double() + 0.5 * (high[:, None] == low).double()
    assert float(auc(high, low)[0]) == pytest.approx(float(pairs.mean()))
    assert auc(low, low)[0] == 0.5
    # Hanley and McNeil, table II: 58 and 51 of a true area of .893 have an error of .032.
    rng = make_generator(0)
    normal = [torch.randn(n, generator=rng) for n in (4000, 4000)]
    wide = auc(normal[0] + 1.757, normal[1])
    assert float(wide[0]) == pytest.approx(0.893, abs=0.01)
    few = auc(torch.linspace(0, 1, 51) + 0.555, torch.linspace(0, 1, 58))
    area = float(few[0])
    assert float(few[2] - few[1]) / 2 / 1.96 == pytest.approx(0.032, abs=0.004 + abs(area - 0.893))


def test_a_piece_is_put_where_it_changes_most_and_its_place_is_told() -> None:
    x = Rows(6).x
    made, places = pasted(x, make_generator(1))
    side = SIDE // 3
    assert places.sum(dim=(1, 2)).eq(side * side).all()
    assert torch.equal(made == x, ~places[:, None] | (made == x))
    assert float((made - x).abs().amax(dim=(1, 2, 3)).min()) > 0.4


def test_what_no_picture_has_stands_out_and_the_map_finds_it() -> None:
    found = lab("outliers", rows=COUNT, draws=2, levels=3, low=0.1, high=0.5).arrays
    assert float(found["auc-pasted"][1]) > 0.9
    assert float(found["auc-places"][1]) > 0.9
    assert found["maps"].shape == found["pictures"].shape == (32, 1, SIDE, SIDE)
    # The null: unseen images do not stand out among unseen images.
    unseen = found["unseen"]
    _, low, high = auc(unseen[::2], unseen[1::2]).tolist()
    assert low < 0.5 < high


def test_an_attack_deceives_chance_does_not_and_what_is_purified_is_judged_as_before() -> None:
    found = lab("attack", strength=0.45, noise=0.8, rows=COUNT).arrays
    right = dict(zip(SETS, found["accuracy"][:, 0].tolist(), strict=True))
    assert right["clean"] == right["clean-purified"] == right["purified"] == 1.0
    assert right["attacked"] == 0.0
    assert right["chance"] > 0.2
    assert found["pictures"].shape == (3, 32, 1, SIDE, SIDE)
    assert torch.equal(found["verdict"][0], found["label"])
    # Noise that is too little mends nothing.
    still = lab("attack", strength=0.45, noise=0.011, rows=COUNT).arrays["accuracy"][3, 0]
    assert float(still) < 0.1
    moved = fast_gradient_sign(Corner(), Rows(2).x, torch.tensor([0, 1]), 0.1)
    assert float((moved - Rows(2).x).abs().max()) == pytest.approx(0.1, abs=1e-6)


def test_the_judge_says_what_it_sees_and_how_sure_it_is() -> None:
    entry, rows = registry.get("operator", "ask-judge"), Rows(6)

    def prepared() -> Any:
        yield False
        return Corner()

    model: Any = Pair()
    operation = Operation(model, handed={"rows": rows.rows(slice(None))}, judge=prepared)
    found = finish(entry.make(decode(entry.config, {})).work(operation)).arrays
    assert torch.equal(found["class"], rows.labels)
    expected = Corner().logits(rows.x).softmax(dim=1).amax(dim=1)
    torch.testing.assert_close(found["sure"], expected)
    torch.testing.assert_close(
        found["margin"], (expected / (1 - expected)).log(), atol=1e-3, rtol=1e-3
    )


def test_labs_that_tell_the_model_no_class_ask_for_none() -> None:
    for slug in ("attack", "outliers"):
        assert registry.get("operator", slug).asks is None


def test_without_a_judge_nothing_is_attacked() -> None:
    with pytest.raises(ValueError, match="no reference classifier"):
        lab("attack", judge=None)


def test_a_row_whose_class_nobody_says_is_told_of_none_and_not_of_one_by_chance() -> None:
    class Told(Pair):
        """The same, and it writes down which classes it is told."""

        def __init__(self) -> None:
            super().__init__()
            label = Given(classes=2, names=("left", "right"))
            self.spec = replace(self.spec, given={LABEL: label}, law={LABEL: torch.tensor([0, 1])})
            self.heard: list[int] = []

        def denoiser(self, like: Any = None) -> Any:
            self.heard += like.given[LABEL].tolist()
            return super().denoiser(like)

    for slug in ("anomaly", "purify", "sdedit", "denoise", "invert", "film-of-rows"):
        entry = registry.get("operator", slug)
        for given, told in (({}, -1), ({LABEL: torch.tensor(1)}, 1)):
            model = Told()
            operation = Operation(
                model, sampler=Heun(HeunConfig(steps=3)), given=given, handed={"rows": Batch(PAIR)}
            )
            outcome = finish(entry.make(entry.config()).work(operation))
            assert set(model.heard) == {told}
            assert outcome.taken_from == (NAMELESS if told < 0 else "")
            # The null: a model that heard the class of every row knows nothing of none.
            model = Told()
            model.config = SimpleNamespace(label_dropout=0.0)
            outcome = finish(entry.make(entry.config()).work(replace(operation, learner=model)))
            assert set(model.heard) <= {0, 1}
            assert outcome.taken_from == ""
