"""Labels of nodes, of edges and of graphs: found in files, made types of, and written back."""

import json

import networkx
import numpy as np
import pytest

from pushforward.models.config import NoConfig
from pushforward.models.kinds.labelled_graphs import LabelledSet, labelled_graphs, labelled_packing
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.labelled_graphs.triples import LabelTriples
from pushforward.models.tensors import make_generator
from pushforward.observables.graphs.labels import EDGE_LABELS, cut, places_for, row_length
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.kinds.labelled_graphs import Labelled
from pushforward.studio.formats import files
from pushforward.studio.formats.graphs.gml import Gml
from pushforward.studio.formats.graphs.graphjson import GraphJson
from pushforward.studio.formats.graphs.graphml import GraphML
from pushforward.studio.formats.graphs.writing import graphml

ATOMS, BONDS = ("C", "N", "O"), ("double", "single")


def rings(count=12):
    """Return rings of five to seven nodes with labels of all sorts."""
    made = []
    for k in range(count):
        graph = networkx.cycle_graph(5 + k % 3)
        for node in graph:
            graph.nodes[node].update(element=ATOMS[(node * node + k) % 3], charge=0.1 * node)
        for place, (one, other) in enumerate(graph.edges):
            graph.edges[one, other]["bond"] = BONDS[place % 2]
        graph.graph["class"] = "even" if k % 2 == 0 else "odd"
        made.append(graph)
    return made


def written(folder, suffix, graphs):
    """Write graphs as networkx does; GML has one a file."""
    paths = []
    if suffix == ".json":
        paths.append(folder / "all.json")
        paths[0].write_text(json.dumps([networkx.node_link_data(each) for each in graphs]))
        return paths
    for k, graph in enumerate(graphs):
        paths.append(folder / f"{k}{suffix}")
        (networkx.write_gml if suffix == ".gml" else networkx.write_graphml)(graph, paths[-1])
    return paths


def read(importer, paths, **options):
    rows = importer.rows(paths, options)
    blocks = list(rows.blocks)
    return rows.schema, {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


@pytest.mark.parametrize(
    ("importer", "suffix"), [(GraphML, ".graphml"), (Gml, ".gml"), (GraphJson, ".json")]
)
def test_labels_are_found_and_come_back(tmp_path, importer, suffix):
    graphs = rings()
    paths = written(tmp_path, suffix, graphs)
    found = files.inspect(paths)
    assert (found.kind, found.rows, found.classes) == ("labelled-graphs", 12, ["even", "odd"])
    assert found.taken == {"node_labels": "element", "edge_labels": "bond", "classes": "class"}
    assert "Nodes have the label 'element': C, N, O." in found.notes
    assert np.shape(found.preview["x"]) == (8, row_length(7, EDGE_LABELS))
    schema, arrays = read(importer(), paths)
    for graph, types, n in zip(graphs, arrays["types"], arrays["size"], strict=True):
        listed = [ATOMS[t] for t in types[:n]]
        assert listed == [graph.nodes[node]["element"] for node in graph]
    kind = kind_of("labelled-graphs")
    assert isinstance(kind, Labelled)
    data = kind.from_parts(arrays, Facts((), tuple(schema.classes), schema.facts))
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1] * 6
    for written_as in (".graphml", ".json"):
        out = tmp_path / f"again{written_as}"
        kind.write(out, data.rows(slice(None)), data.columns, {"run": "a--b"})
        again, back = read(files.importers.get(files.inspect([out]).importer), [out])
        assert again.facts == schema.facts
        for name in ("types", "edges", "size"):
            np.testing.assert_array_equal(back[name], arrays[name])


def test_each_label_is_written_once_however_many_graphs_follow():
    text = graphml(rings(3), "").decode()
    nodes = edges = sum(len(each) for each in rings(3))
    assert text.count("<data ") == 2 * nodes + edges + 3, "element, charge, bond and class"


