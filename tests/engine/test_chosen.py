"""Conditions as people choose them: what is understood, what is refused, what is noted."""

from dataclasses import replace

import pytest
import torch

import pushforward.studio.engine.kinds.jets  # noqa: F401  # as in the engine
from pushforward.models.kinds.jets import TYPES, JetSet, jets
from pushforward.studio.engine.data.specs import spec_from, spec_parts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.conditions import (
    TAKEN_FROM,
    chosen,
    describe_unset_conditions,
    described,
    unset_conditions,
)


@pytest.fixture(scope="module")
def spec():
    """Of jets of at most 6 constituents, 800 to 1,200 GeV, of the five types."""
    some = jets(400, 0)
    return JetSet(
        some.x, some.size, torch.arange(400) % 5, some.pt, some.eta, some.mass, TYPES
    ).spec()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("top", "top"),
        ("TOP", "top"),
        ("t", "top"),
        ("q", "light quark"),
        ("quark", "light quark"),
        ("light", "light quark"),
        ("g", "gluon"),
        ("w", "W"),
        ("z", "Z"),
        (3, "W"),
    ],
)
def test_a_class_is_known_by_its_beginning(spec, text, meant):
    found = chosen(spec, {"label": text})
    assert found.values["label"].item() == TYPES.index(meant)
    assert found.said["label"] in (meant, text if isinstance(text, int) else meant)


def test_a_list_of_classes_is_one_for_each_row(spec):
    found = chosen(spec, {"label": ["t", "w"]}, 2)
    assert found.values["label"].tolist() == [2.0, 3.0]
    assert found.said == {"label": ["top", "W"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"label": "x"}, "label: 'x' is none of its classes."),
        ({"label": 5}, "label must be a class from 0 to 4; got 5."),
        ({"size": 100}, "size must be a whole number from 1 to 6, the maximum of the model"),
        ({"size": 20.5}, "size must be a whole number from 1 to 6"),
        ({"size": 4.5}, "size must be a whole number from 1 to 6"),
        ({"size": 0}, "size must be a whole number from 1 to 6"),
        ({"pt": -100}, "pt must be above 5 and at most 50,000 GeV; got -100."),
        ({"pt": [900, 0, 900]}, "pt must be above 5 and at most 50,000 GeV"),
        ({"pt": 5e8}, "pt must be above 5 and at most 50,000 GeV; got 500000000.0."),
        ({"mass": 1e6}, "mass must be above 0 and at most 50,000 GeV"),
        ({"mass": float("nan")}, "mass must be finite"),
        ({"pt": "fast"}, "pt must be a number of GeV, got 'fast'."),
        ({"pt": [900, 1000]}, "pt must be one value for all rows, or one for each of the 3"),
        ({"pt": [[900], [900], [900]]}, "pt must be one value for all rows"),
        ({"energy": 3}, "The model has no condition 'energy'."),
    ],
)
def test_what_no_model_can_be_told_is_refused_with_what_it_can(spec, given, words):
    with pytest.raises(Refused) as refused:
        chosen(spec, given, 3)
    assert words in refused.value.info.message
    assert refused.value.info.path == f"given.{next(iter(given))}"


def test_a_beginning_of_two_names_is_asked_about(spec):
    label = replace(spec.given["label"], names=("top", "to", "tau", "a", "b"))
    some = replace(spec, given={**spec.given, "label": label})
    assert chosen(some, {"label": "to"}).said["label"] == "to"
    with pytest.raises(Refused, match="'t' may be top or to or tau"):
        chosen(some, {"label": "t"})


def test_what_was_never_learned_is_done_and_noted(spec):
    found = chosen(spec, {"pt": 5000.0, "eta": 0.0, "size": 6})
    (note,) = found.notes
    assert found.units["pt"] == "GeV"
    assert "size" not in found.units
    assert note.startswith("pt=5,000 GeV is outside the training data, 80")
    assert "GeV: the result is an extrapolation." in note
    low, high = (float(v) for v in (spec.law["size"].min(), spec.law["size"].max()))
    assert chosen(spec, {"size": [low, high]}).notes == []


def test_a_unit_is_kept_with_the_model(spec):
    assert spec_from(*spec_parts(spec)).given["pt"].unit == "GeV"


def test_what_can_be_chosen_is_said_with_where_the_data_lie(spec):
    told = described(spec)
    assert told["label"] == "gluon, light quark, top, W, Z"
    assert told["size"] == "2 to 6 in the data"
    assert told["pt"].endswith(" GeV in the data")


def test_what_nobody_chose_is_said_to_be_of_rows_that_the_model_learned_from(spec):
    top = chosen(spec, {"label": "top"})
    taken = unset_conditions(spec, top)
    assert taken == ["pt", "eta", "mass", "size"]
    said = describe_unset_conditions(top, taken)
    assert said.startswith(f"label was chosen (pt, eta, mass and size: {TAKEN_FROM}, that go")
    nothing = chosen(spec, {})
    none = describe_unset_conditions(nothing, unset_conditions(spec, nothing))
    assert none.startswith("No condition was chosen (label,")
    every = chosen(spec, {"label": 0, "pt": 900, "eta": 0, "mass": 50, "size": 3})
    assert describe_unset_conditions(every, unset_conditions(spec, every)) == ""
