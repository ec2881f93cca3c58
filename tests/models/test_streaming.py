"""The simulated streaming service follows its law, and its splits keep it."""

import torch

from pushforward.models.data.streaming import StreamingConfig, streaming, streaming_users
from pushforward.models.data.streaming_law import streaming_service
from pushforward.models.ranking.evaluation import score_lists
from pushforward.models.ranking.protocols import split_histories

SMALL = StreamingConfig(users=120)


def test_histories_are_possible():
    data, service = streaming_users(120, 0), streaming_service()
    assert torch.equal(data.x, streaming_users(120, 0).x)
    assert data.times is not None
    for row, times in zip(data.x, data.times, strict=True):
        items = row[row > 0]
        assert len(items) >= 5
        assert len(items.unique()) == len(items), "no title is watched twice"
        days = (times[: len(items)] - 1_577_836_800) / 86_400
        assert (days.diff() >= 0).all()
        assert (service.release[items - 1] <= days + 1e-3).all(), "none before its release"


def test_the_law_is_that_by_which_titles_were_chosen():
    """The law must give its own draws the likelihood that it promises: their mean log p is minus
    the mean entropy, within the error of the mean.
    """
    data = streaming_users(1300, 0)
    assert data.known is not None
    at = data.size // 2
    log_p = data.known.log_prob(data.x, at)
    torch.testing.assert_close(log_p.exp().sum(dim=1), torch.ones(len(data)).double())
    taken = log_p.gather(1, data.x.gather(1, at[:, None]) - 1).squeeze(1)
    surprise = -taken - (-(log_p.exp() * log_p.clamp_min(-1e9)).sum(dim=1))
    assert surprise.mean().abs() < 3 * surprise.std() / len(data) ** 0.5
    shuffled = data.known.take(torch.arange(len(data)).roll(1)).log_prob(data.x, at)
    other = shuffled.gather(1, data.x.gather(1, at[:, None]) - 1).squeeze(1)
    assert other.mean() < taken.mean() - 0.1, "another user's state predicts worse"


def test_the_best_list_is_that_of_the_law_whatever_the_split():
    for protocol in ("users", "ratio", "last-item", "time"):
        split = streaming(StreamingConfig(users=200, protocol=protocol))
        held = split.test.held_out()
        best = score_lists(split.test.best_scores(), held.histories, held.targets, (10,))
        flat = score_lists(torch.zeros(len(held.item), 700), held.histories, held.targets, (10,))
        assert best.mean("ndcg@10") > 10 * flat.mean("ndcg@10")
        assert len(split.train.spec().given) == 2, "models may use the times"


def test_protocols_split_the_same_users():
    data = streaming_users(120, 0)
    split = split_histories(data, "ratio")
    assert len(split.test) == len(data)
    assert torch.equal(split.train.size + split.test.targets, data.size)
