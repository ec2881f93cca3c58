"""Sentences as data, how a network is told their words, and how a model is asked for a tree."""

import pytest
import torch

from pushforward.models.config import NoConfig, decode
from pushforward.models.contracts.condition_matching import match_conditions
from pushforward.models.contracts.spec import SIZE
from pushforward.models.data.sentences import SentencesConfig, sentence_trees
from pushforward.models.families.graphs.masked_types import MaskedTypes, MaskedTypesConfig
from pushforward.models.kinds.labelled_graphs import labelled_graphs
from pushforward.models.kinds.sentences import SENTENCE, sentences
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.labelled_graphs.makes import ValidLabels
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.graphs.sentence import SentenceReader, sentence_of
from pushforward.models.operators.base import Operation
from pushforward.models.operators.parse import Parse, ParseConfig
from pushforward.models.registry import discover
from pushforward.models.tensors import make_generator
from pushforward.observables.sentences.grammar import CATEGORIES, WORDS, parses, unseen

discover()
CPU = torch.device("cpu")


def sentence_at(data, row):
    words = data.given(slice(row, row + 1))[SENTENCE][0]
    return [WORDS[int(k) - 1] for k in words if k > 0]


@pytest.mark.parametrize("part", ["seen", "unseen"])
def test_rows_are_the_trees_of_their_words(part):
    data = sentence_trees(SentencesConfig(part=part), 40, 3)
    classes, edges = data.unpacked
    for row in range(len(data)):
        (real,) = parses(sentence_at(data, row))
        n = int(data.size[row])
        assert unseen(real) == (part == "unseen")
        assert classes[row, :n].tolist() == list(real.categories)
        found = {(i, j, int(edges[row, i, j])) for i, j in edges[row].triu(1).nonzero().tolist()}
        assert found == {(min(i, j), max(i, j), kind) for i, j, kind in real.links}


def test_taken_rows_keep_their_words():
    data = sentence_trees(SentencesConfig(), 20, 0)
    some = data.take(torch.tensor([7, 3]))
    assert sentence_at(some, 0) == sentence_at(data, 7)
    assert torch.equal(some.given(slice(None))[SIZE], data.size[[7, 3]])


def test_labels_of_each_place_are_numbers_for_any_network():
    spec = sentence_trees(SentencesConfig(), 20, 0).spec()
    rows = spec.example(3, make_generator(0))
    features = GivenFeatures(spec)
    told = features(rows.given)
    assert told.shape == (3, features.dim) == (3, 12 * (1 + len(WORDS)) + 1)
    places = told[:, :-1].view(3, 12, -1)
    assert torch.equal(places.argmax(dim=2), rows.given[SENTENCE].long())
    assert GivenFeatures(spec, but=SENTENCE).dim == 1


def test_rows_that_go_with_a_sentence_are_those_of_all_its_words():
    words = torch.tensor([[1, 2, 0], [1, 3, 0], [1, 2, 4], [1, 2, 0]])
    law = {SENTENCE: words, SIZE: torch.tensor([2, 2, 3, 2])}
    classes = {SENTENCE: 5, SIZE: 0}
    chosen = {SENTENCE: torch.tensor([1, 2, 0])}
    rows = match_conditions(law, classes, chosen, 60, make_generator(0))
    assert set(rows.tolist()) == {0, 3}
    strange = match_conditions(
        law, classes, {SENTENCE: torch.tensor([4, 4, 4])}, 60, make_generator(0)
    )
    assert set(strange.tolist()) == {0, 1, 2, 3}, "a sentence that the law does not have"


def test_a_word_is_told_what_stands_before_and_after_it():
    spec = sentences(8, 0).spec()
    assert sentence_of(spec) == SENTENCE
    assert sentence_of(labelled_graphs(4, 0).spec()) == ""
    reader = SentenceReader(spec, SENTENCE, 8, 6, make_generator(0))
    nodes, pairs = reader({SENTENCE: torch.tensor([[1, 2, 3, 4]])})
    torch.testing.assert_close(pairs, pairs.transpose(1, 2))
    for place in range(4):
        other = torch.tensor([[1, 2, 3, 4]])
        other[0, place] = 9
        changed, _ = reader({SENTENCE: other})
        assert ((changed - nodes).abs().amax(dim=2) > 1e-6).all(), f"by word {place}"
    turned, _ = reader({SENTENCE: torch.tensor([[4, 3, 2, 1]])})
    assert not torch.allclose(turned.flip(1), nodes, atol=1e-3), "the order counts"


def test_a_typed_sentence_is_what_the_model_is_told():
    data = sentence_trees(SentencesConfig(), 20, 0)
    config = decode(MaskedTypesConfig, {"steps": 2, "net": {"config": {"layers": 1}}})
    family = MaskedTypes(config, data.spec(), horizon=1, seed=0, device=CPU)
    work = Parse(decode(ParseConfig, {"text": "The dog ran.", "draws": 3})).work(Operation(family))
    while True:
        try:
            next(work)
        except StopIteration as end:
            rows = end.value.rows
            break
    assert rows.given[SIZE].tolist() == [3, 3, 3]
    words = [WORDS[int(k) - 1] for k in rows.given[SENTENCE][1] if k > 0]
    assert words == ["the", "dog", "ran"]
    assert (rows.x[:, 3 * 8 : 12 * 8] == 0.0).all(), "there is no fourth word"
    with pytest.raises(ValueError, match="'zebra' is not known"):
        next(Parse(decode(ParseConfig, {"text": "the zebra ran"})).work(Operation(family)))


def test_valid_by_labels_is_the_share_of_trees_of_sentences():
    data = sentence_trees(SentencesConfig(), 40, 0)
    made = data.rows(slice(None))
    x = made.x.clone()
    main = CATEGORIES.index("main verb")
    # Of one in four a noun takes the place of the main verb.
    types = x[::4, : 12 * 8].view(-1, 12, 8)
    types[..., 2] = torch.where(types[..., main] > 0, 1.0, types[..., 2])
    types[..., main] = torch.where(types[..., main] > 0, -1.0, types[..., main])
    evidence = Evidence(data, make_generator(0), made=made.holding(x), other=data)
    assert ValidLabels(NoConfig()).measure(evidence).value == 0.75
    assert ValidLabels(NoConfig()).bar(evidence).value == 1.0
