"""CSV and its relatives: every layout that people have, and every reason for a refusal."""

import os
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushforward.studio.formats import FormatError, limits, write_points
from pushforward.studio.store.errors import StoreError
from tests.formats.whole import inspect, read, read_named

WANTED = [[1.0, 2.5], [-3.0, 4e2], [0.0, 6.0]]


@pytest.fixture
def write(tmp_path):
    def write(content, name="points.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("u,v\n1,2.5\n-3,4e2\n0,6\n", ("u", "v")),
        ("u,v\r\n1,2.5\r\n-3,4e2\r\n0,6", ("u", "v")),
        ("1,2.5\n-3,4e2\n0,6\n", ("x", "y")),
        ("u;v\n1;2.5\n-3;4e2\n0;6\n", ("u", "v")),
        ("u;v\n1;2,5\n-3;4e2\n0;6,0\n", ("u", "v")),
        ("1;2,5\n-3;4e2\n0;6\n", ("x", "y")),
        ("u\tv\n1\t2,5\n-3\t4e2\n0\t6\n", ("u", "v")),
        ("u|v\n1|2.5\n-3|4e2\n0|6\n", ("u", "v")),
        ("u v\n1   2.5\n -3 4e2 \n0 6\n", ("u", "v")),
        ("1 2,5\n-3 4e2\n0 6\n", ("x", "y")),
        ("# made by hand\n# u v\n1 2.5\n-3 4e2\n0 6\n", ("u", "v")),
        ("# made by hand\n\n1, 2.5\n\n-3, 4e2\n# half\n0, 6\n\n", ("x", "y")),
        ('"u","v"\n"1","2.5"\n"-3","4e2"\n"0","6"\n', ("u", "v")),
        ('"a, b",v\n1,2.5\n-3,4e2\n0,6\n', ("a, b", "v")),
        ('"two\nlines",v\n1,2.5\n-3,4e2\n0,6\n', ("two\nlines", "v")),
        ("u,u\n1,2.5\n-3,4e2\n0,6\n", ("u", "u (2)")),
        (",v\n1,2.5\n-3,4e2\n0,6\n", ("column 1", "v")),
        ("u,v,\n1,2.5,\n-3,4e2,\n0,6,\n", ("u", "v")),
        ("name,u,v\nann,1,2.5\nbob,-3,4e2\ncy,0,6\n", ("u", "v")),
        ("\ufeffu,v\n1,2.5\n-3,4e2\n0,6\n", ("u", "v")),
        ("\ufeffu,v\n1,2.5\n-3,4e2\n0,6\n".encode("utf-16-le"), ("u", "v")),
        ("µ,v\n1,2.5\n-3,4e2\n0,6\n".encode("latin-1"), ("µ", "v")),
    ],
)
def test_layouts(write, content, names):
    path = write(content)
    x, found = read_named(path)
    np.testing.assert_array_equal(x, np.float32(WANTED))
    assert x.dtype == np.float32
    assert found == names
    assert inspect(path).problems == []


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ("u,v\n1,2\n3,\n5,6\n", ["points.csv", "'v' has 1 cell missing", "line 3"]),
        ("u,v\n1,2\n# note\n3,NaN\nNA,?\n", ["'u' has 1 cell", "'v' has 2 cells", "line 4"]),
        ("u,v\n1,2\n3,inf\n", ["'v' has 1 cell", "not finite", "line 3 is inf"]),
        ("u,v\n1,2\n3,1e300\n", ["'v' has 1 cell", "line 3 is 1e+300"]),
        ("u\n1\n2\n", ["Only one column of numbers ('u')", "at least two"]),
        ("u,l\n1,a\n2,b\n", ["Only one column of numbers ('u')"]),
        ("a,b\nx,y\nz,w\n", ["No column holds numbers"]),
        ("u,v\n1,2\n3,abc\n4,5\n", ["'v' holds text (1 cell)", "line 3", "'abc'"]),
        ("u;v\n1,5;2\n3.5;4\n", ["'u' holds text (1 cell)", "is not a number"]),
        ("u,v\n1,1_000\n2,3\n4,5\n", ["'v' holds text", "'1_000'"]),
        ("u,v\n", ["There are no rows"]),
        ("u,v\n1,2\n", ["only one row"]),
    ],
)
def test_what_is_wrong_is_listed_and_refused(write, content, reasons):
    path = write(content)
    problems = " ".join(inspect(path).problems)
    with pytest.raises(FormatError) as error:
        read(path)
    for reason in reasons:
        assert reason in f"points.csv {problems}"
        assert reason in error.value.message
    assert error.value.hint
    assert error.value.kind == "data"


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ("", ["points.csv is empty"]),
        ("\n\n# nothing\n", ["points.csv has no rows"]),
        ("u,v\n1,2\n3,4,5\n", ["line 3 has 3 values", "has 2"]),
        ("u,v\n1,2\n3\n4,5\n", ["line 3 has 1 value,", "has 2"]),
        ('u,v\n1,2\n3,"4\n5,6\n', ["line 4", "unexpected end"]),
        (b"\x89PNG\r\n\0\0\0", ["not a text file"]),
        (b"u,v\n" + b"1,2\n" * 20_000 + "3,µ\n".encode("latin-1"), ["not utf-8 text", "line"]),
        ("u,v\n1,2\n" + "9" * 2_000_000, ["line 3", "more than"]),
        (",".join("abcd" * 600) + "\n" + ",".join("1" * 2400) + "\n", ["2,400 columns", "limit"]),
    ],
)
def test_files_that_are_refused_at_once(write, content, reasons):
    path = write(content)
    for look in (inspect, read):
        with pytest.raises(FormatError) as error:
            look(path)
        for reason in reasons:
            assert reason in error.value.message
        assert error.value.hint


