"""The grammar: one tree for each sentence, by enumeration, and trees known by hand."""

import itertools

import numpy as np
import pytest

from pushforward.observables.graphs.labelled_makes import why_no_sentence
from pushforward.observables.sentences.grammar import (
    CATEGORIES,
    LONGEST,
    RELATIONS,
    WORDS,
    draw_sentence,
    parses,
    tokens,
    unseen,
)


def tree(text):
    (found,) = parses(text.split())
    return found


def links(text):
    """Return the links of a sentence as "word relation word"."""
    words = text.split()
    return {f"{words[i]} {RELATIONS[kind - 1]} {words[j]}" for i, j, kind in tree(text).links}


def test_each_sentence_has_one_tree_which_is_the_one_it_was_drawn_with():
    rng = np.random.default_rng(0)
    for _ in range(400):
        words, real = draw_sentence(rng)
        assert parses(words) == [real], " ".join(words)
        assert 3 <= len(words) <= LONGEST
        edges = np.zeros((len(words), len(words)), np.int64)
        for i, j, kind in real.links:
            edges[i, j] = edges[j, i] = kind
        assert why_no_sentence(np.array(real.categories), edges) == ""
        assert real.categories[real.head] == CATEGORIES.index("main verb")


def test_all_short_sentences_are_found_by_trying_all_words():
    """Of three words there are a determiner, who, and what he does."""
    some = [
        word for word in WORDS if word not in ("every", "old", "cat", "ball", "slept", "chased")
    ]
    found = {own for own in itertools.product(some, repeat=3) if parses(own)}
    assert found == {
        (det, who, goes)
        for det in ("a", "that", "the")
        for who in ("dog", "girl", "man", "bird")
        for goes in ("ran", "sang", "left")
    }


def test_what_a_phrase_hangs_on_is_a_matter_of_its_noun():
    seeing = "the man saw the dog with the telescope"
    assert "telescope modifier saw" in links(seeing)
    assert "hat modifier dog" in links("the man saw the dog with the hat")
    over = "the man saw the dog that chased the cat with the camera"
    assert {"camera modifier saw", "chased modifier dog", "that subject chased"} <= links(over)


def test_words_of_two_kinds_are_told_apart_by_where_they_stand():
    assert tree("the girl left").categories[2] == CATEGORIES.index("main verb")
    assert tree("the left girl ran").categories[1] == CATEGORIES.index("adjective")
    saws = tree("the man saw that dog with the saw").categories
    assert (saws[2], saws[7]) == (CATEGORIES.index("main verb"), CATEGORIES.index("noun"))
    both = tree("that dog that that girl saw ran")
    kinds = [CATEGORIES[both.categories[k]] for k in (0, 2, 3)]
    assert kinds == ["determiner", "pronoun", "determiner"]
    assert "that object saw" in links("that dog that that girl saw ran")


def test_what_is_no_sentence_has_no_tree():
    for text in ("dog the ran", "the dog chased", "the dog ran the cat", "", "the ball ran"):
        assert parses(text.split()) == []


def test_unseen_orders_are_a_part_of_all():
    rng = np.random.default_rng(1)
    trees = [draw_sentence(rng)[1] for _ in range(1500)]
    orders = {each.categories: unseen(each) for each in trees}
    assert 0.1 < sum(orders.values()) / len(orders) < 0.4
    assert 0.05 < sum(map(unseen, trees)) / len(trees) < 0.3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" . ", "there is no word"),
        ("The zebra ran.", "the word 'zebra' is not known"),
        ("the dog ran " * 5, "at most 12 words; these are 15"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(text, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        tokens(text)
    assert tokens("The dog, ran!") == ("the", "dog", "ran")
