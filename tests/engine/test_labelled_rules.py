"""What makes a labelled graph valid: what all real ones are, or what a person has chosen."""

import numpy as np
import pytest

from pushforward.models.config import NoConfig
from pushforward.models.data.organisations import OrganisationsConfig, organisations
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.labelled_graphs.makes import ValidLabels
from pushforward.models.tensors import make_generator
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.engine.kinds.labelled_graphs import Labelled

LABELLED, SEEN = Labelled("labelled-graphs"), kind("labelled-graphs")


def figure(data):
    some = data.rows(slice(None))
    found = Evidence(data, make_generator(0), made=some, train=data)
    return ValidLabels(NoConfig()).measure(found)


def test_a_person_chooses_what_a_labelled_graph_has_to_be():
    data = organisations(OrganisationsConfig(), 12, 0)
    assert LABELLED.shared_facts(data) == {}
    assert figure(data).parts == {"an organisation": 1.0}
    tree = LABELLED.with_rule(data, "tree")
    assert figure(tree).parts == {"a tree": 0.0}, "those who lead others work together"
    none = LABELLED.with_rule(data, "none")
    with pytest.raises(NotApplicable, match="any graph"):
        figure(none)


def test_marks_follow_what_was_chosen():
    data = organisations(OrganisationsConfig(), 12, 0)
    rows = {"x": data.x.numpy(), "size": data.size.numpy()}
    own = SEEN.among(rows, rows, own=True)
    assert SEEN.means({**rows, **own}) == "✓: an organisation"
    offered = dict(SEEN.rules(rows))
    assert list(offered) == ["", "organisation", "tree", "connected", "none"], "no sentence"
    assert offered["organisation"] == "An organisation: 100 % of the real graphs"
    chosen = rows | SEEN.holding(LABELLED.shared_facts(LABELLED.with_rule(data, "tree")), 12)
    own = SEEN.among(rows, chosen, own=True)
    assert SEEN.means({**rows, **own}) == "✓: a tree (none of the real graphs)"
    assert np.all(own["why"] != "")
    free = rows | SEEN.holding(LABELLED.shared_facts(LABELLED.with_rule(data, "none")), 12)
    own = SEEN.among(rows, free, own=True)
    assert "why" not in own
    assert SEEN.means({**rows, **own}) == "No rule"
    assert kind("sentences").rules is None
