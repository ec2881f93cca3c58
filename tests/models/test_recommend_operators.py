"""Operators of recommenders besides the list: why, the map of items, metrics by user."""

import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.recommend.pop import Pop
from pushforward.models.kinds.interactions import interactions
from pushforward.models.operators.base import Operation
from pushforward.models.operators.item_map import ItemMap, ItemMapConfig
from pushforward.models.operators.recommend import Recommend, RecommendConfig
from pushforward.models.operators.recommend_users import RecommendUsers, RecommendUsersConfig
from pushforward.models.operators.recommend_why import (
    RecommendWhy,
    RecommendWhyConfig,
    leave_one_out,
)

DATA = interactions(60, 1)


def done(work):
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


class Additive(Pop):
    """log p is a sum over the history of one number for each pair of items."""

    pairs = torch.randn(12, 12, generator=torch.Generator().manual_seed(0))

    def recommend(self, histories):
        x = Batch.of(histories).x
        padded = torch.cat([torch.zeros(1, 12), self.pairs])
        return padded[x].sum(dim=1)

    def item_vectors(self):
        return self.pairs

    def history_states(self, histories, draws=0, generator=None):
        states = self.recommend(histories)
        if not draws:
            return states
        return states[:, None] + torch.randn(len(states), draws, 12, generator=generator)


class Diverged(Pop):
    """Has no usable score of one item after every history."""

    broken = float("nan")

    def recommend(self, histories):
        scores = torch.zeros(len(Batch.of(histories)), 12)
        scores[:, 4] = self.broken
        return scores


class Overflown(Diverged):
    broken = float("inf")


def learner(kind=Additive):
    return kind(NoConfig(), DATA.spec(), horizon=1, seed=0, device=torch.device("cpu"))


def handed(*items):
    return {"histories": Batch(torch.tensor([items]))}


def test_each_item_is_left_out_once():
    found = leave_one_out(torch.tensor([4, 5, 6]), 2)
    assert found.tolist() == [[4, 5, 6], [4, 6, 0], [4, 5, 0]]
    assert leave_one_out(torch.tensor([4]), 5).tolist() == [[4], [0]]


def test_influence_of_a_sum_is_its_summand_and_nulls_are_beside_it():
    history = (3, 1, 2, 7)
    found = done(
        RecommendWhy(RecommendWhyConfig(k=4)).work(Operation(learner(), handed=handed(*history)))
    ).arrays
    assert not set(found["item"].tolist()) & set(history)
    expected = Additive.pairs[torch.tensor(history) - 1][:, found["item"] - 1]
    assert torch.allclose(found["influence"], expected, atol=1e-5)
    assert found["left"].tolist() == [0, 1, 2, 3]
    first = expected[:, 0]
    assert float(found["removal"][0]) == pytest.approx(float(first.topk(3).values.sum()), abs=1e-4)
    assert float(found["removal"][1]) == pytest.approx(float(first[1:].sum()), abs=1e-4)
    with pytest.raises(ValueError, match="empty"):
        done(RecommendWhy(RecommendWhyConfig()).work(Operation(learner(), handed=handed(0))))


def test_the_map_has_principal_axes_a_path_and_a_cloud():
    config = ItemMapConfig(item=3, draws=20)
    found = done(ItemMap(config).work(Operation(learner(), handed=handed(3, 1, 2)))).arrays
    unit = torch.nn.functional.normalize(Additive.pairs, dim=1)
    _, _, axes = torch.linalg.svd(unit - unit.mean(0))
    spread = torch.linalg.svdvals(unit - unit.mean(0))[:2]
    assert torch.allclose(found["place"].norm(dim=0), spread, atol=1e-4)
    assert torch.allclose(
        ((unit - unit.mean(0)) @ axes[0]).abs(), found["place"][:, 0].abs(), atol=1e-4
    )
    assert (found["path"].shape, found["cloud"].shape) == ((3, 2), (20, 2))
    assert int(found["neighbour"][0]) == 1 + int(
        (unit @ unit[2] - 9 * (torch.arange(12) == 2)).argmax()
    )


def test_a_model_without_vectors_is_mapped_by_its_responses():
    class Plain(Pop):
        def recommend(self, histories):
            x = Batch.of(histories).x
            last = x.gather(1, ((x > 0).sum(dim=1) - 1).clamp_min(0)[:, None])[:, 0]
            return -(torch.arange(12.0) - last[:, None]).abs()

    operation = Operation(learner(Plain), handed=handed(3, 1, 12))
    found = done(ItemMap(ItemMapConfig(item=6, draws=5)).work(operation)).arrays
    assert "cloud" not in found
    # After an item the state is where the item is: the model looks at the last one alone.
    assert torch.allclose(found["path"], found["place"][[2, 0, 11]], atol=1e-4)
    assert set(found["neighbour"][:2].tolist()) == {5, 7}


def test_metrics_by_user_are_those_of_all_and_popularity_meets_itself():
    train, held = DATA.take(slice(40)), DATA.take(slice(40, 60))
    pop = learner(Pop)
    for _ in pop.walk(train.rows(slice(None))):
        pass
    operation = Operation(pop, data=lambda: train, held=lambda: held)
    found = done(RecommendUsers(RecommendUsersConfig()).work(operation)).arrays
    assert torch.equal(found["ndcg@10"], found["popularity: ndcg@10"])
    assert len(found["user"]) == len(found["list"]) == len(found["length"])
    assert (found["user"] >= 1).all()
    with pytest.raises(ValueError, match="no users are held out"):
        done(RecommendUsers(RecommendUsersConfig()).work(Operation(pop)))


@pytest.mark.parametrize("kind", [Diverged, Overflown])
@pytest.mark.parametrize(
    ("operator", "rows"),
    [
        (Recommend(RecommendConfig()), DATA.rows(slice(0, 5)).x),
        (RecommendWhy(RecommendWhyConfig()), torch.tensor([[3, 1, 2]])),
        (ItemMap(ItemMapConfig()), torch.tensor([[3, 1, 2]])),
    ],
    ids=["recommend", "why", "map"],
)
def test_scores_that_are_not_finite_are_refused(kind, operator, rows):
    """Such items were left out of the lists without a word."""
    with pytest.raises(ValueError, match="histories are not finite; choose an earlier"):
        done(operator.work(Operation(learner(kind), handed={"histories": Batch(rows)})))
