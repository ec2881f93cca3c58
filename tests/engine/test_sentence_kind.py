"""Sentences in the engine: written with their words."""

import networkx
import numpy as np

from pushforward.models.data.sentences import SentencesConfig, sentence_trees
from pushforward.observables.sentences.grammar import CATEGORIES, RELATIONS, WORDS, parses
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.sentences import Sentences


def test_a_sentence_is_exported_with_its_words_and_read_again_elsewhere(tmp_path):
    data = sentence_trees(SentencesConfig(), 1, 4)
    kind, out = kind_of("sentences"), tmp_path / "one.graphml"
    assert isinstance(kind, Sentences)
    kind.write(out, data.rows(slice(None)), data.columns, {})
    graph = networkx.read_graphml(out)
    words = [graph.nodes[str(node)]["word"] for node in range(len(graph))]
    (real,) = parses(words)
    labels = [graph.nodes[str(node)]["label"] for node in range(len(graph))]
    assert labels == [CATEGORIES[k] for k in real.categories]
    found = {(frozenset((int(i), int(j))), d["label"]) for i, j, d in graph.edges(data=True)}
    assert found == {(frozenset((i, j)), RELATIONS[kind - 1]) for i, j, kind in real.links}
    kind.write(tmp_path / "one.npz", data.rows(slice(None)), data.columns, {})
    with np.load(tmp_path / "one.npz") as arrays:
        assert arrays["words"][0, : len(words)].astype(str).tolist() == words
        assert arrays["words"][0, -1] == b"" or len(words) == arrays["words"].shape[1]


def test_what_is_shown_of_sentences_are_their_words():
    data = sentence_trees(SentencesConfig(), 5, 0)
    shown = kind_of("sentences").preview_arrays(data)
    assert "places" not in shown
    assert shown["sentence"].max() <= len(WORDS)
    np.testing.assert_array_equal(shown["sentence"], data.words.numpy())
    beside = kind_of("sentences").annotations(data.rows(slice(1, 3)))
    np.testing.assert_array_equal(beside["sentence"], data.words[1:3].numpy())
