"""Files of graphs: what is taken from them, and what is said of hostile ones."""

import json
import zipfile
from xml.etree import ElementTree

import networkx
import numpy as np
import pytest

from pushforward.studio.formats import files
from pushforward.studio.formats.graphs.edgelist import EdgeList
from pushforward.studio.formats.graphs.gml import Gml
from pushforward.studio.formats.graphs.graph6 import Graph6
from pushforward.studio.formats.graphs.graphjson import GraphJson
from pushforward.studio.formats.graphs.graphml import GraphML
from pushforward.studio.formats.graphs.tu import TuCollection
from pushforward.studio.formats.graphs.writing import write_graphs
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importers

HEAD = '<?xml version="1.0"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'


def graphml(*graphs):
    return HEAD + "".join(graphs) + "</graphml>"


def graph(nodes, edges, kind="undirected"):
    listed = "".join(f'<node id="n{node}"/>' for node in range(nodes))
    joined = "".join(f'<edge source="n{i}" target="n{j}"/>' for i, j in edges)
    return f'<graph edgedefault="{kind}">{listed}{joined}</graph>'


def read(importer, path):
    rows = importer.rows([path], {})
    blocks = list(rows.blocks)
    arrays = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    assert len(arrays["x"]) == rows.total
    assert rows.schema.kind == "graphs"
    return rows.schema, arrays


ALONE = (
    "No model learns from a single network: cut it into several graphs, such as neighbourhoods of "
    "its nodes."
)


def written(tmp_path, text, name="some.graphml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("importer", "suffix"), [(GraphML, ".graphml"), (EdgeList, ".edgelist"), (Graph6, ".g6")]
)
def test_what_was_exported_comes_back(tmp_path, importer, suffix):
    rng = np.random.default_rng(0)
    size = np.array([4, 7, 2, 5])
    square = np.triu(rng.random((4, 7, 7)) < 0.5, 1)
    real = np.arange(7) < size[:, None]
    square &= real[:, :, None] & real[:, None]
    square |= square.transpose(0, 2, 1)
    square[2] = False  # two nodes without an edge
    path = tmp_path / f"made{suffix}"
    write_graphs(path, square, size, None, {"run": "one"})
    schema, arrays = read(importer(), path)
    assert schema.facts == {"nodes": 7}
    assert arrays["size"].tolist() == size.tolist()
    first, second = np.triu_indices(7, 1)
    expected = np.where(square[:, first, second], 1.0, -1.0) * (second < size[:, None])
    np.testing.assert_array_equal(arrays["x"], expected)


def test_what_is_left_out_is_said(tmp_path):
    text = graphml(graph(3, [(0, 1), (1, 0), (2, 2)], "directed"), graph(1, []), graph(4, [(0, 3)]))
    path = written(tmp_path, text)
    found = files.inspect([path])
    assert (found.kind, found.importer, found.rows) == ("graphs", "graphml", 2)
    assert found.notes == [
        "2 graphs of 3 to 4 nodes and 1 edge, density 0.17 to 0.33.",
        "1 has directed edges; the direction is ignored.",
        "1 edge from a node to itself is left out.",
        "1 graph of fewer than 2 nodes is left out.",
    ]
    assert found.preview["x"] == [
        [1.0, -1.0, 0.0, -1.0, 0.0, 0.0],
        [-1.0, -1.0, 1.0, -1.0, -1.0, -1.0],
    ]
    assert [part.name for part in found.parts] == ["x", "size"]
    # Loops are no pair, and an edge may stand before its nodes.
    early = graphml('<graph><edge source="a" target="b"/><node id="b"/><node id="a"/></graph>')
    assert read(GraphML(), written(tmp_path, early))[1]["x"].tolist() == [[1.0]]
    empty = files.inspect([written(tmp_path, graphml())])
    assert empty.problems == ["some.graphml has no graph of 2 to 200 nodes."]


