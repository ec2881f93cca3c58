"""Interactions: histories, simulated films, recommenders, and the figures of their lists."""

import math
from dataclasses import replace

import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.data.films import FilmsConfig, catalogue, films
from pushforward.models.families.recommend.pop import Pop
from pushforward.models.kinds.interactions import InteractionSet, interactions
from pushforward.models.layouts.histories import sizes, within, without_seen
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.ranking.ndcg import NdcgAtTen
from pushforward.models.metrics.ranking.next_item import RankingConfig, gained
from pushforward.models.metrics.ranking.recall import RecallAtTen
from pushforward.models.nets.role import RECOMMENDER
from pushforward.models.nets.sequences.gru import GruConfig, gru_sequence
from pushforward.models.operators.base import Operation
from pushforward.models.operators.recommend import Recommend, RecommendConfig, chosen
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
TITLES = tuple(f"Film {i}" for i in range(1, 21))


def of_histories(
    histories: list[list[int]], titles: tuple[str, ...], length: int
) -> InteractionSet:
    """Return histories as rows of at most so many items, the newest ones."""
    x = torch.zeros((len(histories), length), dtype=torch.int64)
    for row, history in enumerate(histories):
        newest = torch.tensor(history[-length:])
        x[row, : len(newest)] = newest
    return InteractionSet(x, titles)


FEW = of_histories([[3, 1, 2], [5, 4], [6], [7, 8, 9, 10, 11, 12]], TITLES, 5)


class Fixed:
    """A model that scores all items as it is told, whatever the history."""

    def __init__(self, scores):
        self.scores = scores

    def recommend(self, histories):
        return self.scores[: len(histories)]


def evidence(data, model=None, train=None):
    return Evidence(data, make_generator(0), model=model, train=train)


def done(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_histories_are_rows_padded_at_the_end_and_the_newest_are_kept():
    assert isinstance(FEW, RowSource)
    assert FEW.x.tolist()[0] == [3, 1, 2, 0, 0]
    assert FEW.x.tolist()[3] == [8, 9, 10, 11, 12]
    rows = FEW.rows(slice(0, 2))
    assert rows.x.dtype == torch.int64
    assert rows.mask.sum(dim=1).tolist() == rows.given["size"].tolist() == [3, 2]
    spec = FEW.spec()
    assert spec.symbols == 21
    assert torch.equal(spec.standardised(rows).x, rows.x), "numbers of items are no quantities"


def test_leaving_the_last_out_shows_no_learner_what_it_is_asked():
    train, validation = FEW.without_last(2), FEW.without_last(1)
    assert train.x.tolist() == [[3, 0, 0, 0, 0], [8, 9, 10, 0, 0]]
    assert validation.size.tolist() == [2, 1, 4]
    held = FEW.held_out()
    assert held.item.tolist() == [2, 4, 12]
    assert held.histories.x[0].tolist() == [3, 1, 0, 0, 0]
    assert validation.held_out().item.tolist() == [1, 11]
    with pytest.raises(ValueError, match="two items"):
        FEW.take(torch.tensor([2])).held_out()


def test_figures_of_lists_are_those_worked_out_by_hand():
    # Ranks 1, 3 and 12 of 20 items.
    scores = torch.zeros(3, 20)
    order = torch.arange(20, 0, -1).float()
    for row, (item, rank) in enumerate([(2, 1), (4, 3), (12, 12)]):
        others = [i for i in range(20) if i != item - 1]
        places = [*others[: rank - 1], item - 1, *others[rank - 1 :]]
        scores[row, places] = order
    loose = RankingConfig(leave_out_seen=False)
    found = RecallAtTen(loose).measure(evidence(FEW, Fixed(scores)))
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)
    assert found.parts["chance"] == pytest.approx(0.5)
    assert found.low < found.value < found.high
    ndcg = NdcgAtTen(loose).measure(evidence(FEW, Fixed(scores))).value
    assert ndcg == pytest.approx((1 + 1 / math.log2(4)) / 3, abs=1e-9)