def test_an_attribute_may_be_chosen_and_names_are_no_labels(tmp_path):
    graphs = rings()
    for graph in graphs:
        for node in graph:
            graph.nodes[node].update(label=f"n{node}", side="ab"[node % 2])
    paths = written(tmp_path, ".json", graphs)
    found = files.inspect(paths)
    assert found.taken["node_labels"] == "element", "each label is met once in a graph"
    assert "side" in found.sources["node_labels"]
    schema, _ = read(GraphJson(), paths, node_labels="side", edge_labels="none")
    assert schema.facts["node_labels"] == ["a", "b"]
    assert schema.facts["edge_labels"] == []
    schema, arrays = read(GraphJson(), paths, node_labels="none", edge_labels="none")
    assert schema.kind == "graphs"
    assert set(arrays) == {"x", "size", "label"}


def test_rare_labels_share_a_type_and_missing_ones_have_one(tmp_path):
    graph = networkx.path_graph(40)
    for node in graph:
        if node:
            graph.nodes[node]["type"] = node % 7 if node < 35 else 50 + node
    path = tmp_path / "a.json"
    path.write_text(json.dumps(networkx.node_link_data(graph)))
    found = files.inspect([path])
    assert any("others, of which the last is 6 labels (15.0% of nodes)" in n for n in found.notes)
    schema, arrays = read(GraphJson(), [path])
    assert schema.facts["node_labels"] == ["0", "1", "2", "3", "4", "5", "6", "others"]
    assert arrays["types"][0, 0] == 7
    assert arrays["types"][0, 36] == 7
    assert arrays["types"][0, 8] == 1


@pytest.mark.parametrize(
    "said", ['"a": {"b": [1]}', '"type": "' + "x" * 10_000 + '"', '"type": null'], ids=len
)
def test_hostile_attributes_are_no_labels(tmp_path, said):
    path = tmp_path / "a.json"
    path.write_text(f'{{"nodes": [{{"id": 0, {said}}}, {{"id": 1, {said}}}], "links": []}}')
    found = files.inspect([path])
    assert (found.kind, found.rows) == ("graphs", 1)
    assert not found.taken
    assert all(len(each) < 500 for each in found.notes)


def test_ten_thousand_labels_are_not_kept(tmp_path):
    lines = [f'{{"n": 2, "edges": [], "label": "{k}", "x{k}": {k}}}' for k in range(3000)]
    path = tmp_path / "a.json"
    path.write_text(f'{{"graphs": [{",".join(lines)}]}}')
    found = files.inspect([path])
    assert (found.rows, found.classes) == (3000, [])
    assert len(found.sources["classes"]) == 32


def test_rows_say_how_they_are_cut():
    for edges in (1, EDGE_LABELS):
        for nodes in range(2, 201):
            places = places_for(nodes, edges)
            assert nodes <= places <= nodes + 1
            assert cut(row_length(places, edges)) == (places, edges)
    with pytest.raises(ValueError, match="no labelled graphs"):
        labelled_packing(18)


def test_triples_tell_labels_that_were_dealt_out_anew():
    real = labelled_graphs(200, 0)
    types, edges = real.unpacked
    rng = make_generator(1)
    dealt = types.clone()
    for row, n in enumerate(real.size.tolist()):
        dealt[row, :n] = (types[row, :n] + (edges[row] > 0).sum(dim=0)[:n]) % 2
    made = LabelledSet.of(dealt, edges, real.size)

    def measured(samples):
        evidence = Evidence(real=real, rng=rng, made=samples.rows(slice(None)))
        return LabelTriples(NoConfig()).measure(evidence).value

    assert measured(labelled_graphs(200, 3)) == 0.0, "all edges join both labels"
    assert measured(made) > 0.4
    with pytest.raises(NotApplicable, match="no graph has an edge"):
        measured(LabelledSet.of(types, edges * 0, real.size))