def test_lists_of_edges_come_in_all_sorts(tmp_path):
    text = "\ufeff# any\n# more\na b 1.5 {}\nb c\n\n\nx y\n# graph 7 of 4 nodes\n3 0\n"
    path = written(tmp_path, text, "some.edges")
    _, arrays = read(EdgeList(), path)
    assert arrays["size"].tolist() == [3, 2, 4]
    assert arrays["x"].tolist() == [
        [1, -1, 0, 1, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [-1, -1, 1, -1, -1, -1],
    ]


LAUGHS = '<!DOCTYPE g [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MANY = "".join(f'<node id="n{i}"/>' for i in range(201))
TWICE = '<node id="a"/><node id="b"/>' + '<edge source="a" target="b"/>' * 39_801


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'<?xml version="1.0"?>{LAUGHS}<graphml>&b;</graphml>', "declares a document type"),
        ('<!DOCTYPE g SYSTEM "file:///etc/passwd"><graphml/>', "declares a document type"),
        ("<svg/>", "begins with <svg>"),
        (graphml('<graph><node id="a"><graph/></node></graph>'), "a graph nested in graph 1"),
        (graphml(graph(2, []))[:-10], "no XML in line 3: no element found"),
        (b"\x00\xff\x13 nothing", "no XML in line 1"),
    ],
)
def test_hostile_graphml_gets_a_sentence(tmp_path, text, said):
    path = written(tmp_path, text)
    for work in (lambda: GraphML().inspect([path], {}), lambda: read(GraphML(), path)):
        with pytest.raises(FormatError, match=said):
            work()


def test_other_xml_is_not_claimed(tmp_path):
    assert not GraphML().claims(written(tmp_path, "<svg/>", "some.xml"))
    assert GraphML().claims(written(tmp_path, graphml(), "some.xml"))
    with pytest.raises(FormatError, match="No importer takes"):
        files.inspect([written(tmp_path, "<svg/>", "some.xml")])


def karate_rows():
    square = networkx.to_numpy_array(networkx.karate_club_graph(), weight=None) > 0
    return np.where(square[np.triu_indices(34, 1)], 1.0, -1.0)


def written_by_networkx(tmp_path, suffix):
    """Write the karate club as networkx does in some format."""
    club, path = networkx.karate_club_graph(), tmp_path / f"karate{suffix}"
    if suffix == ".gml":
        networkx.write_gml(club, path)
    elif suffix == ".g6":
        networkx.write_graph6(club, path)
    elif suffix == ".s6":
        networkx.write_sparse6(club, path)
    else:
        path.write_text(json.dumps(networkx.node_link_data(club, edges=suffix.split(".")[1])))
    return path


@pytest.mark.parametrize("suffix", [".gml", ".g6", ".s6", ".links.json", ".edges.json"])
def test_the_karate_club_is_itself_in_each_format(tmp_path, suffix):
    path = written_by_networkx(tmp_path, suffix)
    found = files.inspect([path])
    assert (found.kind, found.rows, found.notes[0]) == (
        "graphs",
        1,
        "1 graph of 34 nodes and 78 edges, density 0.14.",
    )
    told = suffix not in (".g6", ".s6")
    assert ("Left out: 'weight' of 78 edges." in found.notes) == told
    assert not any("again" in note for note in found.notes)
    rows = files.rows([path], found.importer, {})
    (block,) = rows.blocks
    np.testing.assert_array_equal(block["x"][0], karate_rows())


def test_a_set_of_the_tu_collection_is_read_whole(tmp_path):
    """Its nodes and edges may stand in any order, and each edge there and back."""
    listed = {"A": "3, 1\n1, 3\n2, 4\n5, 4\n", "graph_indicator": "7\n2\n7\n2\n2\n",
              "graph_labels": "1\n0\n", "node_labels": "1\n1\n1\n2\n2\n"}  # fmt: skip
    for name, text in listed.items():
        (tmp_path / f"TINY_{name}.txt").write_text(text)
    found = files.inspect([tmp_path])
    assert (found.importer, found.rows) == ("tu", 2)
    rows = TuCollection().rows([tmp_path / "TINY_A.txt"], {"classes": "label"})
    assert (rows.schema.kind, rows.schema.classes) == ("labelled-graphs", ["0", "1"])
    assert rows.schema.facts["node_labels"] == ["1", "2"]
    (arrays,) = rows.blocks
    assert arrays["size"].tolist() == [3, 2]
    # Of graph 2 nodes 2, 4, 5 with edges 2-4 and 4-5; of graph 7 nodes 1 and 3, joined.
    assert arrays["edges"].tolist() == [[1, 0, 1], [1, 0, 0]]
    assert arrays["types"].tolist() == [[0, 1, 1], [0, 0, 0]]
    assert arrays["label"].tolist() == [1, 0]
    (plain,) = TuCollection().rows([tmp_path / "TINY_A.txt"], {"node_labels": "none"}).blocks
    assert plain["x"].tolist() == [[1.0, -1.0, 1.0], [1.0, 0.0, 0.0]]
    (tmp_path / "TINY_node_labels.txt").write_text("1\n1\n")
    with pytest.raises(FormatError, match="has 2 lines, and the set 5 nodes"):
        TuCollection().rows([tmp_path / "TINY_A.txt"], {})