def test_few_people_who_gain_nothing_do_not_say_that_nobody_will():
    scores = torch.arange(20.0).expand(3, -1).clone()
    scores[:, [1, 3, 11]] = -1.0
    figure = RecallAtTen(RankingConfig()).measure(evidence(FEW, Fixed(scores)))
    assert (figure.value, figure.low, figure.n) == (0.0, pytest.approx(0.0, abs=1e-9), 3)
    assert figure.high > 0.5
    many = InteractionSet(torch.tensor([[1, 2]]).expand(100, -1), TITLES)
    nobody = torch.arange(20.0).expand(100, -1)
    figure = RecallAtTen(RankingConfig()).measure(evidence(many, Fixed(nobody)))
    assert figure.value == 0.0
    assert 0.02 < figure.high < 0.06, "a hundred say more than three, and still not all"


def test_items_of_one_score_share_their_places():
    gains = (torch.arange(1, 21) <= 10).double()
    item = torch.tensor([3])
    assert gained(torch.zeros(1, 20), item, gains).item() == pytest.approx(0.5)
    two = torch.zeros(1, 20)
    two[0, :9] = 1.0
    # Nine share places 1 to 9; the other eleven 10 to 20, of which the first is in the list.
    assert gained(two, item, gains).item() == 1.0
    assert gained(two, torch.tensor([15]), gains).item() == pytest.approx(1 / 11)


def test_what_was_seen_is_left_out_and_never_gains():
    scores = torch.arange(20.0).expand(3, -1).clone()
    held = FEW.held_out()
    left = without_seen(scores, held.histories.x)
    assert left[0, [2, 0]].tolist() == [-math.inf, -math.inf]
    assert int(left.isinf().sum()) == int(sizes(held.histories.x).sum())
    strict = RecallAtTen(RankingConfig()).measure(evidence(FEW, Fixed(scores)))
    loose = RecallAtTen(RankingConfig(leave_out_seen=False)).measure(evidence(FEW, Fixed(scores)))
    assert strict.value >= loose.value
    assert strict.parts["chance"] > loose.parts["chance"]


@pytest.mark.parametrize("metric", [RecallAtTen, NdcgAtTen])
def test_the_bar_is_what_the_learner_pop_comes_to(metric):
    train, test = films(FilmsConfig(films=40), 300, 0), films(FilmsConfig(films=40), 200, 1)
    pop = Pop(NoConfig(), train.spec(), horizon=1, seed=0, device=CPU)
    pop.step(train.rows(slice(None)))
    told = metric(RankingConfig())
    bar = told.bar(evidence(test, train=train))
    assert told.measure(evidence(test, pop)).value == bar.value
    assert bar.n == 200
    assert bar.value > bar.parts["chance"] + 0.02, "some films are popular"
    with pytest.raises(NotApplicable, match="learned from"):
        told.bar(evidence(test))


def test_films_are_the_same_for_a_seed_and_nobody_watches_one_twice():
    data = films(FilmsConfig(), 60, 3)
    assert torch.equal(data.x, films(FilmsConfig(), 60, 3).x)
    assert not torch.equal(data.x, films(FilmsConfig(), 60, 4).x)
    assert data.titles == films(FilmsConfig(), 5, 9).titles, "the films are those of every draw"
    assert len(set(data.titles)) == 240
    for row in data.x:
        watched = row[row > 0]
        assert len(watched) == len(watched.unique()) >= 5
        assert (row[len(watched) :] == 0).all()


def test_sequels_are_watched_after_their_film_and_not_by_popularity():
    data, known = films(FilmsConfig(), 400, 0), catalogue(240)
    before, after = data.x[:, :-1], data.x[:, 1:]
    real = after > 0
    film, sequel = before[real] - 1, after[real] - 1
    has = known.sequel[film] >= 0
    share = (known.sequel[film][has] == sequel[has]).float().mean()
    assert share > 0.4
    assert known.titles[int(known.sequel[film][has][0])].split(" (")[0].endswith((" II", " III"))


