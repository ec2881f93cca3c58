"""Several files of points, one below the other."""

import numpy as np
import pytest

from pushforward.studio.formats import FormatError, files


def text(path, rows):
    path.write_text(rows)
    return path


def points(paths, **options):
    found = files.rows(paths, "points", options)
    return np.concatenate([block["x"] for block in found.blocks]), found


def test_columns_of_one_name_go_together_whatever_their_order(tmp_path):
    a = text(tmp_path / "a.csv", "u,v\n1,2\n3,4\n")
    b = text(tmp_path / "b.csv", "v,u\n6,5\n")
    (item,) = files.inspect([a, b]).items
    assert (item.rows, [c.maximum for c in item.columns]) == (3, [5.0, 6.0])
    assert item.preview == [[1, 2], [3, 4], [5, 6]]
    x, found = points([a, b])
    assert (x.tolist(), found.schema.columns) == ([[1, 2], [3, 4], [5, 6]], ["u", "v"])
    x, _ = points([b, a], columns=["u", "v"])
    assert x.tolist() == [[5, 6], [1, 2], [3, 4]]


def test_formats_may_differ(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(2))
    b = text(tmp_path / "b.csv", "x,y\n7,8\n")
    x, found = points([tmp_path / "a.npy", b])
    assert x.tolist() == [[1, 0], [0, 1], [7, 8]]
    assert found.total is None
    assert files.inspect([tmp_path / "a.npy", b]).format == "npy, csv"


def test_tables_of_one_name_go_together(tmp_path):
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    np.savez(paths[0], p=np.zeros((2, 2)), q=np.ones((3, 2)))
    np.savez(paths[1], q=np.ones((4, 2)), r=np.zeros((2, 2)))
    assert [(i.name, i.rows) for i in files.inspect(paths).items] == [("q", 7)]
    x, found = points(paths, item="q")
    assert (len(x), found.total) == (7, 7)
    np.savez(paths[1], r=np.zeros((2, 2)), s=np.zeros((2, 2)))
    with pytest.raises(FormatError, match=r"a\.npz and b\.npz have no table of the same name"):
        files.inspect(paths)


def test_the_place_of_a_bad_cell_has_its_file(tmp_path):
    a = text(tmp_path / "a.csv", "u,v\n1,2\n3,4\n")
    b = text(tmp_path / "b.csv", "u,v\n5,6\n7,oops\n")
    (item,) = files.inspect([a, b]).items
    assert "line 3 of b.csv: 'oops' is not a number" in item.problems[0]
    with pytest.raises(FormatError, match=r"line 3 of b\.csv"):
        points([a, b], columns=["u", "v"])


def test_other_columns_are_named(tmp_path):
    a = text(tmp_path / "a.csv", "u,v\n1,2\n3,4\n")
    b = text(tmp_path / "b.csv", "u,w\n5,6\n")
    (item,) = files.inspect([a, b]).items
    assert "b.csv has other columns than a.csv: only one of them has 'v', 'w'" in item.problems[0]
    with pytest.raises(FormatError, match="other columns"):
        points([a, b])
