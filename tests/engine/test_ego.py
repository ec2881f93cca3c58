"""Ego graphs of Citeseer: what the file gives, and what tells them from graphs by chance."""

import gzip

import pytest
import torch

from pushforward.models.config import ConfigError, NoConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graph_validity import connected
from pushforward.models.layouts.graphs import pack
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.graphs.makes import Hubs
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.sets import ego as module
from pushforward.studio.engine.data.sets.ego import EgoConfig, ego
from pushforward.studio.engine.process.failures import Refused
from pushforward.verify.graphs import graph_nulls


@pytest.fixture(scope="module")
def parts() -> tuple[GraphSet, GraphSet]:
    found = ego(EgoConfig())
    return found.train, found.test


def test_each_is_one_paper_with_its_neighbours(parts):
    train, test = parts
    assert (len(train), len(test)) == (797, 199)
    size = torch.cat([train.size, test.size])
    assert (int(size.min()), int(size.max())) == (4, 18)
    assert connected(train.adjacency, train.size).all()
    assert float(size.double().mean()) == pytest.approx(6.1677, abs=1e-4)
    assert torch.equal(ego(EgoConfig()).test.x, test.x)


def test_a_hub_tells_them_from_chance(parts):
    train, test = parts

    def measured(adjacency, size):
        made = GraphSet(pack(adjacency, size), size)
        evidence = Evidence(test, make_generator(0), made=made.rows(slice(None)), other=train)
        return Hubs(NoConfig()).measure(evidence).value

    graphs = train.adjacency[:200], train.size[:200]
    assert measured(*graphs) == 1.0
    assert measured(*graph_nulls.erdos_renyi(graphs, 200, 0)) < 0.4
    assert measured(*graph_nulls.independent_edges(graphs, 200, 1)) < 0.6


def test_what_leaves_nothing_is_refused():
    with pytest.raises(ConfigError, match="largest: must be at least the smallest, 9"):
        ego(EgoConfig(smallest=9, largest=8))
    with pytest.raises(ConfigError, match="smallest: leaves fewer than two graphs"):
        ego(EgoConfig(smallest=59, largest=60))


@pytest.mark.parametrize(
    "content",
    [b"", gzip.compress(b"1 2\n3\n"), gzip.compress(b"1 x\n"), None],
    ids=["empty", "a line of one", "no number", "missing"],  # an archive has the time in it
)
def test_a_damaged_file_is_told(tmp_path, monkeypatch, content):
    place = tmp_path / "citeseer" / "citeseer.edges.gz"
    place.parent.mkdir()
    if content is not None:
        place.write_bytes(content)
    monkeypatch.setattr(module, "folder", lambda _name: tmp_path)
    with pytest.raises(Refused, match="has invalid citations"):
        ego(EgoConfig())
