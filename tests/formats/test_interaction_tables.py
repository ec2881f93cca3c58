"""Tables of interactions in their formats: small files made here."""

import gzip
import json
import sys
import zipfile

import numpy as np
import pytest

from pushforward.studio.formats.files import inspect
from pushforward.studio.formats.interactions.cells import Cells
from pushforward.studio.formats.interactions.events import Events
from pushforward.studio.formats.interactions.histories import Filters, make_histories
from pushforward.studio.formats.interactions.table import InteractionTable
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import discover, importers

LOOSE = {"core": 1, "longest": 4, "ties": "file"}
INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
AMAZON = [
    {"reviewerID": "A2SUAM", "asin": "0000013714", "overall": 5.0, "unixReviewTime": 20},
    {"reviewerID": "A2SUAM", "asin": "B000", "overall": 1.0, "unixReviewTime": 10},
    {"reviewerID": "A1", "asin": "B000", "overall": 4.0, "unixReviewTime": 30},
]
STEAM = (
    "{u'username': u'ann', u'product_id': u'7', u'date': u'2017-12-17'}\n"
    "{u'username': u'ann', u'product_id': u'9', u'date': u'2016-01-02'}\n"
)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*paths, **options):
    discover()
    assert "recommendation-table" in [each.slug for each in importers.offered(paths)]
    found = InteractionTable().rows(paths, settle(InteractionTable.options, LOOSE | options))
    blocks = list(found.blocks)
    merged = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    return found.schema.facts, merged


def named(facts, x):
    return [[facts["titles"][item - 1] for item in row if item] for row in x.tolist()]


def test_recbole_files_are_read_with_their_items_and_without_their_users(tmp_path):
    events = write(tmp_path, "ml.inter", INTER + "7\t10\t4\t30\n7\t20\t3\t10\n9\t20\t1\t5\n")
    items = write(
        tmp_path,
        "ml.item",
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
        "10\tOne, Two\tDrama War\n20\tThree\tComedy\n",
    )
    users = write(tmp_path, "ml.user", "user_id:token\tage:token\n7\t24\n9\t30\n")
    facts, rows = read(events, items, users)
    assert named(facts, rows["x"]) == [["Three", "One, Two"], ["Three"]]
    assert facts["categories"] == ["Drama|War", "Comedy"]
    assert facts["called"] == ["user_id", "item_id"]
    assert rows["time"].tolist() == [[10, 30, 0, 0], [5, 0, 0, 0]]
    assert rows["rating"].tolist() == [[3, 4, 0, 0], [1, 0, 0, 0]]
    assert rows["person"].tolist() == [7, 9]


@pytest.mark.parametrize("packed", ["gz", "zip", ""])
def test_amazon_reviews_are_read_by_lines_of_json_also_compressed(tmp_path, packed):
    text = "".join(json.dumps(each) + "\n" for each in AMAZON).encode()
    name = "reviews.json.gz" if packed else "reviews.json"
    path = write(tmp_path, name, gzip.compress(text) if packed else text)
    if packed == "zip":
        path = tmp_path / "reviews.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/reviews.json", text)
    facts, rows = read(path)
    assert named(facts, rows["x"]) == [["B000", "0000013714"], ["B000"]]
    assert (facts["items"], facts["users"]) == (["0000013714", "B000"], ["A2SUAM", "A1"])
    assert rows["person"].tolist() == [1, 2]
    seen = inspect([path], "recommendation-table", LOOSE)
    assert (seen.format, seen.taken["user"], seen.rows) == ("Amazon", "reviewerID", 2)
    assert read(path, least=4.0)[1]["x"].tolist() == [[1, 0, 0, 0], [2, 0, 0, 0]]


@pytest.mark.parametrize(
    ("name", "text", "x"),
    [
        ("ratings.csv", "A2SUAM1J3GNN3B,0000013714,5.0,1400457600\n"
         "A2SUAM1J3GNN3B,B000,4.0,1400457500\n", [["B000", "0000013714"]]),
        ("books.csv", "0000013714,A2SUAM1J3GNN3B,5.0,1400457600\n"
         "B000,A2SUAM1J3GNN3B,4,1400457601\n", [["0000013714", "B000"]]),
        ("steam.json", STEAM, [["Item 9", "Item 7"]]),
        ("steam.csv", '15,"Dota, 2",purchase,1.0,0\n15,"Dota, 2",play,9.5,0\n'
         "15,Hats,purchase,1,0\n", [["Dota, 2", "Hats"]]),
        ("Video.txt", "1 3\n1 2\n1 3\n2 2\n", [["Item 3", "Item 2"], ["Item 2"]]),
        ("log.tsv", "visitor_id\tsku\tdate\nann\tx\t2024-05-02T00:00:00Z\nann\ty\t2024-05-01\n",
         [["y", "x"]]),
        ("titled.csv", 'user,item,time,title,genres\n1,5,2000000000000,"A, B","Drama, War"\n'
         "1,6,1000000000000,C,\n", [["C", "A, B"]]),
    ],
    ids=["amazon", "amazon-items-first", "steam-json", "steam-csv", "sasrec", "dates", "titles"],
)  # fmt: skip
def test_each_format_is_recognised(tmp_path, name, text, x):
    path = write(tmp_path, name, text)
    discover()
    assert importers.find_claiming([path])[0].slug == "recommendation-table"
    facts, rows = read(path)
    assert named(facts, rows["x"]) == x
    if name == "titled.csv":
        assert facts["categories"] == ["Drama|War", ""]
        assert rows["time"][0].tolist() == [10**9, 2 * 10**9, 0, 0]