def test_lines_are_counted_as_an_editor_counts_them(write):
    path = write('u,v,w\n# one\n1,2,"two\nlines"\n\n3,oops,x\n4,5,y\n')
    with pytest.raises(FormatError, match="line 6: 'oops'"):
        read(path)


def test_a_damaged_cell_far_down_is_found(write, monkeypatch):
    rows = [f"{i},{i}\n" for i in range(2500)]
    rows[2000] = "1,x\n"
    path = write("u,v\n" + "".join(rows))
    for chunk in (100, 50_000):
        monkeypatch.setattr("pushforward.studio.formats.tables.csv.CHUNK", chunk)
        with pytest.raises(FormatError, match="line 2002: 'x'"):
            read(path)


def test_statistics_do_not_depend_on_the_chunks(write, monkeypatch):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(999, 2)) * [1, 1e-3] + [0, 1e6]).astype(np.float32)
    x[7, 0] = np.nan
    path = write("")
    write_points(path, x, ["u", "v"])
    monkeypatch.setattr("pushforward.studio.formats.tables.csv.CHUNK", 100)
    (item,) = inspect(path).items
    assert item.rows == 999
    for column, values in zip(item.columns, x.T.astype(np.float64), strict=True):
        good = values[np.isfinite(values)]
        assert (column.count, column.nan) == (len(good), len(values) - len(good))
        np.testing.assert_allclose(column.mean, good.mean(), rtol=1e-6)
        np.testing.assert_allclose(column.std, good.std(), rtol=1e-6)
        assert (column.minimum, column.maximum) == pytest.approx((good.min(), good.max()))


def test_preview_shows_numbers_and_text_as_they_are(write):
    (item,) = inspect(write("u,l,v\n1,a,2\n" + "3,b,nan\n" * 200)).items
    assert item.preview[:2] == [[1.0, "a", 2.0], [3.0, "b", "nan"]]
    assert len(item.preview) == 100
    assert item.notes[0] == "Column 'l' is text and is left out."
    assert [c.kind for c in item.columns] == ["number", "text", "number"]


