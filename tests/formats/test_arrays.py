"""NPY, NPZ and HDF5: what is a table, and what is refused."""

import io
import json
import pickle
import struct
import zipfile

import h5py
import msgspec
import numpy as np
import pytest

from pushforward.studio.formats import FormatError
from pushforward.studio.formats.tables import base
from tests.formats.whole import inspect, read, read_named

X = np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 3.0]], np.float32)


def h5(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, value in datasets.items():
            file[name.replace("__", "/")] = value
    return path


@pytest.mark.parametrize(
    "dtype", ["<f4", "<f8", ">f4", "<f2", ">f2", "<i8", "<u8", ">i2", "u1", "?", "g"]
)
def test_npy_of_any_real_type(tmp_path, dtype):
    np.save(tmp_path / "p.npy", X.astype(dtype))
    np.testing.assert_array_equal(read(tmp_path / "p.npy"), X.astype(dtype).astype(np.float32))
    (item,) = inspect(tmp_path / "p.npy").items
    assert (item.name, item.rows, [c.name for c in item.columns]) == ("p", 3, ["x", "y"])


@pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="there are no long doubles here")
@pytest.mark.parametrize("name", ["p.npy", "p.npz", "p.h5"])
def test_long_doubles_cross_the_wire_as_doubles(tmp_path, name):
    array = np.array([[0.1, 1], [2, 3]], "g")
    if name == "p.npy":
        np.save(tmp_path / name, array)
    elif name == "p.npz":
        np.savez(tmp_path / name, p=array)
    else:
        h5(tmp_path / name, p=array)
    found = inspect(tmp_path / name)
    assert found.items[0].preview == [[0.1, 1.0], [2.0, 3.0]]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=type(found)) == found


@pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="there are no long doubles here")
def test_long_doubles_beyond_a_double_are_named(tmp_path):
    np.save(tmp_path / "p.npy", np.array([[0, 1], [2, np.longdouble("1e400")]], "g"))
    assert "row 2 is inf" in inspect(tmp_path / "p.npy").problems[0]


def test_npy_with_a_head_that_is_too_long_is_named(tmp_path):
    head = b"{'descr':'<f4','fortran_order':False,'shape':(" + b"9" * 100_000 + b",2)}"
    path = tmp_path / "p.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(head)) + head)
    with pytest.raises(FormatError, match=r"100,0\d\d bytes; at most 65,536") as error:
        inspect(path)
    assert "truncated" not in error.value.message
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FormatError, match=r"truncated.* its head should have 100,0\d\d bytes"):
        inspect(path)


def test_npy_of_named_fields(tmp_path):
    array = np.array(
        [(1, b"a", 2.5), (3, b"b", 4.5)], dtype=[("u", "i4"), ("l", "S1"), ("v", "f8")]
    )
    np.save(tmp_path / "p.npy", array)
    x, names = read_named(tmp_path / "p.npy")
    assert names == ("u", "v")
    np.testing.assert_array_equal(x, [[1, 2.5], [3, 4.5]])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [3, 50])
def test_arrays_of_either_order(tmp_path, monkeypatch, order, rows):
    monkeypatch.setattr(base, "CHUNK", 7)
    big = np.asarray(np.random.default_rng(2).normal(size=(rows, 3)), np.float32, order=order)
    np.save(tmp_path / "p.npy", big)
    np.savez_compressed(tmp_path / "p.npz", x=big, u=big[:, 0], v=np.arange(rows))
    np.testing.assert_array_equal(read(tmp_path / "p.npy"), big)
    for _ in range(2):
        np.testing.assert_array_equal(read(tmp_path / "p.npz", "x"), big)
    columns = read(tmp_path / "p.npz", "columns")
    np.testing.assert_array_equal(columns[:, 1], np.arange(rows))