def test_parquet_is_read_where_pyarrow_is_installed(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    day = np.array(["2024-01-02", "2024-01-01"], "datetime64[ms]")
    columns = {"user": ["ann", "ann"], "item": [3, 5], "time": day, "genres": [["A", "B"], []]}
    path = tmp_path / "log.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    facts, rows = read(path)
    assert rows["x"].tolist() == [[2, 1, 0, 0]]
    assert (facts["items"], facts["categories"]) == ([3, 5], ["A|B", ""])
    assert rows["time"][0, 0] == day[1].astype("datetime64[s]").astype(int)
    bad = write(tmp_path, "bad.parquet", b"PAR1" * 9)
    with pytest.raises(FormatError, match="no Parquet file"):
        InteractionTable().rows([bad], settle(InteractionTable.options, LOOSE))


def test_lists_are_written_as_parquet_or_refused_in_words(tmp_path, monkeypatch):
    from pushforward.studio.engine.kinds.base import kind_of
    from pushforward.studio.engine.process.discovery import discover as discover_kinds

    discover_kinds()
    arrays = {
        "user": np.array([1, 2]), "item": np.array([[2, 1], [1, 0]]),
        "score": np.array([[-0.5, -1.0], [-0.25, -np.inf]]), "who": np.array([71, 72]),
    }  # fmt: skip
    path = tmp_path / "lists.parquet"

    def write():
        kind_of("interactions").write_result(path, None, ("A", "B"), arrays, {})

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormatError, match="need the package pyarrow"):
        write()
    monkeypatch.undo()
    parquet = pytest.importorskip("pyarrow.parquet")
    write()
    assert parquet.read_table(path).to_pydict() == {
        "who": [71, 71, 72], "rank": [1, 2, 1], "item": [2, 1, 1],
        "title": ["B", "A", "A"], "score": [-0.5, -1.0, -0.25],
    }  # fmt: skip


def test_columns_are_chosen_and_wrong_ones_are_named(tmp_path):
    path = write(tmp_path, "sales.csv", "who,when,what\nann,5,tea\nann,3,milk\nbob,1,tea\n")
    discover()
    assert importers.find_claiming([path])[0].slug != "recommendation-table"
    seen = inspect([path], "recommendation-table", LOOSE)
    assert seen.problems
    assert seen.sources["user"] == ["who", "when", "what"]
    chosen = {"user": "who", "item": "what", "time": "when"}
    facts, rows = read(path, **chosen)
    assert named(facts, rows["x"]) == [["milk", "tea"], ["tea"]]
    with pytest.raises(
        FormatError, match=r"line 2: 'tea' in column 'what' is not a time or a date"
    ):
        read(path, **{**chosen, "time": "what"})
    with pytest.raises(FormatError, match="line 3 has 2 cells"):
        read(write(tmp_path, "cut.csv", "user,item,time\n1,2,3\n1,2\n"))
    whole = gzip.compress(b"user,item\n" + b"1,2\n" * 9999)
    bad = write(tmp_path, "x.csv.gz", whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="damaged"):
        InteractionTable().rows([bad], settle(InteractionTable.options, LOOSE))


def events(user, item, time, rating=None):
    user, item = np.array(user, np.int32), np.array(item, np.int32)
    rating = None if rating is None else np.array(rating, np.float32)
    names = [str(i) for i in range(int(item.max()) + 1)]
    return Events(user, item, rating, np.array(time), None, None, names, {}, {}, len(user), 0)


def by_hand(user, item, time, least):
    """Return the histories by a loop over events, the first time of an item."""
    found = {}
    for _, who, what in sorted(zip(time, user, item, strict=True)):
        own = found.setdefault(who, [])
        if what not in own:
            own.append(what)
    while True:
        taken = [what for own in found.values() for what in own]
        kept = {
            who: [what for what in own if taken.count(what) >= least]
            for who, own in found.items()
            if len(own) >= least
        }
        if kept == found:
            return [found[who] for who in sorted(found)]
        found = kept


@pytest.mark.parametrize("at_once", [2_000_000, 20])
def test_histories_are_those_of_a_loop(monkeypatch, at_once):
    monkeypatch.setattr("pushforward.studio.formats.interactions.histories._EVENTS", at_once)
    rng = np.random.default_rng(0)
    user, item = rng.integers(0, 12, 150), rng.integers(0, 9, 150)
    time = rng.permutation(150)
    found = make_histories(events(user, item, time), Filters(core=3))
    rows = np.split(found.codes[found.items - 1], found.starts[1:-1])
    assert [row.tolist() for row in rows] == by_hand(*map(list, (user, item, time)), 3)
    assert (np.diff(found.time)[~np.isin(np.arange(1, len(found.time)), found.starts)] > 0).all()


