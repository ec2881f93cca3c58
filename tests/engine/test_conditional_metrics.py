"""Metrics of what a model was asked for say so: no verdict may rest on what only it is asked."""

from pushforward.models.registry import discover
from pushforward.studio.engine.process.catalogue import build


def test_label_accuracy_is_of_models_that_are_told_a_class():
    entries = build(discover()).entries_of("metric")
    conditional = {each.slug for each in entries if each.conditional}
    assert "label-accuracy" in conditional
    assert not conditional & {"frechet-judge", "judge-score", "label-balance", "recall"}


def test_what_is_better_near_its_bar_says_what_it_means_to_be_off_it():
    for each in build(discover()).entries_of("metric"):
        assert len(each.far_off) == (2 if each.better == "near" else 0), each.slug