def test_npy_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "CHUNK", 7)
    big = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    big[41, 2] = np.nan
    np.save(tmp_path / "p.npy", big)
    (item,) = inspect(tmp_path / "p.npy").items
    assert [c.name for c in item.columns] == ["x1", "x2", "x3", "x4"]
    assert item.problems == [
        "Column 'x3' has 1 cell missing or not finite as 32-bit numbers: row 42 is missing or NaN."
    ]
    np.testing.assert_array_equal(read(tmp_path / "p.npy", columns=["x4", "x1"]), big[:, [3, 0]])


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros(5), "Only one column"),
        (np.zeros((5, 1)), "Only one column"),
        (np.zeros((4, 5, 2)), r"shape \(4, 5, 2\); points are \(n, d\)"),
        (np.zeros((5, 2), complex), "complex numbers"),
        (np.array([["a", "b"]] * 3), "holds text"),
        (np.zeros((0, 2)), "no rows"),
        (np.full((3, 2), np.nan), "No column holds numbers"),
        (np.zeros((2, 5000)), "5,000 columns and 2 rows.*transposed"),
        (np.array([(b"a",)], dtype=[("l", "S1")]), "no columns of numbers"),
    ],
)
def test_npy_that_will_not_do(tmp_path, array, reason):
    np.save(tmp_path / "p.npy", array)
    with pytest.raises(FormatError, match=f"p.npy.*{reason}") as error:
        read(tmp_path / "p.npy")
    assert error.value.hint


def test_nothing_is_unpickled(tmp_path):
    fired = tmp_path / "fired"

    class Bomb:
        def __reduce__(self):
            return (open, (str(fired), "w"))

    np.save(tmp_path / "p.npy", np.array([[Bomb(), 1]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "p.npz", x=np.array([[Bomb(), 1]], dtype=object))
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Bomb()))
    for name in ("p.npy", "p.npz", "bare.npy"):
        for look in (inspect, read):
            with pytest.raises(FormatError, match="Python objects"):
                look(tmp_path / name)
    assert not fired.exists()


@pytest.mark.parametrize("name", ["p.npy", "p.npz", "p.h5"])
@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
def test_truncated_files_are_named(tmp_path, name, cut):
    path = tmp_path / name
    big = np.random.default_rng(0).normal(size=(500, 2))
    {"p.npy": np.save, "p.npz": np.savez, "p.h5": lambda p, x: h5(p, x=x)}[name](path, big)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut)])
    for look in (inspect, read):
        with pytest.raises(FormatError, match=f"{name} is (truncated|damaged|cut off)") as error:
            look(path)
        assert "again" in error.value.hint


@pytest.mark.parametrize("name", ["p.npy", "p.npz", "p.h5"])
def test_files_of_another_kind_are_named(tmp_path, name):
    (tmp_path / name).write_text("u,v\n1,2\n3,4\n")
    with pytest.raises(FormatError, match=name):
        inspect(tmp_path / name)


def test_npz_lists_matrices_and_columns_of_one_length(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, a=X, b=X + 1, u=np.arange(4), v=np.ones(4), lone=np.ones(9), name=np.array("n"))
    items = inspect(path).items
    assert [(i.name, i.rows, [c.name for c in i.columns]) for i in items] == [
        ("a", 3, ["x", "y"]),
        ("b", 3, ["x", "y"]),
        ("columns of 4", 4, ["u", "v"]),
    ]
    np.testing.assert_array_equal(read(path, "b"), X + 1)
    np.testing.assert_array_equal(read(path, "columns of 4", ["v", "u"])[:, 1], np.arange(4))
    with pytest.raises(FormatError, match="several tables") as error:
        read(path)
    assert "'a', 'b', 'columns of 4'" in error.value.hint


def test_npz_with_other_files_and_text_in_it(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, x=X, label=np.array(["a", "b"]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "hello")
    np.testing.assert_array_equal(read(path), X)
    with zipfile.ZipFile(tmp_path / "q.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FormatError, match="no array of the shape"):
        read(tmp_path / "q.npz")


def test_npz_with_a_password_says_so(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, x=X)
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"p\.npz is protected by a password") as error:
        inspect(path)
    assert "Unpack it" in error.value.hint


def test_a_member_that_is_shorter_than_it_declares_is_damaged(tmp_path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 2)}
    )
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as archive:
        archive.writestr("x.npy", head.getvalue())
    (tmp_path / "p.npy").write_bytes(head.getvalue())
    for name in ("p.npz", "p.npy"):
        with pytest.raises(FormatError, match=r"needs 8,000,000 bytes, \d+ are there"):
            inspect(tmp_path / name)