def test_gaps_begin_sessions_and_ties_have_a_stated_order():
    hours = np.array([0, 1, 30, 31, 32, 90]) * 3600
    found = make_histories(events([0] * 6, [0, 1, 2, 3, 4, 5], hours), Filters(core=1, gap=24))
    assert (found.items.tolist(), found.starts.tolist()) == ([1, 2, 3, 4, 5], [0, 2, 5])
    assert not found.numbered
    tied = events([0] * 40, list(range(40))[::-1], [7] * 40)
    orders = {
        ties: make_histories(tied, Filters(core=1, ties=ties)).items.tolist()
        for ties in ("random", "file", "item")
    }
    assert orders["item"] == sorted(orders["file"]) == orders["file"][::-1]
    assert sorted(orders["random"]) == orders["item"] != orders["random"] != orders["file"]
    again = events([0, 0, 0], [1, 0, 1], [1, 2, 3], [1, 2, 3])
    assert make_histories(again, Filters(core=1, repeats=True)).items.tolist() == [2, 1, 2]
    assert make_histories(again, Filters(core=1)).rating.tolist() == [1, 2]


def test_cells_are_parsed_as_python_does():
    texts = ["12", " 7 ", "", "1.5", "-3", "1e3", "x", "0012", "9" * 19, ".", "nan", "2."]
    cells = Cells.of_texts(texts)
    value, valid = cells.integers()
    assert valid.tolist() == [t.strip().isdecimal() and len(t) < 19 for t in texts]
    assert value[valid].tolist() == [12, 7, 12]
    number, valid = cells.decimals()
    assert number[valid].tolist() == [12, 7, 1.5, -3, 1000, 12, float("9" * 19), 2]
    assert len(set(Cells.of_texts(["a", "b", "ab", "ba", "a"]).hashes().tolist())) == 4


def test_an_import_says_how_many_events_each_filter_leaves_out(tmp_path):
    lines = ["a,1,1", "a,1,2", "a,2,3", "b,1,4", "b,2,5", "c,3,6"]
    events = write(tmp_path, "events.csv", "user,item,time\n" + "\n".join(lines) + "\n")
    options = settle(InteractionTable.options, LOOSE | {"core": 2})
    notes = InteractionTable().inspect([events], options).notes
    assert notes[0] == "4 of 6 interactions kept: 2 users, 2 items."
    assert any(note.startswith("1 repeat of an item by the same user is left") for note in notes)
    assert "1 event is left out by the 2-core filter." in notes
    every = InteractionTable().inspect([events], options | {"core": 1, "repeats": True}).notes
    assert every[0].startswith("6 of 6")
    assert not any("left out" in note for note in every)


ORDERS = "customer_ref,sku,placed_at,stars,channel\n" + "".join(
    f"C{10 + i % 2},S-{i},2021-01-0{1 + i}T00:00:00Z,{'' if i == 1 else i},web\n" for i in range(5)
)
PRODUCTS = "sku,product_name,departments\n" + "".join(
    f'S-{i},"Thing {i}, 1 g",A|B\n' for i in range(5)
)


def test_an_export_of_a_shop_is_recognised_and_keeps_its_identifiers(tmp_path):
    orders, products = write(tmp_path, "o.csv", ORDERS), write(tmp_path, "p.csv", PRODUCTS)
    facts, parts = read(orders, products)
    assert facts["called"] == ["customer_ref", "sku"]
    assert facts["users"] == ["C10", "C11"]
    assert [facts["items"][i - 1] for i in parts["x"][1] if i] == ["S-1", "S-3"]
    assert named(facts, parts["x"])[1] == ["Thing 1, 1 g", "Thing 3, 1 g"]
    assert facts["categories"] == ["A|B"] * 5
    assert parts["rating"][1].tolist() == [0.0, 3.0, 0.0, 0.0], "no rating, then 3, then padding"
    sessions, _ = read(orders, gap=49)
    assert sessions["users"] == ["C10/1", "C11/1"]


def test_columns_that_are_chosen_join_two_files(tmp_path):
    orders = write(tmp_path, "o.csv", ORDERS.replace("customer_ref", "who").replace("C1", ""))
    products = write(tmp_path, "p.csv", PRODUCTS.replace("product_name", "words"))
    chosen = {"user": "who", "item": "sku", "time": "placed_at", "title": "words"}
    facts, parts = read(orders, products, **chosen)
    assert named(facts, parts["x"])[1] == ["Thing 1, 1 g", "Thing 3, 1 g"]
    offered = inspect([orders, products], "recommendation-table")
    assert {"words", "departments", "who"} <= set(offered.sources["title"])
    assert "words" not in offered.sources["user"]


def test_the_notes_account_for_each_event(tmp_path):
    path = write(tmp_path, "o.csv", ORDERS)
    options = settle(InteractionTable.options, LOOSE | {"least": 3.0})
    notes = InteractionTable().inspect([path], options).notes
    assert notes[0].startswith("2 of 5 interactions kept")
    assert "2 events are left out: below the rating threshold." in notes
    assert "1 event without a rating is left out." in notes