def test_columns_are_chosen_by_name_and_order(write):
    path = write("a,b,c,l\n1,2,3,x\n4,5,,y\n7,8,9,z\n")
    np.testing.assert_array_equal(read(path, columns=["b", "a"]), [[2, 1], [5, 4], [8, 7]])
    with pytest.raises(FormatError, match="no column 'd'") as error:
        read(path, columns=["a", "d"])
    assert "'a', 'b', 'c', 'l'" in error.value.hint
    assert error.value.kind == "user"
    with pytest.raises(FormatError, match="Column 'l' holds text"):
        read(path, columns=["a", "l"])
    with pytest.raises(FormatError, match="Column 'c' has 1 cell"):
        read(path, columns=["a", "c"])
    with pytest.raises(FormatError, match="Only one column"):
        read(path, columns=["a"])
    with pytest.raises(FormatError, match="Duplicate"):
        read(path, columns=["a", "a"])
    with pytest.raises(FormatError, match="no table 'sheet'"):
        read(path, item="sheet")


def test_a_column_of_numbers_that_are_too_large_is_not_called_empty(write):
    (item,) = inspect(write("x,y\n12345e300,1\n9e300,2\n")).items
    assert item.notes[0] == (
        "Column 'x' has no finite 32-bit number (line 2 is 1.2345e+304) and is left out."
    )


def test_ten_gigabytes_are_refused_before_reading(tmp_path, monkeypatch):
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.truncate(10 * 10**9)  # sparse: takes no space
    monkeypatch.setattr("pushforward.studio.formats.tables.csv.guess", pytest.fail)
    for look in (inspect, read):
        with pytest.raises(FormatError, match=r"10\.0 GB; the limit is 2\.1 GB") as error:
            look(path)
        assert "subset" in error.value.hint


def test_too_many_rows_are_refused_while_counting(write, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 1000)
    monkeypatch.setattr("pushforward.studio.formats.tables.csv.CHUNK", 100)
    path = write("1,2\n" * 5000)
    for look in (inspect, read):
        with pytest.raises(FormatError, match="1,100 rows; the limit is 1,000"):
            look(path)


def test_other_files_are_refused_by_name(write, tmp_path):
    with pytest.raises(FormatError, match=r"'\.xlsx', which cannot be read") as error:
        inspect(write("", "points.xlsx"))
    assert ".csv" in error.value.hint
    assert error.value.kind == "user"
    with pytest.raises(FormatError, match="No importer takes points") as error:
        inspect(write("1,2\n3,4\n", "points"))
    assert "Add one of the suffixes" in error.value.hint
    with pytest.raises(StoreError, match="does not exist"):
        inspect(tmp_path / "nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FormatError, match=r"Nothing in the folder folder\.csv"):
        inspect(tmp_path / "folder.csv")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('u,v\n"1,5","2,5"\n3,4\n', "'1,5' is not a number (a decimal comma?"),
        ('u,v\n"1,234.5",2\n3,4\n', "'1,234.5' is not a number (a thousands separator?"),
        ("u;v\n1.234,5;2\n3,5;4\n", "'1.234,5' is not a number (a thousands separator?"),
        ("u;v\n1 234;2\n3;4\n", "'1 234' is not a number (a thousands separator?"),
        ("u,v\n1,abc\n3,4\n", "'abc' is not a number."),
    ],
)
def test_numbers_written_otherwise_are_named(write, content, reason):
    assert reason in " ".join(inspect(write(content)).problems)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<!DOCTYPE html>\n<html><body>1,2</body></html>\n", "web page (HTML)"),
        ("\ufeff\n <HTML lang=de>\n1,2\n3,4\n", "web page (HTML)"),
        ("<?xml version='1.0'?>\n<a/>\n", "XML document"),
    ],
)
def test_a_saved_web_page_is_named(write, content, kind):
    with pytest.raises(FormatError) as error:
        inspect(write(content))
    assert f"points.csv is a {kind}, not a table" in error.value.message
    assert "Download" in error.value.hint


