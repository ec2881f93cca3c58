import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.flow import FlowStore, halve


@pytest.fixture
def store(tmp_path):
    return FlowStore(tmp_path, capacity=4)


def keep(store, *steps):
    for step in steps:
        layers = {
            "critic": np.full((1, 3, 3), step, np.float32),
            "next-move": np.full((2, 3, 3, 2), step, np.float32),
        }
        x = np.full((2, 5, 2), step, np.float32)
        store.keep(FlowRecord.from_arrays(step, np.float32([0, 1]), x, layers, (-1, 1, -2, 2)))


def test_a_record_comes_back(store):
    keep(store, 7)
    record = store.load(7)
    assert record.step == 7
    np.testing.assert_array_equal(record.t, [0, 1])
    np.testing.assert_array_equal(record.x, np.full((2, 5, 2), 7))
    assert record.bounds == (-1, 1, -2, 2)
    assert {n: v.shape for n, v in record.layers.items()} == {
        "critic": (1, 3, 3),
        "next-move": (2, 3, 3, 2),
    }
    assert record.x.dtype == record.layers["critic"].dtype == np.float32


def test_a_record_without_layers(store):
    store.keep(FlowRecord.from_arrays(0, np.ones(1), np.zeros((1, 3, 7))))
    record = store.load(0)
    assert (record.layers, record.bounds) == ({}, ())


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True).map(sorted))
def test_halving_keeps_first_and_last(steps):
    kept = halve(steps)
    assert (kept[0], kept[-1]) == (steps[0], steps[-1])
    assert kept == [s for s in steps if s in set(kept)]
    assert len(kept) == (len(steps) // 2) + 1


def test_a_full_store_is_thinned_and_still_spans_the_run(store):
    keep(store, 1, 2, 4, 8)
    assert store.steps() == [1, 2, 4, 8]
    keep(store, 16)
    assert store.steps() == [1, 4, 16]
    for step in range(17, 50):
        keep(store, step)
        assert len(store.steps()) <= 4
        assert (store.steps()[0], store.steps()[-1]) == (1, step)


def test_the_whole_history_opens_as_one_file(store):
    keep(store, 1, 2, 4, 8, 16)
    with h5py.File(store.index) as file:
        assert sorted(file) == ["step-00000001", "step-00000004", "step-00000016"]
        assert file.attrs["steps"].tolist() == [1, 4, 16]
        for step in (1, 4, 16):
            group = file[f"step-{step:08d}"]
            np.testing.assert_array_equal(group["x"][()], np.full((2, 5, 2), step))
            assert group["layers/critic"].shape == (1, 3, 3)


def test_the_index_may_wait_for_the_next_sync_and_never_names_what_is_gone(store):
    def listed():
        with h5py.File(store.index) as file:
            assert all(f"step-{step:08d}" in file for step in file.attrs["steps"])
            return file.attrs["steps"].tolist()

    def later(*steps):
        for step in steps:
            store.keep(FlowRecord.from_arrays(step, np.ones(1), np.zeros((1, 3, 2))), listed=False)

    keep(store, 1, 2)
    later(4)
    assert (store.steps(), listed()) == ([1, 2, 4], [1, 2])
    store.sync()
    assert listed() == [1, 2, 4]
    before = store.index.stat().st_ino
    store.sync()
    assert store.index.stat().st_ino == before, "there is nothing to write"
    later(8)
    assert listed() == [1, 2, 4]
    later(16)
    assert store.steps() == listed() == [1, 4, 16], "two are gone"
    later(17)
    assert FlowStore(store.run).recover() == []
    assert listed() == [1, 4, 16, 17]


def test_the_history_moves_with_its_folder(store, tmp_path):
    keep(store, 1, 2)
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    with h5py.File(moved / "flow.h5") as file:
        assert file["step-00000002/x"].shape == (2, 5, 2)
    moved.rename(tmp_path)


@pytest.mark.parametrize("damage", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: d[512:]])
def test_damaged_records_are_reported_and_set_aside(store, damage):
    keep(store, 1, 2, 3)
    path = store.path(2)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Damaged, match=path.name):
        store.load(2)
    record, skipped = store.nearest(2)
    assert record is not None
    assert record.step in (1, 3)
    assert skipped == [path.name]
    assert store.recover() == [path.name]
    assert store.steps() == [1, 3]
    assert path.with_suffix(".h5.damaged").exists()
    with h5py.File(store.index) as file:
        assert file.attrs["steps"].tolist() == [1, 3]


def test_a_flipped_bit_is_found(store):
    keep(store, 5)
    path = store.path(5)
    data = path.read_bytes()
    where = data.index(np.full(20, 5, np.float32).tobytes()[:40])
    path.write_bytes(data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :])
    with pytest.raises(Damaged, match=path.name):
        store.load(5)


