"""Sources that add the class of each row to its conditions (`models.contracts.data.Labelled`)."""

from dataclasses import replace

import pytest
import torch

from pushforward.models.contracts.data import Labelled, RowSource
from pushforward.models.contracts.spec import LABEL
from pushforward.models.registry import discover, registry
from pushforward.studio.engine.kinds.base import kind_of

discover()
EXAMPLES = {e.slug: e.make(60, 0) for e in registry.all("kind") if "labels" in e.gives}
LABELLED = [
    slug
    for slug, source in EXAMPLES.items()
    if isinstance(source, Labelled) and getattr(source, "labels", None) is not None
]


def test_some_data_types_add_labels() -> None:
    assert set(LABELLED) >= {"images", "series"}


@pytest.mark.parametrize("slug", LABELLED)
def test_a_labelled_source_adds_the_class_of_each_row(slug: str) -> None:
    source = EXAMPLES[slug]
    assert LABEL not in source.rows(slice(0, 5)).given
    found: RowSource = source.labelled()
    assert LABEL in found.spec().given
    assert torch.equal(found.rows(slice(0, 5)).given[LABEL], source.labels[:5])
    assert torch.equal(found.rows(slice(0, 5)).x, source.rows(slice(0, 5)).x)
    assert kind_of(slug).labelled(source).spec().given.keys() == found.spec().given.keys()


@pytest.mark.parametrize("slug", LABELLED)
def test_a_source_without_classes_gives_none(slug: str) -> None:
    assert replace(EXAMPLES[slug], labels=None, names=()).labelled() is None