def test_json_comes_as_pairs_of_numbers_too(tmp_path):
    one, two = {"n": 3, "edges": [[0, 2]]}, {"n": 2, "edges": []}
    for value in ({"graphs": [one, two]}, [one, two]):
        _, arrays = read(GraphJson(), written(tmp_path, json.dumps(value), "some.json"))
        assert arrays["size"].tolist() == [3, 2]
        assert arrays["x"].tolist() == [[-1.0, 1.0, -1.0], [-1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("importer", "name", "text", "said"),
    [
        (Gml, "a.gml", "graph [ node [ id 0", "is no GML"),
        (Gml, "a.gml", "a [" * 20_000, "lists nested too deeply"),
        (Gml, "a.gml", "graph [ edge [ source 0 target 1 ] ]", "is no GML"),
        (Gml, "a.gml", b"\xff\xfe\x00", "is no text"),
        (GraphJson, "a.json", "{", "is no JSON"),
        (GraphJson, "a.json", "[" * 200_000, "is no JSON"),
        (TuCollection, "X_A.txt", "1, 2\n", "X_graph_indicator.txt is not beside"),
    ],
)
def test_other_hostile_files_get_a_sentence(tmp_path, importer, name, text, said):
    with pytest.raises(FormatError, match=said):
        read(importer(), written(tmp_path, text, name))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"~~?@~~~~~~", "it has more than 200 nodes, the limit"),
        (b":~~~~~~~~", "it has more than 200 nodes, the limit"),
        (b"~?@", "its line is no graph6"),
        (b"D?", "its line is no graph6"),
        (b"D\x01{", "its line has bytes that no graph6 has"),
        (b"~" * 300_000, "its line is longer than 131,072 bytes"),
    ],
)
def test_one_broken_line_of_graph6_is_left_out_and_told(tmp_path, line, why):
    path = written(tmp_path, b"D?{\n" + line + b"\nDQc\n", "a.g6")
    said = f"1 is left out: {why} (a.g6, line 2)."
    assert Graph6().inspect([path], {}).notes == [
        "2 graphs of 5 nodes and 4 edges, density 0.4.",
        said,
    ]
    arrays = read(Graph6(), path)[1]
    assert arrays["x"].shape == (2, 10)
    assert (
        arrays["x"][1].tolist()
        == read(Graph6(), written(tmp_path, "DQc", "b.g6"))[1]["x"][0].tolist()
    )
    with pytest.raises(FormatError, match="no graph of 2 to 200 nodes") as raised:
        read(Graph6(), written(tmp_path, line, "c.g6"))
    assert why.replace("they have", "it has") in raised.value.hint


GOOD = {
    "json": '{"n": 3, "edges": [[0, 2]]}',
    "edges": "a b\nb c\n",
    "graphml": '<graph><node id="a"/><node id="b"/><edge source="a" target="b"/></graph>',
}
LARGE, DOUBLED = (
    "they have more than 200 nodes, which is the limit",
    "they have more than 39,800 edges, and 200 nodes have no more",
)


