"""Edit distances of graphs up to numbering, and the null models that edit training data."""

import pytest
import torch

from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.data.lobsters import LobstersConfig, lobsters
from pushforward.models.layouts.graph_validity import lobster
from pushforward.models.metrics.graphs.edits import edit_distances, share_beyond
from pushforward.models.metrics.graphs.isomorphism import novelty
from pushforward.verify.graphs import two_communities
from pushforward.verify.graphs.graph_nulls import copies, leaf_moved, pairs_flipped


def graphs(n, seed):
    found = community(CommunityConfig(), n, seed)
    return found.adjacency, found.size


TRAIN = graphs(40, 1)


@pytest.mark.parametrize("count", [1, 2])
def test_flipped_pairs_are_counted_whatever_the_numbering(count):
    made = pairs_flipped(TRAIN, 40, 3, count)
    found = edit_distances(made, TRAIN)
    assert (found <= count).double().mean() >= 0.6
    assert found.median() == count
    assert novelty(made, TRAIN) >= 0.9
    assert share_beyond(3, made, TRAIN) <= 0.4


def test_copies_are_at_distance_zero_and_an_unknown_size_at_infinity():
    made = copies(TRAIN, 20, 3)
    assert (edit_distances(made, TRAIN) == 0.0).all()
    small = torch.zeros((1, 3, 3), dtype=torch.bool), torch.tensor([3])
    assert edit_distances(small, TRAIN).isinf().all()


def test_fresh_graphs_meet_the_line_for_new_ones_and_edited_ones_do_not():
    """The line was chosen by fresh graphs of other seeds."""
    train = graphs(80, 51)
    assert share_beyond(3, graphs(100, 54), train) >= two_communities.BEYOND
    for count in (1, 2, 3):
        made = pairs_flipped(train, 100, 2, count)
        assert share_beyond(3, made, train) < two_communities.BEYOND


def test_a_moved_leaf_leaves_a_lobster_that_is_new():
    found = lobsters(LobstersConfig(), 20, 0)
    real = found.adjacency, found.size
    made = leaf_moved(real, 20, 1)
    assert lobster(*made).all()
    assert torch.equal(made[0].sum(dim=(1, 2)), 2 * (made[1] - 1))
    assert edit_distances(made, real).median() == 2.0
    assert novelty(made, real) >= 0.7