@pytest.mark.parametrize("order", ["<", ">"])
def test_names_that_are_no_characters_are_replaced(tmp_path, order):
    names = np.array(["u", "vé"]).astype(f"{order}U3")
    np.savez(tmp_path / "p.npz", x=X[:, :2], columns=names)
    assert read_named(tmp_path / "p.npz")[1] == ("u", "vé")
    raw = bytearray(names.tobytes())
    raw[0:4] = b"\xff" * 4
    bad = np.frombuffer(bytes(raw), names.dtype)
    np.savez(tmp_path / "p.npz", x=X[:, :2], columns=bad)
    assert read_named(tmp_path / "p.npz")[1] == ("\ufffd", "vé")


def test_npz_of_columns_only(tmp_path):
    np.savez(tmp_path / "p.npz", u=X[:, 0], v=X[:, 1])
    np.testing.assert_array_equal(read(tmp_path / "p.npz"), X)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"u": np.ones(3)}, "Only one column"),
        ({"a": np.ones((2, 2, 2))}, r"no array of the shape \(n, d\) \(found: a \(2, 2, 2\)\)"),
        ({}, "no array of the shape"),
    ],
)
def test_npz_that_will_not_do(tmp_path, arrays, reason):
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(FormatError, match=reason):
        read(tmp_path / "p.npz")


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "p.npz", x=np.zeros((200_000, 2)))
    monkeypatch.setattr("pushforward.studio.formats.npzarrays.MAX_UNPACKED", 1_000_000)
    monkeypatch.setattr("zipfile.ZipFile.open", pytest.fail)
    with pytest.raises(FormatError, match=r"3\.2 MB once unpacked; the limit is 1\.0 MB"):
        inspect(tmp_path / "p.npz")


def test_hdf5_lists_matrices_groups_and_compounds(tmp_path):
    table = np.array(
        [(1, b"a", 2.5), (3, b"b", 4.5)], dtype=[("u", "i4"), ("l", "S1"), ("v", "f8")]
    )
    path = h5(
        tmp_path / "p.h5",
        matrix=X,
        deep__er__matrix=X + 1,
        run__u=np.arange(4.0),
        run__v=np.ones(4),
        run__lone=np.ones(9),
        records=table,
        cube=np.ones((2, 2, 2)),
        label="text",
    )
    items = inspect(path).items
    assert {i.name: [c.name for c in i.columns] for i in items} == {
        "deep/er/matrix": ["x", "y"],
        "matrix": ["x", "y"],
        "records": ["u", "v"],
        "run": ["u", "v"],
    }
    np.testing.assert_array_equal(read(path, "run")[:, 0], np.arange(4))
    np.testing.assert_array_equal(read(path, "records"), [[1, 2.5], [3, 4.5]])
    np.testing.assert_array_equal(read(path, "deep/er/matrix"), X + 1)


def test_hdf5_columns_at_the_top(tmp_path):
    path = h5(tmp_path / "p.hdf5", u=X[:, 0], v=X[:, 1])
    (item,) = inspect(path).items
    assert item.name == "/"
    np.testing.assert_array_equal(read(path), X)


@pytest.mark.parametrize(
    ("datasets", "reason"),
    [
        ({"u": np.ones(3)}, "Only one column"),
        ({"cube": np.ones((2, 2, 2))}, "no data set of the shape"),
        ({"x": np.array([[1.0, np.nan], [2.0, 3.0]])}, "'y' has 1 cell missing.*row 1"),
        ({}, "no data set of the shape"),
    ],
)
def test_hdf5_that_will_not_do(tmp_path, datasets, reason):
    with pytest.raises(FormatError, match=reason):
        read(h5(tmp_path / "p.h5", **datasets))


def test_hdf5_groups_are_followed_to_a_depth_that_is_named(tmp_path):
    deep = "__".join(["g"] * 300)
    path = h5(tmp_path / "p.h5", **{"x": X, "g__g__y": X, f"{deep}__z": X})
    (first, second) = inspect(path).items
    assert (first.name, second.name) == ("g/g/y", "x")
    for item in (first, second):
        assert item.notes[0] == "Groups more than 32 levels deep are not searched."
    with pytest.raises(FormatError, match="up to 32 levels of groups"):
        inspect(h5(tmp_path / "q.h5", **{f"{deep}__z": X}))


