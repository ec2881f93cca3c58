"""Graphs in the engine: drawn alike however numbered, recorded with their places, and exported."""

import json

import networkx
import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from pushforward.models.config import Pick
from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.graphs import graphs
from pushforward.models.operators.base import Operation
from pushforward.models.operators.inpaint import Inpaint, InpaintConfig
from pushforward.models.registry import registry
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.observables.graphs.canonical import canonical_order
from pushforward.observables.graphs.makes import MAKES, make_meant
from pushforward.studio import graph_layout
from pushforward.studio.cli.evaluate import _rule
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.data.validity_rules import ruled
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.graphs import Graphs
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol import spec as protocol
from pushforward.studio.protocol.extras import EXTRAS, PLACES
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.resources import recipes
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from pushforward.studio.workflows.errors import UsageError


def pictured(adjacency, size):
    """Return what is drawn of one graph: places in the order of the paper, and who is joined."""
    places = lay_out(adjacency[None], np.array([size]))[0, :size]
    order = np.lexsort(places.round(4).T)
    return places[order], adjacency[:size, :size][order][:, order]


def test_a_renumbered_graph_is_drawn_the_same():
    set_ = community(CommunityConfig(), 12, 0)
    rng = np.random.default_rng(0)
    for square, size in zip(set_.adjacency.numpy(), set_.size.tolist(), strict=True):
        order = np.r_[rng.permutation(size), np.arange(size, 20)]
        places, joined = pictured(square, size)
        again, still = pictured(square[order][:, order], size)
        np.testing.assert_allclose(again, places, atol=1e-6)
        assert (still == joined).all()
        canonical = canonical_order(square[:size, :size])
        assert sorted(canonical) == list(range(size))


RULES = {"valid-graphs", "two-communities", "lobsters"}
"""Metrics of the share of graphs that are of the make of the data."""


@pytest.mark.parametrize(
    "slug", [each.slug for each in recipes() if each.kind in ("graphs", "labelled-graphs")]
)
def test_a_recipe_measures_validity_where_browse_has_a_rule(slug):
    """What a browser marks with a cross is among the figures, or a run whose graphs have the right
    degrees is within the noise floor.
    """
    (run,) = (each.run for each in recipes() if each.slug == slug)
    entry = registry.get("dataset", run.dataset.slug)
    data = entry.make(entry.config(**run.dataset.config), 300, 0)
    measured = {pick.slug for pick in check(run).spec.metrics}
    if entry.holds == "labelled-graphs":
        assert "valid-labels" in measured
    elif make_meant(data.make, data.adjacency.numpy(), data.size.numpy()) is not None:
        assert measured & RULES


@pytest.mark.parametrize(
    ("data", "rule"), [("community-density", "valid-graphs"), ("organisations", "valid-labels")]
)
def test_validity_is_among_the_figures_of_a_run_that_names_none(data, rule):
    model = "masked-types" if data == "organisations" else "digress"
    wanted = RunSpec(name="r", family=protocol.Pick(slug=model), dataset=protocol.Pick(slug=data))
    assert rule in {pick.slug for pick in check(wanted).spec.metrics}


def test_a_set_of_communities_says_what_its_graphs_are_meant_to_be():
    """Some of its own graphs are not, so that looking at them does not tell."""
    meant = kind_of("graphs").shared_facts(community(CommunityConfig(), 4, 0).take(slice(0, 2)))
    assert list(MAKES)[int(meant["meant"]) - 1] == "two-communities"
    assert kind_of("graphs").shared_facts(graphs(4, 0)) == {}


def test_what_a_person_says_is_valid_is_kept_with_the_project_for_all_runs_on_the_data(tmp_path):
    project = Project.create(tmp_path / "p", "p")
    spec = RunSpec(
        name="r", family=protocol.Pick(slug="edm"), dataset=protocol.Pick(slug="community")
    )
    run = project.new_run(RunRecord(spec=spec))
    small = Dataset(community(CommunityConfig(), 4, 0), "", None, lambda n, seed: None)
    own = ruled(small, "community", project.path)
    assert (own.rows.make, own.ruled) == ("two-communities", False)
    _rule(run, "connected")
    assert Project.open(project.path).rule("community") == "connected"
    own = ruled(small, "community", project.path)
    assert (own.rows.make, own.ruled) == ("connected", True), "floors of before are none of it"
    assert ruled(small, "other", project.path).rows.make == "two-communities"
    with pytest.raises(UsageError, match="unknown rule; available: grid"):
        _rule(run, "banana")
    _rule(run, "none")
    free = ruled(small, "community", project.path).rows
    assert kind_of("graphs").shared_facts(free) == {"meant": -1.0}
    _rule(run, "data")
    assert ruled(small, "community", project.path) is small