def test_a_file_of_another_kind_is_damage(store):
    keep(store, 1)
    with h5py.File(store.path(2), "w") as file:
        file["x"] = np.ones(3)
    with pytest.raises(Damaged):
        store.load(2)


def test_nearest_of_an_empty_store(store):
    assert store.nearest(5) == (None, [])
    with pytest.raises(StoreError, match="does not exist"):
        store.load(5)


def test_going_on_from_an_earlier_step(store):
    keep(store, 1, 2, 3)
    store.truncate_after(2)
    assert store.steps() == [1, 2]
    with h5py.File(store.index) as file:
        assert file.attrs["steps"].tolist() == [1, 2]
    store.truncate_after(9)
    assert store.steps() == [1, 2]


@pytest.mark.parametrize(
    ("t", "x", "layers", "bounds"),
    [
        ([0.0], np.zeros((2, 3, 2)), {}, ()),
        ([0.0], np.zeros((3, 2)), {}, ()),
        ([0.0], np.zeros((1, 0, 2)), {}, ()),
        ([0.0], np.zeros((1, 3, 2)), {"a": np.zeros((1, 2, 2))}, ()),
        ([0.0], np.zeros((1, 3, 2)), {"a": np.zeros((2, 2, 2))}, (0, 1, 0, 1)),
        ([0.0], np.zeros((1, 3, 2)), {"a": np.zeros((2, 2))}, (0, 1, 0, 1)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(store, t, x, layers, bounds):
    with pytest.raises(ValueError, match="got"):
        store.keep(FlowRecord.from_arrays(1, np.asarray(t), x, layers, bounds))
    assert store.steps() == []


def test_whole_numbers_come_back_as_they_were(store):
    """In 16 bits 2049 would be 2048, and 69413 infinite."""
    x = np.array([2049, 69413, 2**40, -1] * 3).reshape(1, 3, 4)
    store.keep(FlowRecord.from_arrays(1, np.ones(1, np.float32), x))
    found = store.load(1).x
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, x)


def test_floats_of_any_shape_are_whole_unless_their_kind_says_that_half_is_enough(store):
    x = np.full((1, 3, 2, 40, 40), 1 / 3, np.float32)
    record = FlowRecord.from_arrays(1, np.ones(1, np.float32), x)
    store.keep(record)
    np.testing.assert_array_equal(store.load(1).x, x)
    size = store.path(1).stat().st_size
    store.keep(record, {"x": "float16", "extra:of another model": "float16"})
    found = store.load(1).x
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, x.astype(np.float16).astype(np.float32))
    assert store.path(1).stat().st_size < size
    for wrong in (record.holding(x=np.ones((1, 3, 2), int)), record):
        with pytest.raises(ValueError, match="cannot be kept"):
            store.keep(wrong, {"x": "int8" if wrong is record else "float16"})


def test_what_is_padded_and_given_is_kept_once(store):
    told = {"mask": np.eye(3, 4, dtype=bool), "given:label": np.array([2**40, 0, 7])}
    store.keep(
        FlowRecord.from_arrays(1, np.float32([0, 1]), np.ones((2, 3, 4, 2), np.float32), **told)
    )
    record = store.load(1)
    assert record.mask.dtype == bool
    np.testing.assert_array_equal(record.mask, told["mask"])
    np.testing.assert_array_equal(record.conditions["label"], told["given:label"])
    assert (record.layers, record.extras) == ({}, {})
    with pytest.raises(ValueError, match="3 particles"):
        store.keep(record.holding(mask=np.ones((2, 4), bool)))


def test_a_group_where_values_should_be_is_damage(store):
    keep(store, 1)
    with h5py.File(store.path(1), "r+") as file:
        file["layers"].create_group("more")
    with pytest.raises(Damaged, match="group"):
        store.load(1)


def test_capacity_leaves_room_for_first_middle_and_last(tmp_path):
    with pytest.raises(ValueError, match="capacity"):
        FlowStore(tmp_path, capacity=2)


def test_records_stay_within_their_room_and_both_ends_stay(tmp_path):
    store = FlowStore(tmp_path)
    keep(store, 0)
    each = store.path(0).stat().st_size
    store.room = 5 * each
    for step in range(10, 310, 10):
        keep(store, step)
        kept = store.steps()
        assert sum(store.path(s).stat().st_size for s in kept) <= store.room
        assert (kept[0], kept[-1]) == (0, step)
    store.room = 1
    keep(store, 400)
    assert store.steps() == [0, 400]  # less there cannot be