def test_a_network_does_not_look_into_the_future_or_at_padding():
    data = interactions(8, 0)
    net = gru_sequence(GruConfig(width=8, hidden=8), data.spec(), RECOMMENDER, make_generator(0))
    rows = data.rows(slice(None))
    said = net(rows.x, None, rows.given, rows.mask)
    assert said.shape == (8, 6, 12)
    changed = rows.x.clone()
    changed[:, 3:] = 5
    torch.testing.assert_close(net(changed)[:, :3], said[:, :3])
    torch.testing.assert_close(net(torch.nn.functional.pad(rows.x, (0, 4)))[:, :6], said)


@pytest.mark.parametrize("tied", [True, False])
def test_every_weight_of_the_network_learns_but_the_padding(tied):
    data = interactions(64, 0)
    config = GruConfig(width=8, hidden=8, depth=2, tied=tied)
    net = gru_sequence(config, data.spec(), RECOMMENDER, make_generator(0))
    net(data.x).log_softmax(dim=2).diagonal(dim1=1, dim2=2).sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name
    assert not net.items.weight[0].any()


def test_people_are_named_by_numbers():
    numbers = torch.tensor([1, 2, 7])
    assert chosen("", numbers).tolist() == [0, 1, 2]
    assert chosen("7, 1-5", numbers).tolist() == [2, 0, 1]
    for wrong in ("a", "3", "2-1", "-1", "1-x", "9" * 30):
        with pytest.raises(ValueError, match="user"):
            chosen(wrong, numbers)
    with pytest.raises(ValueError, match=r"no user with the number 3-6; .* from 1 to 7"):
        chosen("3-6", numbers)


def test_lists_hold_the_best_items_that_were_not_seen():
    pop = Pop(NoConfig(), FEW.spec(), horizon=1, seed=0, device=CPU)
    pop.step(of_histories([[1, 2, 3], [1, 2], [1]], TITLES, 5).rows(slice(None)))
    operation = Operation(pop, handed={"histories": FEW.rows(slice(None))})
    told = done(Recommend(RecommendConfig(k=2, people="2, 1")).work(operation)).arrays
    assert told["user"].tolist() == [2, 1]
    assert told["item"][0].tolist() == [1, 2]
    assert not {1, 3} & set(told["item"][1].tolist())
    again = done(Recommend(RecommendConfig(k=2, leave_out_seen=False)).work(operation)).arrays
    assert again["item"][0].tolist() == [1, 2]
    everything = of_histories([list(range(1, 21))], TITLES, 20)
    spent = Operation(pop, handed={"histories": everything.rows(slice(None))})
    assert done(Recommend(RecommendConfig(k=2)).work(spent)).arrays["item"].tolist() == [[0, 0]]


def test_lists_have_the_numbers_that_people_and_items_have_in_their_data():
    ids = tuple(range(100, 120))
    data = replace(FEW, people=torch.tensor([5, 6, 9, 40]), items=ids, called=("who", "what"))
    assert data.take(torch.tensor([2, 0])).people.tolist() == [9, 5]
    assert data.without_last(2).people.tolist() == [5, 40]
    pop = Pop(NoConfig(), FEW.spec(), horizon=1, seed=0, device=CPU)
    whole = {"histories": data}
    operation = Operation(pop, handed={"histories": data.rows(slice(None))}, whole=whole)
    told = done(Recommend(RecommendConfig(k=3, people="9, 38-50")).work(operation)).arrays
    assert (told["who"].tolist(), told["user"].tolist()) == ([9, 40], [3, 4])
    assert (told["what"] - 99).tolist() == told["item"].tolist()