def test_places_are_about_the_middle_and_of_size_one():
    set_ = community(CommunityConfig(), 8, 0)
    places = lay_out(set_.adjacency.numpy(), set_.size.numpy())
    for drawn, size in zip(places, set_.size.tolist(), strict=True):
        assert np.abs(drawn[:size].mean(axis=0)).max() < 1e-5
        assert (drawn[:size] ** 2).sum(axis=1).mean() == pytest.approx(1.0, abs=1e-4)
        assert np.std(drawn[:size, 0]) > np.std(drawn[:size, 1])
        assert not drawn[size:].any()
    # A path is a line, and its nodes stand in their order.
    path = networkx.to_numpy_array(networkx.path_graph(6)) > 0
    line = lay_out(path[None], np.array([6]))[0]
    assert np.abs(line[:, 1]).max() < 0.05
    assert (np.diff(line[:, 0]) > 0).all() or (np.diff(line[:, 0]) < 0).all()
    empty = np.zeros((3, 6, 6), bool)
    assert np.isfinite(lay_out(empty, np.array([6, 1, 0]))).all()


def stress(places, far):
    """Return the sum of (distance / far - 1)^2 over the pairs of a drawing (n, 2)."""
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    pairs = np.triu_indices(len(places), 1)
    return float(((apart[pairs] / far[pairs] - 1.0) ** 2).sum())


def to_scale(places, far):
    """Return a drawing (n, 2) of any size in the units of distances on the graph."""
    ratio = np.linalg.norm(places[:, None] - places, axis=2)
    np.divide(ratio, far, out=ratio, where=far > 0)
    return places * ratio.sum() / (ratio**2).sum()


def test_distances_on_paper_are_as_near_to_those_along_edges_as_a_search_finds(monkeypatch):
    set_ = community(CommunityConfig(smallest=16, largest=16), 8, 0)
    drawn, size = set_.adjacency.numpy(), set_.size.numpy()

    def shares():
        found = []
        for square, places in zip(drawn, lay_out(drawn, size), strict=True):
            far = np.array(networkx.floyd_warshall_numpy(networkx.from_numpy_array(square)))
            start = to_scale(places.astype(float), far)
            best = minimize(lambda flat, far=far: stress(flat.reshape(-1, 2), far), start.ravel())
            found.append(best.fun / stress(start, far))
        return np.array(found)

    assert shares().mean() > 0.95
    monkeypatch.setattr(graph_layout, "_ROUNDS", 1)  # where it starts from
    assert shares().mean() < 0.8


def test_a_record_has_the_places_of_its_last_frame():
    set_ = community(CommunityConfig(smallest=6, largest=8), 20, 0)
    net = Pick(slug="graph-net", config={"width": 8, "pairs": 6, "products": 4, "layers": 1})
    family = Edm(EdmConfig(net=net), set_.spec(), horizon=3, seed=0, device=torch.device("cpu"))
    recorder = Recorder(family, seed=0, particles=5, frames=4)
    assert PLACES in recorder.extras
    work = recorder.record(0, extras=[PLACES])
    try:
        while True:
            next(work)
    except StopIteration as stop:
        record = stop.value
    places = record.extras[PLACES]
    assert places.shape == (len(record.t), 5, 8, 2)
    assert (places == places[0]).all()
    assert np.abs(places).max() > 0.5
    assert EXTRAS[PLACES].particles == 1


def test_data_of_other_kinds_have_no_places():
    assert not kind_of("points").has_layout
    with pytest.raises(TypeError, match="have no layout"):
        kind_of("points").places(None)


