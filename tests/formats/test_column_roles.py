"""Columns of a table as label, condition, weight or coordinates."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import discover
from pushforward.studio.formats.tables.importer import Points

FLOWERS = """length,width,species,age,weight
5.1,3.5,setosa,1,1
7.0,3.2,versicolor,2,0.5
6.3,3.3,"virginica",3,0
4.9,3.0,setosa,4,1
"""


def read(path: Path | list[Path], **options: Any) -> tuple[Any, dict[str, np.ndarray]]:
    discover()
    paths = path if isinstance(path, list) else [path]
    found = Points().rows(paths, settle(Points.options, options))
    blocks = list(found.blocks)
    return found.schema, {
        name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]
    }


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    path = tmp_path / "flowers.csv"
    path.write_text(FLOWERS)
    return path


def test_a_text_column_is_the_class(flowers):
    schema, block = read(flowers, columns=["length", "width"], label="species")
    assert schema.classes == ["setosa", "versicolor", "virginica"]
    assert block["label"].tolist() == [0, 1, 2, 0]
    assert schema.columns == ["length", "width"]
    np.testing.assert_allclose(block["x"][1], [7.0, 3.2], rtol=1e-6)
    assert schema.facts["label"] == "species"


def test_without_columns_the_others_are_coordinates(flowers):
    schema, block = read(flowers, label="species", conditions=["age"], weight="weight")
    assert schema.columns == ["length", "width"]
    assert schema.facts["condition"] == ["age"]
    assert block["condition"].shape == (len(block["x"]), 1)


def test_numbers_are_classes_in_the_order_of_their_values(tmp_path):
    path = tmp_path / "a.npz"
    x = np.arange(12.0).reshape(4, 3)
    x[:, 2] = [10, 9, 10, 2]
    np.savez(path, x=x)
    schema, block = read(path, columns=["x", "y"], label="z")
    assert schema.classes == ["2", "9", "10"]
    assert block["label"].tolist() == [2, 1, 2, 0]


def test_rows_are_kept_in_proportion_to_their_weight(tmp_path):
    path = tmp_path / "w.csv"
    rng = np.random.default_rng(1)
    heavy = rng.random(8000) < 0.5
    weights = np.where(heavy, 2.0, 0.5)
    lines = [f"{int(h)},{k},{w}" for k, (h, w) in enumerate(zip(heavy, weights, strict=True))]
    path.write_text("\n".join(["a,b,w", *lines]))
    _, block = read(path, columns=["a", "b"], weight="w")
    share = block["x"][:, 0].mean()
    assert share == pytest.approx(0.8, abs=0.03), "2 : 0.5 of equally many"
    assert len(np.unique(block["x"][:, 1])) == len(block["x"]), "no row is there twice"
    kept = block["x"][block["x"][:, 0] == 1]
    assert len(kept) == heavy.sum(), "the heaviest rows are all kept"
    again = read(path, columns=["a", "b"], weight="w")[1]
    np.testing.assert_array_equal(again["x"], block["x"])


def test_several_files_share_their_classes(flowers, tmp_path):
    other = tmp_path / "more.csv"
    other.write_text("species,width,length,age,weight\nrosa,1,2,3,1\nsetosa,2,3,4,1\n")
    schema, block = read([flowers, other], columns=["length", "width"], label="species")
    assert schema.classes == ["rosa", "setosa", "versicolor", "virginica"]
    assert block["label"].tolist() == [1, 2, 3, 1, 0, 1]
    assert block["x"][4].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": ["length", "width"], "label": "width"}, "two uses"),
        ({"label": "species", "conditions": ["species"]}, "two uses"),
        ({"label": "colour"}, "no column 'colour'"),
        ({"columns": ["length"], "label": "species"}, "Only one column"),
        ({"columns": ["length", "width"], "conditions": ["species"]}, "holds text"),
        ({"columns": ["length", "width"], "weight": "species"}, "weight 'species'"),
    ],
)
def test_what_cannot_be_is_refused(flowers, options, said):
    with pytest.raises(FormatError, match=said):
        read(flowers, **options)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("a,b,c\n1,2,x\n3,4,\n", {"label": "c"}, "line 3: the label 'c' is empty"),
        ("a,b,c\n1,2,x\n3,4,x\n", {"label": "c"}, "only one class"),
        ("a,b,c\n1,2,-1\n3,4,1\n", {"columns": ["a", "b"], "weight": "c"}, "negative"),
        ("a,b,c\n1,2,0\n3,4,0\n", {"columns": ["a", "b"], "weight": "c"}, "are 0"),
        (
            "a,b,c\n" + "".join(f"1,2,t{k}\n" for k in range(1001)),
            {"label": "c"},
            "more than 1,000 classes",
        ),
    ],
)
def test_labels_and_weights_that_make_no_sense_say_where(tmp_path, text, options, said):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=said):
        read(path, **options)