def test_longer_histories_are_read_from_their_end_and_that_is_said():
    x = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [0, 0, 0, 0]])
    assert within(x, 2).tolist() == [[3, 4], [5, 6], [0, 0]]
    assert within(x, 6).tolist() == [[1, 2, 3, 4, 0, 0], [5, 6, 0, 0, 0, 0], [0] * 6]

    class Asked(Fixed):
        def recommend(self, histories):
            self.asked = histories.x.tolist()
            return super().recommend(histories)

    model = Asked(torch.arange(20.0).expand(1, -1))
    model.spec = FEW.spec()
    long = Batch(torch.arange(1, 13)[None])
    told = done(Recommend(RecommendConfig(k=9)).work(Operation(model, handed={"histories": long})))
    assert model.asked == [[8, 9, 10, 11, 12]]
    assert told.note == "One history is longer than 5 items; the last 5 are read."
    assert told.arrays["item"][0, :8].tolist() == [20, 19, 18, 17, 16, 15, 14, 13]
    assert told.arrays["item"][0, 8] == 0, "what was seen long ago was seen"


def test_what_was_before_the_items_that_a_model_reads_was_seen():
    earlier = Ragged(torch.tensor([20, 19, 20, 18, 17]), torch.tensor([2, 0, 1, 2]))
    data = replace(FEW, earlier=earlier)
    assert data.lengths.tolist() == [5, 2, 2, 7]
    some = data.take(torch.tensor([3, 0]))
    assert (some.earlier.values.tolist(), some.earlier.lengths.tolist()) == (
        [18, 17, 20, 19],
        [2, 2],
    )
    assert torch.equal(data.rows(slice(None)).x, FEW.x), "models read the newest items alone"
    model = Fixed(torch.arange(20.0).expand(4, -1))
    model.spec = FEW.spec()
    whole = Operation(
        model, handed={"histories": data.rows(slice(None))}, whole={"histories": data}
    )
    told = done(Recommend(RecommendConfig(k=3)).work(whole))
    assert told.arrays["item"].tolist() == [[18, 17, 16], [20, 19, 18], [19, 18, 17], [20, 19, 16]]
    assert told.note.startswith("One history is longer than 5 items")
    # Of 20 items nine are left to the first and last who are asked, who have seen two more each.
    held = data.held_out()
    assert held.earlier.lengths.tolist() == [2, 0, 2]
    ranked = RecallAtTen(RankingConfig())
    known = ranked.measure(evidence(data, Fixed(torch.zeros(3, 20))))
    assert known.value == pytest.approx((10 / 16 + 10 / 19 + 10 / 14) / 3)
    assert known.value > ranked.measure(evidence(FEW, Fixed(torch.zeros(3, 20)))).value
    again = replace(data, earlier=Ragged(torch.tensor([2]), torch.tensor([1, 0, 0, 0])))
    assert ranked.measure(evidence(again, Fixed(torch.zeros(3, 20)))).n == 2, "no list could say it"


@pytest.mark.parametrize(
    ("row", "says"),
    [([21, 0, 0, 0, 0], "1 to 20"), ([-1, 0, 0, 0, 0], "1 to 20"), ([1, 0, 2, 0, 0], "gap")],
)
def test_what_is_no_history_is_refused(row, says):
    pop = Pop(NoConfig(), FEW.spec(), horizon=1, seed=0, device=CPU)
    operation = Operation(pop, handed={"histories": Batch(torch.tensor([row]))})
    with pytest.raises(ValueError, match=says):
        done(Recommend(RecommendConfig()).work(operation))


def test_times_and_ratings_go_with_their_items():
    times, ratings = FEW.x * 10, FEW.x / 4
    full = replace(FEW, times=times, ratings=ratings, categories=("Drama",) * len(TITLES))
    kept = full.take(torch.tensor([3, 0])).without_last(1)
    assert (kept.times == kept.x * 10).all()
    assert (kept.ratings == kept.x / 4).all()
    assert kept.categories == full.categories
    assert FEW.take(slice(1)).times is None
