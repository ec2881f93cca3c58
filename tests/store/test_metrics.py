import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushforward.studio.store.events import EventLog
from pushforward.studio.store.metrics import MetricsLog

curves = st.dictionaries(
    st.sampled_from(["loss", "grad_norm", "quality/sliced-w2"]),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    max_size=3,
)


@pytest.fixture
def log(tmp_path):
    return MetricsLog(tmp_path / "metrics.jsonl")


def fill(log, last):
    for step in range(1, last + 1):
        log.append({"loss": ([step], [step / 2])})


def test_an_empty_log_has_no_curves(log):
    assert log.read() == ({}, {})
    assert log.read_new(0) == ({}, {}, 0)
    log.truncate_after(3)
    log.sync()
    assert not log.path.exists()


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(curves, max_size=6))
def test_whatever_is_appended_comes_back(tmp_path_factory, batches):
    log = MetricsLog(tmp_path_factory.mktemp("m") / "metrics.jsonl")
    wanted: dict[str, tuple[list[int], list[float]]] = {}
    for batch in batches:
        columns = {}
        for name, values in batch.items():
            steps, old = wanted.setdefault(name, ([], []))
            fresh = list(range(len(steps) + 1, len(steps) + 1 + len(values)))
            columns[name] = (fresh, values)
            steps.extend(fresh)
            old.extend(values)
        log.append(columns)
    assert log.read()[0] == wanted


def test_values_that_are_not_finite_come_back_as_nan(log):
    log.append({"loss": ([1, 2, 3], [math.nan, math.inf, -math.inf])})
    assert all(math.isnan(v) for v in log.read()[0]["loss"][1])


def test_columns_of_unequal_length_are_refused(log):
    with pytest.raises(ValueError, match="loss: 2 steps but 1 values"):
        log.append({"loss": ([1, 2], [0.5])})
    assert not log.path.exists()


def test_a_torn_last_line_is_ignored_and_closed_by_the_next_writer(log):
    fill(log, 2)
    whole = log.path.stat().st_size
    with open(log.path, "ab") as file:
        file.write(b'{"columns":{"loss":[[3],[1')
    assert log.read()[0]["loss"][0] == [1, 2]
    assert log.read_new(0)[2] == whole
    MetricsLog(log.path).append({"loss": ([4], [2.0])})
    assert log.read()[0] == {"loss": ([1, 2, 4], [0.5, 1.0, 2.0])}


@pytest.mark.parametrize("rubbish", [b"\n", b"\0\0\0\n", b"[1]\n", b'{"columns":{"a":3}}\n'])
def test_a_damaged_line_in_the_middle_costs_only_itself(log, rubbish):
    fill(log, 1)
    with open(log.path, "ab") as file:
        file.write(rubbish)
    log.append({"loss": ([2], [1.0])})
    assert log.read()[0]["loss"][0] == [1, 2]


def test_tailing_gives_each_row_once(log):
    fill(log, 2)
    columns, _, offset = log.read_new(0)
    assert columns["loss"][0] == [1, 2]
    assert log.read_new(offset) == ({}, {}, offset)
    log.append({"loss": ([3], [9.0])}, {"sliced-w2": 0.1})
    columns, floors, offset = log.read_new(offset)
    assert columns == {"loss": ([3], [9.0])}
    assert floors == {"sliced-w2": 0.1}
    assert offset == os.path.getsize(log.path)


def test_tailing_starts_again_when_the_file_was_cut(log):
    fill(log, 5)
    offset = log.read_new(0)[2]
    log.truncate_after(2)
    assert log.read_new(offset)[0]["loss"][0] == [1, 2]


def test_cutting_splits_a_line_and_keeps_floors(log):
    log.append({"loss": ([1, 2, 3], [1.0, 2.0, 3.0]), "late": ([3], [7.0])}, {"w2": 0.5})
    log.append({"loss": ([4], [4.0])}, {"mmd": 0.25})
    log.append({"loss": ([5], [5.0])})
    log.truncate_after(2)
    assert log.read() == ({"loss": ([1, 2], [1.0, 2.0])}, {"w2": 0.5, "mmd": 0.25})
    log.append({"loss": ([3], [9.0])})
    assert log.read()[0]["loss"] == ([1, 2, 3], [1.0, 2.0, 9.0])


def test_a_step_that_comes_again_replaces_what_followed(log):
    fill(log, 4)
    log.append({"loss": ([3], [9.0])})
    assert log.read()[0]["loss"] == ([1, 2, 3], [0.5, 1.0, 9.0])


def test_events_keep_their_order_and_pass_over_damage(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    assert log.read() == []
    first = log.append("started")
    with open(log.path, "ab") as file:
        file.write(b"{torn")
    second = log.append("edited", 5, path="lr", value=0.1)
    assert log.read() == [first, second]
    assert second.data == {"path": "lr", "value": 0.1}
