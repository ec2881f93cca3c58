"""What a model is told of each row: what the data say by themselves, and what a person chooses."""

import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.mmd_flow import MmdFlow, MmdFlowConfig
from pushforward.models.kinds.jets import jets
from pushforward.models.registry import registry
from pushforward.studio.engine.process import catalogue
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply

discover()
KINDS = registry.all("kind")
CATALOG = catalogue.build([])
ASKED = [
    entry.slug
    for entry in CATALOG.entries_of("family")
    if "jets" in entry.kinds and any(field.path == "conditional" for field in entry.fields)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_a_kind_declares_what_its_rows_say_by_themselves(kind):
    given = kind.make(8, 0).spec().given
    assert ("told" in kind.gives) == (LABEL in given)
    if kind.conditions:
        assert set(kind.conditions) == set(given)


@pytest.mark.parametrize("slug", ASKED)
def test_jets_are_told_their_type_whatever_was_recorded_and_it_is_said_so(slug):
    """A run of an earlier version says that it is not told, and was."""
    for config in ({}, {"conditional": False}):
        asked = Pick(slug=slug, config=config)
        spec = check(RunSpec(name="x", family=asked, dataset=Pick(slug="pythia-jets"))).spec
        assert spec.family.config["conditional"] is True
    entry = CATALOG.get("family", slug)
    on_jets, on_points = (
        next(field for field in entry.fitted(kind).fields if field.path == "conditional")
        for kind in ("jets", "points")
    )
    assert (on_jets.fixed, on_jets.default) == (True, True)
    assert (on_points.fixed, on_points.default) == (False, False)


def test_points_are_told_their_class_only_where_somebody_says_so():
    spec = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="ring-of-five"))
    assert not check(spec).learns_labels
    assert check(apply(spec, ["family.conditional=true"])).learns_labels


def test_a_command_that_would_not_tell_jets_their_type_is_refused():
    spec = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"))
    with pytest.raises(UsageError, match="jets have this condition"):
        apply(spec, ["family.conditional=false"])


def test_a_kernel_is_told_the_class_alone():
    """What is said of MMD flows: among jets of other pT, eta and mass particles move alike."""
    data = jets(64, 0)
    spec = data.spec()
    rows = spec.standardised(data.rows(slice(None)))

    def ends(*others):
        given = {name: v.flip(0) if name in others else v for name, v in rows.given.items()}
        config = MmdFlowConfig(population=16, conditional=True)
        flow = MmdFlow(config, spec, horizon=3, seed=0, device=torch.device("cpu"))
        for _ in range(3):
            flow.step(Batch(rows.x, rows.mask, given))
        return flow.carrier.x

    assert torch.equal(ends(), ends("pt", "eta", "mass"))
    assert not torch.equal(ends(), ends(LABEL))