@pytest.mark.parametrize(
    ("suffix", "broken", "why"),
    [
        ("json", "1", "they have neither nodes nor edges"),
        ("json", '{"n": 1000000, "edges": []}', LARGE),
        ("json", '{"n": -1, "edges": []}', "they have neither a list of nodes nor their number"),
        ("json", '{"n": 3}', "they have no list of edges"),
        ("json", '{"n": 3, "edges": [[0, 3]]}', "they have an edge to a node that is not there"),
        ("json", '{"n": 3, "edges": [[0]]}', "they have an edge that is not between two nodes"),
        (
            "json",
            '{"nodes": [{"id": 1}, {"id": 1}], "links": []}',
            "they have two nodes with the same id",
        ),
        (
            "json",
            '{"nodes": [{"id": [1]}], "links": []}',
            "they have a node without an id that is a number or a word",
        ),
        (
            "json",
            '{"nodes": [1, 2], "links": [{"source": [], "target": 1}]}',
            "they have an edge to a node that is not there",
        ),
        ("edges", "a b\nc\nd e\n", "they have a line with one word; an edge needs two"),
        ("edges", "# graph 0 of 1000000 nodes\n0 1\n", LARGE),
        (
            "edges",
            "# graph 0 of 3 nodes\n0 3\n",
            "they have an edge to a node number that is too large",
        ),
        ("edges", "a b\n" * 39_801, DOUBLED),
        ("edges", "a " + "b" * 5000, "they have a line that is longer than 4,096 bytes"),
        ("edges", b"\xff\xfe\x00", "they have a line that is no text"),
        ("graphml", f"<graph>{MANY}</graph>", LARGE),
        ("graphml", f"<graph>{TWICE}</graph>", DOUBLED),
        ("graphml", "<graph><hyperedge/></graph>", "they have an edge between more than two nodes"),
        ("graphml", graph(2, [(0, 5)]), "they have an edge to a node that is not there"),
        (
            "graphml",
            '<graph><node id="a"/><node id="a"/></graph>',
            "they have a node without an id of its own",
        ),
    ],
)
def test_one_broken_graph_is_left_out_and_told(tmp_path, suffix, broken, why):
    """It refused its whole file."""
    good = GOOD[suffix]
    whole = {
        "json": lambda *each: f"[{','.join(each)}]",
        "edges": lambda *each: b"\n".join(e.encode() if isinstance(e, str) else e for e in each),
        "graphml": graphml,
    }[suffix]
    importer = {"json": GraphJson, "edges": EdgeList, "graphml": GraphML}[suffix]()
    apart = ("\n",) if suffix == "edges" else ()
    path = written(tmp_path, whole(good, *apart, broken, *apart, good), f"a.{suffix}")
    notes = importer.inspect([path], {}).notes
    alone = why.replace("they have", "it has")
    assert notes[-1].startswith(f"1 is left out: {alone} (a.{suffix}"), notes
    alone = written(tmp_path, whole(good, *apart, good), f"b.{suffix}")
    for name, values in read(importer, alone)[1].items():
        np.testing.assert_array_equal(read(importer, path)[1][name], values)
    with pytest.raises(FormatError, match="no graph of 2 to 200 nodes") as raised:
        read(importer, written(tmp_path, whole(broken), f"c.{suffix}"))
    assert why.replace("they have", "it has") in raised.value.hint


def test_a_text_of_edges_may_be_taken_for_graphs(tmp_path):
    """As points alone it was offered, whatever it was."""
    bare = written(tmp_path, "# of a friend\n0 1\n1 2\n", "edges.txt")
    assert not EdgeList().claims(bare), "two numbers a line may be anything"
    assert EdgeList().also(bare)
    assert "edgelist" in [each.slug for each in importers.offered([bare])]
    told = written(tmp_path, "# graph 1 of 3 nodes\n0 1\n", "told.txt")
    assert EdgeList().claims(told)
    prose = written(tmp_path, "Once there was a graph whose nodes had many names each.\n", "a.txt")
    assert not EdgeList().also(prose)
    assert not EdgeList().also(written(tmp_path, "one\ntwo\n", "b.txt"))


def test_of_several_files_of_gml_one_that_is_too_large_is_left_out(tmp_path):
    large = f"graph [ {''.join(f'node [ id {i} ] ' for i in range(201))} ]"
    small = "graph [ node [ id 0 ] node [ id 1 ] ]"
    paths = [written(tmp_path, text, f"{k}.gml") for k, text in enumerate((small, large))]
    found = Gml().inspect(paths, {})
    assert (found.rows, found.notes[-1]) == (
        1,
        f"1 is left out: {LARGE.replace('they have', 'it has')} (1.gml).",
    )