def test_a_first_line_of_more_than_64_kib_is_read(write):
    names = [f"a quite descriptive name of the measured column number {k}" for k in range(1500)]
    lines = [",".join(names), *[",".join(["1", "2.5", "3"] * 500)] * 3]
    assert len(lines[0]) > 2**16
    x, found = read_named(write("\n".join(lines)))
    assert x.shape == (3, 1500)
    assert found == tuple(names)


@pytest.mark.parametrize(
    ("content", "proof"),
    [
        ("x\ty\n1,234\t2,345\n1,5\t2\n", "'1,5' (line 3) is 1.5"),
        ("x;y\n1,234;0,345\n1;2\n", "'0,345' (line 2) is 0.345"),
        ("x;y\n1,234;2\n1234,567;2\n", "'1234,567' (line 3) is 1234.567"),
    ],
)
def test_a_decimal_comma_is_said(write, content, proof):
    (item,) = inspect(write(content)).items
    assert item.problems == []
    assert item.notes[0] == f"The comma is taken as the decimal sign: {proof}."


@pytest.mark.parametrize("content", ["x\ty\n1,234\t2\n999\t3\n", "x;y\n-1,500;2\n12,345;3\n"])
def test_a_comma_that_may_be_a_thousands_sign_is_not_guessed_at(write, content):
    path = write(content)
    (problem,) = inspect(path).problems
    assert "'x'" in problem
    assert "line 2" in problem
    assert "Use a point" in problem
    assert "1.234 or 1234" in problem or "-1.500 or -1500" in problem
    with pytest.raises(FormatError, match="is ambiguous"):
        read(path)
    with pytest.raises(FormatError, match="is ambiguous"):
        read(path, columns=["x", "y"])


def test_columns_without_a_comma_are_taken_from_a_file_with_doubtful_ones(write):
    path = write("u;v;w\n1,234;2;3\n1,235;4;5\n")
    np.testing.assert_array_equal(read(path, columns=["v", "w"]), [[2, 3], [4, 5]])


def test_many_columns_of_a_kind_make_one_note(write):
    few = inspect(write("u,v,w\n1,2,a\n1,2,b\n")).items[0].notes
    assert few == [
        "Column 'w' is text and is left out.",
        "Column 'u' is always 1.",
        "Column 'v' is always 2.",
    ]
    names = ",".join(f"c{k}" for k in range(1500))
    row = ",".join(["1"] * 1000 + ["a"] * 500)
    many = inspect(write(f"{names}\n{row}\n{row}\n")).items[0].notes
    assert many == [
        "500 columns are text and are left out: 'c1000', 'c1001', 'c1002', ...",
        "1,000 columns are constant: 'c0', 'c1', 'c2', ...",
    ]


def test_a_name_that_is_not_utf_8_is_named(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    for look in (inspect, read):
        with pytest.raises(StoreError, match="name that is not valid UTF-8") as error:
            look(path)
        assert "Rename" in error.value.hint
        str(error.value).encode()
    with pytest.raises(StoreError, match="name that is not valid UTF-8"):
        inspect(tmp_path / "caf\ufffd.csv")


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|", " "]),
    comma=st.booleans(),
)
def test_any_numbers_in_any_layout_come_back(tmp_path_factory, rows, delimiter, comma):
    lines = ["a" + delimiter + "b"]
    if comma:
        rows = [(0.5, 0.5), *rows]  # else commas before three digits might be thousands signs
    for row in rows:
        cells = [f"{v:.9g}" for v in row]
        if comma and delimiter != ",":
            cells = [c.replace(".", ",") for c in cells]
        lines.append(delimiter.join(cells))
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text("\n".join(lines))
    x, names = read_named(path)
    assert names == ("a", "b")
    np.testing.assert_array_equal(x, np.float32(rows))


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_rubbish_never_breaks_anything(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_bytes(content)
    for look in (inspect, read):
        with suppress(FormatError):
            look(path)
