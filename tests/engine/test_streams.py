"""The two threads at the process line, over real pipes."""

import os
import threading
import time

import numpy as np
import pytest

from pushforward.studio.engine.process.streams import Inbox, Outbox, Reader
from pushforward.studio.protocol.messages import (
    Credit,
    ErrorInfo,
    Event,
    Failed,
    GetCatalog,
    JobInfo,
    Log,
    Ping,
    Pong,
    Progress,
    Record,
    Reply,
    Snapshot,
)
from pushforward.studio.protocol.wire import Decoder, encode, pack_arrays, unpack_arrays


class Far:
    """The other side: reads what the outbox wrote."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.decoder = Decoder(Event)
        self.messages = []

    def take(self, n):
        while len(self.messages) < n:
            data = os.read(self.descriptor, 1 << 16)
            assert data, f"the stream ended after {self.messages}"
            self.messages += self.decoder.feed(data)
        taken, self.messages = self.messages[:n], self.messages[n:]
        return taken


@pytest.fixture
def ends():
    read, write = os.pipe()
    inbox = Inbox()
    with os.fdopen(write, "wb", buffering=0) as stream:
        outbox = Outbox(stream, inbox)
        yield inbox, outbox, Far(read)
        outbox.close()
    os.close(read)


def record(step, job="a"):
    arrays, payload = pack_arrays({"x": np.full((3, 2), step, np.float32)})
    return Record(job=job, step=step, bounds=[], arrays=arrays), payload


def progress(step, job="a"):
    return Progress(job=job, step=step, total=9, steps_per_second=1, seconds_left=None, memory=1)


def test_events_keep_their_order_and_progress_is_coalesced(ends):
    _, outbox, far = ends
    outbox.send(Snapshot(jobs=[]))
    for step in (1, 2):
        outbox.send(progress(step))
    outbox.send(Log(level="info", text="between"))
    outbox.send(progress(3))
    outbox.send(progress(4, job="b"))
    outbox.start()
    got = [message for message, _ in far.take(5)]
    assert [type(message).__name__ for message in got] == [
        "Snapshot", "Progress", "Log", "Progress", "Progress",
    ]  # fmt: skip
    assert [message.step for message in got if isinstance(message, Progress)] == [2, 3, 4]


def test_records_wait_for_credit_and_the_newest_wins(ends):
    _, outbox, far = ends
    outbox.start()
    assert not outbox.wants("a")
    for step in (1, 2, 3):
        outbox.offer(*record(step))
    outbox.send(Log(level="info", text="lifecycle goes on"))
    assert isinstance(far.take(1)[0][0], Log)
    outbox.credit("a", 1)
    [(message, payload)] = far.take(1)
    assert message.step == 3
    np.testing.assert_array_equal(unpack_arrays(message.arrays, payload)["x"], np.full((3, 2), 3.0))
    assert not outbox.wants("a")
    outbox.credit("a", 2)
    assert outbox.wants("a")
    assert not outbox.wants("b")
    outbox.forget("a")
    assert not outbox.wants("a")


def test_records_of_one_job_do_not_hold_up_another(ends):
    _, outbox, far = ends
    outbox.offer(*record(1, "a"))
    outbox.offer(*record(2, "b"))
    outbox.credit("b", 1)
    outbox.start()
    assert far.take(1)[0][0].job == "b"


def test_a_closed_far_end_asks_the_engine_to_leave():
    read, write = os.pipe()
    inbox = Inbox()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as stream:
        outbox = Outbox(stream, inbox)
        outbox.start()
        outbox.send(Log(level="info", text="anybody there?"))
        inbox.wait(5.0)
        assert inbox.leaving
        outbox.close()


@pytest.fixture
def reading(ends, monkeypatch):
    """A reader on a pipe; it never ends this process."""
    inbox, outbox, far = ends
    ended = threading.Event()
    monkeypatch.setattr("pushforward.studio.engine.process.streams.LEAVE_SECONDS", 0.0)
    monkeypatch.setattr(
        "pushforward.studio.engine.process.streams.os._exit", lambda status: ended.set()
    )
    read, write = os.pipe()
    reader = Reader(inbox, outbox, read)
    outbox.start()
    reader.start()
    yield inbox, reader, far, write, ended
    ended.wait(5.0)
    os.close(read)


def put(write, *commands):
    for command in commands:
        os.write(write, b"".join(bytes(part) for part in encode(command)))


def test_ping_and_credit_do_not_wait_for_the_main_thread(reading):
    inbox, reader, far, write, ended = reading
    reader.busy = "a"
    put(write, Ping(id=7), Credit(job="a", n=2), GetCatalog(id=8), Ping(id=9))
    got = [message for message, _ in far.take(2)]
    assert got == [Pong(re=7, busy="a"), Pong(re=9, busy="a")]
    assert list(inbox.commands) == [GetCatalog(id=8)]
    assert not inbox.leaving
    os.close(write)
    assert ended.wait(5.0)


def test_end_of_file_asks_to_leave_and_insists(reading):
    inbox, _, _, write, ended = reading
    os.close(write)
    inbox.wait(5.0)
    assert inbox.leaving
    assert ended.wait(5.0)


def test_garbage_asks_to_leave(reading, caplog):
    inbox, _, _, write, ended = reading
    os.write(write, b"\xff" * 64)
    inbox.wait(5.0)
    assert inbox.leaving
    assert ended.wait(5.0)
    os.close(write)
    assert "garbled" in caplog.text


def test_waiting_ends_with_a_command_or_the_time():
    inbox = Inbox()
    start = time.monotonic()
    inbox.wait(0.02)
    assert time.monotonic() - start >= 0.015
    threading.Timer(0.02, inbox.put, [GetCatalog(id=1)]).start()
    inbox.wait(5.0)
    assert inbox.commands
    start = time.monotonic()
    inbox.wait(5.0)  # something is there: no waiting
    assert time.monotonic() - start < 1.0


def test_an_answer_too_large_for_a_frame_is_refused(ends, monkeypatch):
    """Whoever asked would wait for ever."""
    _, outbox, far = ends
    monkeypatch.setattr("pushforward.studio.protocol.wire.MAX_PAYLOAD", 10)
    outbox.send(Reply(re=3), [bytes(11)])
    outbox.start()
    [(failed, _)] = far.take(1)
    assert failed.re == 3
    assert failed.error.message.startswith("The answer is too large to be sent: ")
    assert "a payload of 11 bytes" in failed.error.message


@pytest.mark.parametrize("value", [np.float32(1.0), 2**70, "half a pair: \udc80", {1, object()}])
def test_an_answer_that_cannot_be_written_is_an_error_and_the_writer_lives(ends, value):
    _, outbox, far = ends
    outbox.send(Reply(re=3, result={"value": value}))
    outbox.send(Log(level="info", text="\udc80"))  # nobody waits for this one
    outbox.send(Failed(re=4, error=ErrorInfo(kind="user", message="no file \udc80")))
    outbox.send(Reply(re=5, result=1))
    outbox.start()
    (unsent, _), (refused, _), (answer, _) = far.take(3)
    assert (unsent.re, refused.re, answer.re) == (3, 4, 5)
    assert "the answer cannot be sent: Reply: " in unsent.error.message
    assert refused.error.message == "no file \\udc80"
    assert answer.result == 1


def test_an_event_too_large_for_a_frame_does_not_end_the_stream(ends, monkeypatch, caplog):
    _, outbox, far = ends
    monkeypatch.setattr("pushforward.studio.protocol.wire.MAX_PAYLOAD", 10)
    outbox.send(Log(level="info", text="large"), [bytes(11)])
    outbox.send(Snapshot(jobs=[JobInfo(job="a", kind="import", state="queued", title="t")]))
    outbox.start()
    assert isinstance(far.take(1)[0][0], Snapshot)
    assert "could not be sent" in caplog.text