def test_what_a_list_of_edges_says_besides_is_told_and_offered(tmp_path):
    text = "# u v w\n0 3 0.2\n0 4 0.7\n1 2 0.6\n3 3 1\n0 1 1\n1 0 1\n0 1 1\n"
    found = EdgeList().inspect([written(tmp_path, text, "some.edges")], {})
    assert found.notes == [
        "1 graph of 5 nodes and 4 edges, density 0.4.",
        ALONE,
        "Left out: 'column 3' of 7 edges.",
        "1 edge from a node to itself is left out.",
        "2 edges are duplicate; each is used once.",
    ]
    assert found.sources["edge_labels"] == ["column 3"], "it can be taken for their label"
    both = "0 1\n1 0\n1 2\n2 1\n"
    found = EdgeList().inspect([written(tmp_path, both, "both.edges")], {})
    said = "1 graph of 3 nodes and 2 edges, density 0.67."
    assert found.notes == [said, ALONE], "each in both directions is a usual way"


def test_an_edge_of_gml_that_is_listed_again_is_taken_once(tmp_path):
    edge = "edge [ source 0 target 1 ]"
    text = f"graph [ node [ id 0 ] node [ id 1 ] {edge} {edge} ]"
    found = Gml().inspect([written(tmp_path, text, "some.gml")], {})
    assert (found.rows, found.notes[-1]) == (1, "1 edge is duplicate; each is used once.")


def test_a_set_of_the_tu_collection_is_read_from_its_archive(tmp_path):
    path = tmp_path / "TINY.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("TINY/TINY_A.txt", "1, 2\n2, 1\n")
        archive.writestr("TINY/TINY_graph_indicator.txt", "1\n1\n2\n2\n2\n")
        archive.writestr("TINY/README.txt", "not a number")
    found = files.inspect([path])
    assert (found.importer, found.rows, found.notes) == (
        "tu",
        2,
        ["2 graphs of 2 to 3 nodes and 0 to 1 edges, density 0 to 1."],
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("TINY/TINY_A.txt", "1, 2\n")
    with pytest.raises(FormatError, match=r"has no TINY/TINY_graph_indicator\.txt"):
        read(TuCollection(), path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(FormatError, match="is damaged"):
        read(TuCollection(), path)


@pytest.mark.parametrize(
    ("edges", "of", "said"),
    [
        ("1, 4\n", "1\n1\n2\n", "line 1 joins a node that X_graph_indicator.txt does not have"),
        ("1, 2\n2, 3\n", "1\n1\n2\n", "line 2 joins nodes of two graphs"),
        ("1, a\n", "1\n", "is no list of whole numbers"),
        ("1\n", "1\n", "has 1 numbers a line, and should have 2"),
        ("", "1\n", "X_A.txt is empty"),
        ("1, 2\n", "1\n" * 300, "more than 200 nodes"),
    ],
)
def test_hostile_sets_of_the_tu_collection_get_a_sentence(tmp_path, edges, of, said):
    written(tmp_path, of, "X_graph_indicator.txt")
    with pytest.raises(FormatError, match=said):
        read(TuCollection(), written(tmp_path, edges, "X_A.txt"))


def test_graphs_are_drawn_on_a_sheet(tmp_path):
    square = np.zeros((3, 4, 4), bool)
    for i, j in ((0, 1), (1, 2), (2, 3)):
        square[:2, i, j] = square[:2, j, i] = True
    path = tmp_path / "made.svg"
    write_graphs(path, square, np.array([4, 3, 2]), None, {"run": "<one & two>"})
    text = path.read_text()
    root = ElementTree.fromstring(text)
    assert text.count("<circle") == 4 + 3 + 2
    assert text.count("<line") == 3 + 2
    assert "&lt;one &amp; two&gt;" in text
    assert root.get("viewBox") == "0 0 240 240", "as many in a row as rows"
    spots = [float(each.get("cx")) for each in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert 0 < min(spots) < 120 < max(spots) < 240
    many = np.zeros((2001, 2, 2), bool)
    with pytest.raises(FormatError, match="at most 2,000 drawings; these are 2,001"):
        write_graphs(path, many, np.full(2001, 2), None, {})
