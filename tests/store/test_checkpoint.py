import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pushforward.studio.store.checkpoint import Checkpoints
from pushforward.studio.store.errors import Damaged, StoreError

arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def store(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def save(store, *steps, **kwargs):
    for step in steps:
        store.save(step, {"w": np.full((4, 3), step, np.float32)}, {"step": step}, **kwargs)


@settings(max_examples=40, deadline=None)
@given(
    tensors=st.dictionaries(st.from_regex(r"[a-z.]{1,8}", fullmatch=True), arrays, max_size=4),
    plain=st.dictionaries(st.text(max_size=5), values, max_size=3),
)
def test_whatever_is_saved_comes_back_bit_for_bit(tmp_path_factory, tensors, plain):
    store = Checkpoints(tmp_path_factory.mktemp("c"))
    found = store.load(store.save(5, tensors, plain))
    assert found.step == 5
    assert found.values == plain
    assert set(found.tensors) == set(tensors)
    for name, array in tensors.items():
        assert found.tensors[name].dtype == array.dtype
        assert found.tensors[name].shape == array.shape
        assert found.tensors[name].tobytes() == array.tobytes()


def test_views_and_values_that_json_lacks(store):
    matrix = np.arange(6.0).reshape(2, 3)
    path = store.save(1, {"t": matrix.T, "s": matrix[:, ::2]}, {"a": math.inf, "b": math.nan})
    found = store.load(path)
    np.testing.assert_array_equal(found.tensors["t"], matrix.T)
    np.testing.assert_array_equal(found.tensors["s"], matrix[:, ::2])
    assert found.values["a"] == math.inf
    assert math.isnan(found.values["b"])


def test_only_the_newest_are_kept_besides_the_best_and_the_pinned(store):
    save(store, 1)
    save(store, 2, best=True)
    save(store, 3, pinned=True)
    save(store, 4, 5, 6, 7)
    assert store.steps() == [2, 3, 5, 6, 7]
    save(store, 8, best=True)
    assert store.best() == 8
    assert store.steps() == [3, 5, 6, 7, 8]
    save(store, 9, 10)
    assert store.steps() == [3, 7, 8, 9, 10]
    assert store.pinned() == [3]


def test_a_checkpoint_saved_as_best_stays_pinned(store):
    save(store, 1, pinned=True)
    save(store, 1, best=True)
    assert (store.best(), store.pinned()) == (1, [1])


def test_damaged_marks_never_prune(store):
    save(store, 1, pinned=True)
    save(store, 2, 3)
    (store.folder / "marks.json").write_bytes(b"{")
    save(store, 4, 5, 6)
    assert store.steps() == [1, 2, 3, 4, 5, 6]
    assert (store.best(), store.pinned()) == (None, [])
    save(store, 7, best=True)
    assert store.best() == 7
    assert set(store.steps()) >= {1, 2, 3, 4, 5, 6, 7}


def test_an_empty_store(store):
    assert store.steps() == []
    assert store.newest() == (None, [])
    assert store.best() is None
    with pytest.raises(StoreError, match="does not exist"):
        store.load(store.path(3))


def truncate(data):
    return data[: len(data) // 2]


def flip(data):
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


def grow(data):
    return data + b"\0" * 7


def empty(data):
    return b""


def header(data):
    return b"\xff" * 8 + data[8:]


def pickle(data):
    return b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94."


def foreign(data):
    from safetensors.numpy import save

    return save({"w": np.ones(3)})


@pytest.mark.parametrize("damage", [truncate, flip, grow, empty, header, pickle, foreign])
def test_damaged_checkpoints_are_passed_over_and_named(store, damage):
    save(store, 1, 2, 3)
    for step in (2, 3):
        path = store.path(step)
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(Damaged, match=path.name):
            store.load(path)
    checkpoint, skipped = store.newest()
    assert checkpoint is not None
    assert checkpoint.step == 1
    assert skipped == ["step-00000003.safetensors", "step-00000002.safetensors"]
    store.path(1).write_bytes(b"")
    assert store.newest()[0] is None


def test_newest_not_after_a_step(store):
    save(store, 1, 2, 3)
    checkpoint, _ = store.newest(not_after=2)
    assert checkpoint is not None
    assert checkpoint.step == 2
    assert store.newest(not_after=0) == (None, [])


def test_foreign_files_are_left_alone(store):
    save(store, 1)
    (store.folder / "step-best.safetensors").touch()
    (store.folder / "notes.txt").touch()
    save(store, 2, 3, 4)
    assert store.steps() == [2, 3, 4]
    assert (store.folder / "notes.txt").exists()


def test_keep_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="keep"):
        Checkpoints(tmp_path, keep=0)


def test_a_history_is_kept_over_the_whole_training_and_thinned(store):
    store.capacity = 8
    for step in range(0, 200, 10):
        save(store, step)
        assert store.extend_history(step)
    kept = store.history()
    assert 4 < len(kept) <= 8
    assert (kept[0], kept[-1]) == (0, 190)
    save(store, 195, 196, 197, 198)
    assert store.steps() == sorted({*kept, 196, 197, 198})
    save(store, 199, best=True)
    assert store.history() == kept
    assert store.best() == 199


def test_checkpoints_too_large_for_a_history_have_none(store):
    store.room = 1000  # a file has more than an eighth of that
    save(store, 0)
    assert not store.extend_history(0)
    save(store, 1, 2, 3, 4)
    assert store.steps() == [2, 3, 4]
    with pytest.raises(StoreError, match="does not exist"):
        store.extend_history(77)
