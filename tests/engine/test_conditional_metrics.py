"""Metrics of what a model was asked for say so: no verdict may rest on what only it is asked."""

from models.registry import discover
from studio.engine.process.catalogue import build


def test_label_accuracy_is_of_models_that_are_told_a_class():
    entries = build(discover()).of("metric")
    conditional = {each.slug for each in entries if each.conditional}
    assert "label-accuracy" in conditional
    assert not conditional & {"frechet-judge", "judge-score", "label-balance", "recall"}