def test_a_preview_is_laid_out():
    set_ = community(CommunityConfig(smallest=6, largest=8), 10, 0)
    kind = kind_of("graphs")
    shown = kind.preview_arrays(set_)
    assert {"x", "mask", "size", "places"} == set(shown)
    assert shown["places"].shape == (10, 8, 2)
    assert kind.facts(set_)["nodes"] == 8
    assert kind.describe_data(set_) == "10 graphs (at most 8 nodes)"


@pytest.mark.parametrize("suffix", [".graphml", ".edgelist", ".npz", ".h5"])
def test_graphs_come_back_from_what_was_written(tmp_path, suffix):
    set_ = graphs(6, 0)
    path = tmp_path / f"made{suffix}"
    Graphs("graphs").write(path, set_.rows(slice(None)), (), {"run": "a--b", "step": 3})
    square, size = set_.adjacency.numpy(), set_.size.tolist()
    if suffix == ".graphml":
        found = list(networkx.GraphMLReader(node_type=int)(path=str(path)))
        assert "a-\\u002db" in path.read_text()
        for row, graph in enumerate(found):
            numbers = [graph.nodes[node]["feature"] for node in range(size[row])]
            np.testing.assert_allclose(numbers, set_.x[row, : size[row]], rtol=1e-6)
    elif suffix == ".edgelist":
        head, *parts = path.read_text().split("# graph ")
        assert json.loads(head.removeprefix("# provenance: "))["step"] == 3
        found = []
        for part in parts:
            said, *lines = part.strip().split("\n")
            graph = networkx.parse_edgelist(lines, nodetype=int)
            graph.add_nodes_from(range(int(said.split()[2])))
            found.append(graph)
    else:
        if suffix == ".npz":
            arrays = dict(np.load(path))
        else:
            import h5py

            with h5py.File(path) as file:
                arrays = {name: file[name][()] for name in file}
        assert (arrays["adjacency"] == square).all()
        assert arrays["size"].tolist() == size
        np.testing.assert_array_equal(arrays["feature"], set_.x[:, :6])
        return
    assert len(found) == 6
    for graph, joined, count in zip(found, square, size, strict=True):
        again = networkx.to_numpy_array(graph, nodelist=range(count)) > 0
        assert (again == joined[:count, :count]).all()


def test_a_suffix_that_graphs_have_none_of_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"\.csv"):
        Graphs("graphs").write(tmp_path / "a.csv", graphs(3, 0).rows(slice(None)), (), {})


def test_a_partial_graph_is_completed_and_what_is_known_of_it_stays():
    set_ = community(CommunityConfig(smallest=6, largest=8), 20, 0)
    net = Pick(slug="graph-net", config={"width": 8, "pairs": 6, "products": 4, "layers": 1})
    family = Edm(EdmConfig(net=net), set_.spec(), horizon=3, seed=0, device=torch.device("cpu"))
    row = next(row for row, size in enumerate(set_.size.tolist()) if size == 6)
    x, pairs = set_.x[row], 6 * 5 // 2
    known = (x > 0).int()
    kind = kind_of("graphs")
    handed = {
        "rows": kind.parse_rows([x.tolist()], family.spec, ()),
        "known": kind.parse_rows([known.tolist()], family.spec, ()),
    }
    assert handed["rows"].given["size"].tolist() == [6], "8 places, of which 6 are taken"
    assert int(handed["rows"].mask.sum()) == pairs
    sampler = Heun(HeunConfig(steps=4))
    config = InpaintConfig(method=Pick(slug="repaint", config={"resamplings": 2}), draws=3)
    work = Inpaint(config).work(Operation(family, sampler, handed=handed))
    try:
        while True:
            next(work)
    except StopIteration as stop:
        made = stop.value.rows
    assert (made.x[:, known > 0] == 1.0).all(), "edges that are there stay"
    assert (made.x[:, x == 0.0] == 0.0).all(), "nodes that it has not are never made"
    free = made.x[:, (known == 0) & (x != 0.0)]
    assert (free != -1.0).all(), "what was not known is drawn"
    assert len({tuple(each) for each in (free > 0).tolist()}) > 1, "each time anew"
