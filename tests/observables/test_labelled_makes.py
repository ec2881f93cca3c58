"""Of which make a graph with labels is, and why it is not: by hand, and against its definition."""

import itertools

import numpy as np
import pytest

from pushforward.observables.graphs.labelled_makes import (
    LABELLED_MAKES,
    labelled_make_of,
    why_no_organisation,
    why_no_sentence,
)

# A head, two leads, and of the first of these two members, of the second one.
RANKS = [0, 1, 1, 2, 2, 2]
LEADS = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5)]
WORKS = [(1, 2), (3, 4)]


def organisation(ranks=RANKS, leads=LEADS, works=WORKS):
    """Return labels of nodes, and of edges as a matrix."""
    edges = np.zeros((len(ranks), len(ranks)), np.int64)
    for label, pairs in ((1, leads), (2, works)):
        for i, j in pairs:
            edges[i, j] = edges[j, i] = label
    return np.array(ranks), edges


def without(pairs, *gone):
    return [pair for pair in pairs if pair not in gone]


def test_an_organisation_is_one_however_its_nodes_are_numbered():
    types, edges = organisation()
    for order in itertools.islice(itertools.permutations(range(6)), 0, 720, 7):
        own = list(order)
        assert why_no_organisation(types[own], edges[own][:, own]) == ""


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"works": without(WORKS, (3, 4))}, "a team apart"),
        ({"works": [*WORKS, (4, 5)]}, "works past a team"),
        ({"leads": [*LEADS, (0, 3)]}, "leads past a rank"),
        ({"leads": [*LEADS, (2, 4)]}, "a member led by 2"),
        ({"leads": without(LEADS, (1, 4))}, "a member led by 0"),
        ({"leads": without(LEADS, (0, 1))}, "a lead led by 0"),
        ({"ranks": [0, 1, 0, 2, 2, 2]}, "2 heads"),
        ({"ranks": [1, 1, 1, 2, 2, 2]}, "no head"),
        ({"leads": without(LEADS, (2, 5))}, "2 pieces"),
        ({"ranks": RANKS[:5], "leads": LEADS[:4]}, "a lead of none"),
        ({"ranks": [0, 1, 1, 2, 2, 3]}, "a label of none"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_what_is_wrong_with_another_is_said(changed, why):
    assert why_no_organisation(*organisation(**changed)) == why


def sentence(categories, links):
    edges = np.zeros((len(categories), len(categories)), np.int64)
    for i, j, label in links:
        edges[i, j] = edges[j, i] = label
    return np.array(categories), edges


@pytest.mark.parametrize(
    ("categories", "links", "why"),
    [
        ([0, 2, 3], [(0, 1, 4), (1, 2, 1)], ""),
        ([0, 2, 3], [(0, 1, 4), (0, 2, 1)], "hangs on a determiner"),
        ([1, 2, 3], [(0, 1, 3), (0, 2, 1)], "hangs on an adjective"),
        ([0, 2, 4], [(0, 1, 4), (1, 2, 1)], "no main verb"),
        ([0, 3, 3], [(0, 1, 4), (1, 2, 1)], "2 main verbs"),
        ([0, 2, 3], [(0, 1, 4), (1, 2, 1), (0, 2, 1)], "1 cycle"),
        ([0, 2, 3], [(0, 1, 4)], "2 pieces"),
    ],
    ids=["a-tree", "determiner", "adjective", "no-verb", "two-verbs", "cycle", "pieces"],
)
def test_the_tree_of_a_sentence_has_one_main_verb_and_little_words_at_its_ends(
    categories, links, why
):
    assert why_no_sentence(*sentence(categories, links)) == why


def test_the_make_of_a_set_is_the_most_particular_of_all():
    types, edges = organisation()
    many = np.tile(types, (10, 1)), np.tile(edges, (10, 1, 1)), np.full(10, 6)
    assert labelled_make_of(*many).title == "an organisation"
    many[1][0, 3, 4] = many[1][0, 4, 3] = 0
    assert LABELLED_MAKES["organisation"].wrong(*many)[:2] == ["a team apart", ""]
    assert labelled_make_of(*many).title == "connected"
    many[1][:2] = 0
    assert labelled_make_of(*many) is None
    assert labelled_make_of(*(each[:0] for each in many)) is None
