"""The solver lab on an exact field: what it measures follows from what is known of the samplers."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pushforward.models.config import Pick, decode
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import finish
from pushforward.models.data.eight_gaussians import EightGaussiansConfig
from pushforward.models.kinds.images import images
from pushforward.models.kinds.jets import jets
from pushforward.models.metrics.base import Evidence
from pushforward.models.operators import real_comparison, solvers
from pushforward.models.operators.base import Operation, Outcome, Progress
from pushforward.models.operators.solvers import SolverLab, SolverLabConfig
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover(
    [
        "pushforward.models.samplers",
        "pushforward.models.families",
        "pushforward.models.data",
        "pushforward.models.kinds",
        "pushforward.models.metrics",
    ]
)
N = 256
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def family() -> Family[Any]:
    entry = registry.get("family", "exact-flow")
    made: Family[Any] = entry.make(entry.config(), data().spec(), horizon=1, seed=0, device="cpu")
    return made


def data(n: int = 2 * N) -> Any:
    return registry.get("dataset", "eight-gaussians").make(EightGaussiansConfig(), n, 0)


def do(family: Family[Any], rows: int = 2 * N, **settings: Any) -> tuple[Outcome, list[Progress]]:
    config = SolverLabConfig(**{"n": N, "repeats": 1, **settings})
    told: list[Progress] = []
    work = SolverLab(config).work(Operation(family, data=lambda: data(rows)))
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return end.value, told


def test_more_calls_are_nearer_to_the_end_of_the_ode_and_higher_orders_sooner(family) -> None:
    outcome, told = do(family, samplers=("ddim", "dpmpp-2m", "heun"), calls=(8, 64))
    error = outcome.arrays["error"][..., 0]
    assert torch.all(error[:, 1] < error[:, 0])
    assert error[1, 1] < 0.2 * error[0, 1], "second order against first"
    assert error[2, 0] > error[0, 0], "Heun's method needs more steps than Euler's at few calls"
    assert torch.all(outcome.arrays["distance"][1, 1] < 1.5 * outcome.arrays["floor"])
    assert told[-1].done == told[-1].total > 3 * (8 + 64), "calls, and those of the reference"
    assert [each.done for each in told] == sorted(each.done for each in told)


def test_no_sampler_makes_more_calls_than_it_may(family) -> None:
    outcome, _ = do(family, samplers=("heun", "annealed-langevin", "ddim"), calls=(2, 25))
    assert outcome.arrays["nfe"].tolist() == [[1, 25], [0, 21], [2, 25]]
    assert outcome.arrays["distance"][1, 0].isnan().all(), "a walk at each of ten levels"
    assert outcome.arrays["seconds"][1, 0].isnan()


def test_a_grid_is_that_of_all_and_own_is_each_ones(family) -> None:
    names = ("dpmpp-2m", "ddim")
    own, even, rho = (
        do(family, samplers=names, calls=(12,), grid=grid)[0].arrays["error"][:, 0, 0]
        for grid in ("own", "time-uniform", "edm-rho")
    )
    assert torch.all(even != rho)
    assert torch.all(own != even), "neither divides the time evenly by itself"
    assert even[0] > rho[0], "a time grid leaves its last step a long way in log-SNR"


def test_a_sampler_with_noise_has_a_distance_but_no_error(family) -> None:
    outcome, _ = do(family, samplers=("ancestral",), calls=(16,))
    assert outcome.arrays["error"].isnan().all()
    assert outcome.arrays["distance"].isfinite().all()


def test_ways_begin_at_the_same_noise_and_end_at_samples(family) -> None:
    outcome, _ = do(family, samplers=("ddim", "dpmpp-2m"), calls=(16, 80))
    ways, reference = outcome.arrays["ways"], outcome.arrays["reference"]
    assert ways.shape[2:] == reference.shape
    torch.testing.assert_close(ways[0, 0, 0], reference[0])
    torch.testing.assert_close(ways[1, 1, 0], reference[0])
    gap = (ways[:, :, -1] - reference[-1]).square().sum(-1).mean(-1).sqrt()
    assert torch.all(gap[:, 1] < gap[:, 0])


def test_the_same_settings_give_the_same_figures(family) -> None:
    one, other = (do(family, samplers=("ancestral",), calls=(8,))[0] for _ in range(2))
    for name in one.arrays.keys() - {"seconds"}:
        torch.testing.assert_close(one.arrays[name], other.arrays[name], equal_nan=True)


# Jets, and as much as there is time for

JETS = jets(400, 0)
IMAGES = images(120, 0)


def test_times_that_were_taken_while_something_trained_are_marked(family) -> None:
    config = SolverLabConfig(n=N, repeats=1, samplers=("ddim",), calls=(4, 8))
    asked = []

    def trains() -> bool:
        asked.append(True)
        return len(asked) > 7  # from the second count of calls on

    operation = Operation(family, data=lambda: data(2 * N), shared=trains)
    shared = finish(SolverLab(config).work(operation)).arrays["shared"]
    assert shared.shape == (1, 2, 1)
    assert shared.flatten().tolist() == [False, True]
    assert not do(family, samplers=("ddim",), calls=(4,))[0].arrays["shared"].any()


def jet_family(slug: str = "edm", s_max: float = 5.0) -> Family[Any]:
    entry = registry.get("family", slug)
    net = {"slug": "set-transformer", "config": {"width": 8, "layers": 1, "heads": 2}}
    config = decode(entry.config, {"net": net, "s_max": s_max})
    made: Family[Any] = entry.make(config, JETS.spec(), horizon=1, seed=0, device=CPU)
    return made


def lab(family: Family[Any], **settings: Any) -> Outcome:
    work = SolverLab(SolverLabConfig(**settings)).work(Operation(family, data=lambda: JETS))
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_jets_are_held_against_jets_by_their_own_figure(monkeypatch) -> None:
    """The same as by hand: samples of the same noise, real jets of the same split, W1 of the mass;
    and the floor is what two halves of the real ones come to.
    """
    monkeypatch.setattr(solvers, "_FINE", 12)  # steps of the reference, which is not looked at
    family = jet_family()
    outcome = lab(family, samplers=("ddim",), calls=(5,), n=120, repeats=1)
    metric = registry.get("metric", "w1-jet-mass")
    figure = metric.make(metric.config())
    rows = torch.randperm(len(JETS), generator=make_generator(0, 3023))
    real, other = JETS.take(rows[:120]), JETS.take(rows[120:240])
    sampler = registry.get("sampler", "ddim")
    latents = family.prior(120, make_generator(0, 3021))
    *_, last = family.flow(latents, sampler=sampler.make(sampler.config(steps=5)))
    made = family.spec.restored(latents.holding(last.x))
    rng = make_generator(0)
    by_hand = figure.measure(Evidence(real, rng, made=made)).value
    assert float(outcome.arrays["distance"][0, 0, 0]) == pytest.approx(by_hand, rel=1e-4)
    floor = figure.bar(Evidence(real, rng, other=other)).value
    assert float(outcome.arrays["floor"][0]) == pytest.approx(floor, rel=1e-5)
    assert by_hand > 5 * floor, "an untrained model is far off"
    assert outcome.settled["figure"]["slug"] == "w1-jet-mass"
    assert outcome.arrays["nfe"].tolist() == [[5]]
    assert float(outcome.arrays["seconds"]) > 0
    assert outcome.arrays["error"].shape == (1, 1, 1)
    assert outcome.arrays["error"].isfinite().all(), "the end of the ODE is known of jets, too"


def test_types_that_are_rare_among_a_few_jets_ask_for_no_judge(monkeypatch) -> None:
    """Of 64 jets of five types W1 of the mass has too few of each: it was taken for asking."""
    monkeypatch.setattr(solvers, "_FINE", 2)
    five = replace(jets(800, 0), label=torch.arange(800) % 5, names=tuple("gqtWZ"))
    entry = registry.get("family", "edm")
    net = {"slug": "set-transformer", "config": {"width": 8, "layers": 1, "heads": 2}}
    config = decode(entry.config, {"net": net, "s_max": 5.0})
    model = entry.make(config, five.spec(), horizon=1, seed=0, device=CPU)
    settings = SolverLabConfig(samplers=("ddim",), calls=(2,), n=400, repeats=1)
    outcome = finish(SolverLab(settings).work(Operation(model, data=lambda: five)))
    assert outcome.settled["figure"]["slug"] == "w1-jet-mass"
    assert outcome.arrays["distance"].isfinite().all()


class Eyes:
    """A judge that sees the mean of each half of an image."""

    def features(self, rows: Any) -> torch.Tensor:
        return rows.reshape(len(rows), 2, -1).mean(dim=2)

    def logits(self, rows: Any) -> torch.Tensor:
        return self.features(rows)


def image_family(slug: str) -> Family[Any]:
    entry = registry.get("family", slug)
    net = {"slug": "mlp", "config": {"width": 8, "depth": 1}}
    made: Family[Any] = entry.make(
        decode(entry.config, {"net": net}), IMAGES.spec(), horizon=1, seed=0, device=CPU
    )
    return made


@pytest.mark.parametrize(("slug", "by"), [("edm", "ddim"), ("consistency-training", "consistency")])
def test_images_are_held_against_images_in_the_eyes_of_their_judge(slug, by) -> None:
    """As many of both, or the floor would be of fewer; and it says so where there is no judge."""
    asked: list[bool] = []

    def judge() -> Any:
        asked.append(True)
        yield False
        return Eyes()

    config = SolverLabConfig(samplers=(by,), calls=(3,), n=500, repeats=1)
    family = image_family(slug)

    def work(**more: Any) -> Outcome:
        return finish(SolverLab(config).work(Operation(family, data=lambda: IMAGES, **more)))

    outcome = work(judge=judge)
    assert asked == [True]
    assert outcome.settled["figure"]["slug"] == "frechet-judge"
    assert outcome.settled["n"] == len(IMAGES) // 2
    floor = float(outcome.arrays["floor"][0])
    assert float(outcome.arrays["distance"][0, 0, 0]) > 5 * floor > 0, "an untrained model"
    with pytest.raises(ValueError, match="no reference classifier"):
        work()


@pytest.mark.parametrize("kind", registry.all("kind"), ids=lambda kind: kind.slug)
def test_a_kind_that_has_a_distance_is_measured_by_it(kind) -> None:
    """Images and series had none, as the figure of points was taken for theirs."""
    known = {entry.slug: entry for entry in registry.all("metric")}
    own = [slug for slug in kind.metrics if real_comparison.is_distance(known[slug])]
    family: Any = SimpleNamespace(spec=kind.make(20, 0).spec())
    if own:
        assert real_comparison.distance_of(Pick(), family)[1].slug == own[0]
    else:
        with pytest.raises(ValueError, match=f"usual figures of {kind.many} is a distance"):
            real_comparison.distance_of(Pick(), family)


def test_what_is_left_open_is_as_much_as_there_is_time_for(monkeypatch) -> None:
    monkeypatch.setattr(solvers, "_seconds_of_a_call", lambda family: 1e-5)
    family = jet_family()

    def planned(**settings: Any) -> Any:
        return solvers._planned(SolverLabConfig(**settings), family)

    short, longer, whole = (planned(seconds=seconds) for seconds in (0.5, 6.0, 86_400.0))
    assert [each.slug for each in short.samplers] == ["dpmpp-2m", "heun", "ddim", "ancestral"]
    assert (short.calls, short.repeats, short.fine) == ((5, 10, 20, 50), 2, 0)
    # Two repeats of four samplers with 85 calls: 7 milliseconds a row, and never too few.
    assert (short.n, longer.n) == (250, int(6.0 / (1e-5 * 2 * 4 * 85)))
    # The reference follows 200 particles for 800 calls, twice: 3.2 seconds.
    with_ends = planned(seconds=11.0)
    assert (with_ends.n, with_ends.fine) == (int((11.0 - 3.2) / (1e-5 * 2 * 4 * 85)), 400)
    assert (whole.n, whole.repeats, whole.fine, len(whole.calls)) == (2000, 3, 400, 9)
    asked = planned(seconds=1.0, calls=(8,), n=64)
    assert (asked.calls, asked.n) == ((8,), 64), "what was said stays"


def test_a_student_draws_as_many_as_its_teacher_where_nobody_says_how_many(monkeypatch) -> None:
    monkeypatch.setattr(solvers, "_seconds_of_a_call", lambda family: 1e-5)
    teacher, student = jet_family(), jet_family("consistency-training")
    for seconds in (1.0, 6.0, 10.0, 86_400.0):
        config = SolverLabConfig(seconds=seconds)
        theirs, its = (solvers._planned(config, family) for family in (teacher, student))
        assert its.n == theirs.n
        assert (its.fine, [each.slug for each in its.samplers]) == (0, ["consistency"])


def test_a_consistency_model_is_compared_by_its_few_steps(family) -> None:
    model = jet_family("consistency-training")
    outcome = lab(model, calls=(1, 3), n=100, repeats=1)
    assert outcome.settled["samplers"] == ["consistency"]
    assert outcome.arrays["nfe"].tolist() == [[1, 3]]
    assert outcome.arrays["error"].isnan().all(), "it follows no ODE"
    for slug in ("edm", "consistency-training"):
        assert "stepped" in registry.get("family", slug).abilities
    assert "stepped" not in registry.get("family", "gan").abilities


@pytest.mark.parametrize(
    ("figure", "words"),
    [("sliced-w2", "is for points, not jets"), ("w1-hair", "there is no metric"),
     ("log-likelihood", "no distance")],
)  # fmt: skip
def test_a_figure_that_does_not_fit_says_why(figure, words) -> None:
    with pytest.raises(ValueError, match=words):
        lab(jet_family(), samplers=("ddim",), calls=(1,), n=100, repeats=1,
            figure=Pick(slug=figure))  # fmt: skip


def test_no_condition_can_be_chosen_where_all_data_are_held_against(family) -> None:
    work = SolverLab(SolverLabConfig()).work(
        Operation(family, given={"label": torch.tensor(1)}, data=lambda: data())
    )
    with pytest.raises(ValueError, match="no condition can be chosen"):
        next(work)


@pytest.mark.parametrize(
    ("slug", "words"),
    [("hein", "there is no sampler 'hein'"), ("consistency", "needs a model that goes from noise")],
)
def test_a_sampler_that_cannot_be_taken_says_why(family, slug, words) -> None:
    with pytest.raises(ValueError, match=words):
        do(family, samplers=(slug,))


def test_without_data_there_is_nothing_to_compare_with(family) -> None:
    with pytest.raises(ValueError, match="needs the data of the run"):
        next(SolverLab(SolverLabConfig()).work(Operation(family)))


# What is concluded


def said(distance: list[list[float]], spread: float, repeats: int = 3) -> str:
    """Return what is said of three samplers, by their distances with 8 and 16 calls; the repeats
    lie a spread apart, and those of the floor 0.1 around 1.
    """
    entries = tuple(registry.get("sampler", slug) for slug in ("ddim", "heun", "dpmpp-2m"))
    apart = torch.arange(repeats) - (repeats - 1) / 2
    values = torch.tensor(distance)[..., None] + spread * apart
    nfe = torch.tensor([[8, 16]] * len(distance))
    return solvers._enough(entries[: len(distance)], nfe, values, 1 + 0.1 * apart, "100 jets")


def test_a_winner_is_named_where_its_interval_is_narrow_and_below_all_others() -> None:
    clear = [[3.0, 2.0], [4.0, 3.0], [2.0, 1.1]]
    assert "needs the fewest evaluations, 16" in said(clear, 0.02)
    assert said(clear, 0.02).startswith(registry.get("sampler", "dpmpp-2m").title)
    # Student's t of three repeats: half an interval is 4.303 / sqrt(3) spreads.
    assert "needs the fewest" in said(clear, 0.18)
    assert said(clear, 0.21) == "100 jets are too few to compare the solvers: take more."
    level = [[3.0, 2.0], [4.0, 1.15], [2.0, 1.1]]
    assert said(level, 0.02) == "100 jets are too few to compare the solvers: take more."
    assert "needs the fewest" in said(level, 0.005)
    for far in (1.0, 2.0):
        assert said([[3.0, far]] * 3, 0.0, repeats=1).startswith("One repeat is too little")
    assert said([[3.0, 2.0]] * 3, 0.02).startswith("None comes to")
    alone = said([[3.0, 1.1]], 0.21)
    assert alone == "100 jets are too few to say how many evaluations it needs: take more."


def test_of_samplers_that_are_the_same_hardly_ever_one_wins() -> None:
    """The null model: all distances are drawn from the law of the floor."""
    entries = tuple(registry.get("sampler", slug) for slug in ("ddim", "heun", "dpmpp-2m"))
    rng, nfe = make_generator(7), torch.tensor([[8, 16]] * 3)
    won = 0
    for _ in range(400):
        values = 1 + 0.1 * torch.randn(3, 2, 2, generator=rng)
        floor = 1 + 0.1 * torch.randn(2, generator=rng)
        won += "fewest" in solvers._enough(entries, nfe, values, floor, "100 jets")
    assert won <= 8, "2 %"