def test_hdf5_groups_that_are_deep_one_way_are_found_on_a_shorter_one(tmp_path):
    deep = "/".join(["g"] * 32)
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file[f"{deep}/p/x"] = X
        file["short"] = file[f"{deep}/p"]
    assert [item.name for item in inspect(tmp_path / "p.h5").items] == ["short/x"]


def test_hdf5_groups_that_hold_each_other_are_looked_into_once(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["a/b/x"] = X
        file["a/b/c"] = file["a"]
        file["again"] = file["a/b/x"]
        file["a/lost"] = h5py.SoftLink("/nowhere")
    assert [item.name for item in inspect(tmp_path / "p.h5").items] == ["a/b/x"]


def test_hdf5_too_large_is_refused_by_its_shape(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file.create_dataset("x", shape=(30_000_000, 2), dtype="f4", chunks=(1000, 2))
    with pytest.raises(FormatError, match="30,000,000 rows; the limit is 20,000,000"):
        inspect(tmp_path / "p.h5")
    with h5py.File(tmp_path / "q.h5", "w") as file:
        file.create_dataset("x", shape=(100_000, 100), dtype="f4", chunks=(1000, 100))
    monkeypatch.setattr("pushforward.studio.formats.limits.MAX_POINTS", 2**20)
    with pytest.raises(FormatError, match=r"40\.0 MB of memory"):
        read(tmp_path / "q.h5")


def test_hdf5_does_not_follow_links_out_of_the_file(tmp_path):
    h5(tmp_path / "secret.h5", x=X)
    (tmp_path / "raw").write_bytes(b"secret" * 100)
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["link"] = h5py.ExternalLink("secret.h5", "/x")
        file.create_dataset("raw", (4, 2), "f4", external=[(str(tmp_path / "raw"), 0, 32)])
    with pytest.raises(FormatError, match="raw keeps its values in another file"):
        inspect(tmp_path / "p.h5")
    with h5py.File(tmp_path / "p.h5", "a") as file:
        file["good"] = X
        file["soft"] = h5py.SoftLink("/link")
    items = {item.name: item for item in inspect(tmp_path / "p.h5").items}
    assert set(items) == {"good", "link", "raw"}
    assert "not followed" in items["link"].problems[0]
    np.testing.assert_array_equal(read(tmp_path / "p.h5", "good"), X)
    with pytest.raises(FormatError, match="link is a link to another file"):
        read(tmp_path / "p.h5", "link")


def test_a_virtual_data_set_is_refused_by_name(tmp_path):
    layout = h5py.VirtualLayout(shape=(3, 2), dtype="f4")
    layout[:] = h5py.VirtualSource("missing.h5", "x", shape=(3, 2))
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    for look in (inspect, read):
        with pytest.raises(FormatError, match=r"p\.h5: v is a virtual data set.*zeros") as error:
            look(tmp_path / "p.h5")
        assert "create_dataset" in error.value.hint


def test_columns_of_one_name_are_numbered_and_not_read_twice(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["x"] = X
        file["x"].attrs["columns"] = ["u", "u"]
    np.savez(tmp_path / "p.npz", x=X, columns=np.array(["u", "u"]))
    for name in ("p.h5", "p.npz"):
        x, names = read_named(tmp_path / name)
        assert names == ("u", "u (2)")
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(read(tmp_path / name, columns=["u (2)", "u"]), X[:, ::-1])


def test_names_that_cannot_be_written_are_replaced_and_told_apart(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file[b"\xff\xfe"], file[b"\xff\xfd"] = X[:, 0], X[:, 1]
        file["n" * 5000] = X[:, 0]
    (item,) = inspect(tmp_path / "p.h5").items
    names = [column.name for column in item.columns]
    assert len(set(names)) == 3
    assert max(map(len, names)) <= 200
    assert json.loads(json.dumps(names).encode()) == names


def test_inspections_cross_the_wire(tmp_path):
    import msgspec

    np.save(tmp_path / "p.npy", X)
    found = inspect(tmp_path / "p.npy")
    assert msgspec.convert(msgspec.to_builtins(found), type(found)) == found
    assert found.bytes == (tmp_path / "p.npy").stat().st_size
    assert json.loads(msgspec.json.encode(found))["items"][0]["preview"] == X.tolist()
