"""Framing: any split, any merge, any garbage."""

import contextlib
import logging
import struct
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pushforward.studio.protocol import wire
from pushforward.studio.protocol.messages import Array, Command, Event, Log, Ping, Pong, Record
from pushforward.studio.protocol.wire import Decoder, WireError, encode, pack_arrays, unpack_arrays

NUMBERS = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5).flatmap(
    lambda shape: st.sampled_from(["<f4", ">f4", "<f8", "<i8", "u1", "?", "<c8"]).flatmap(
        lambda dtype: hnp.arrays(np.dtype(dtype), shape)
    )
)


def frame(message: Any, payload: bytes = b"") -> bytes:
    return b"".join(encode(message, [payload]))


@settings(deadline=None, database=None)
@given(
    payloads=st.lists(st.binary(max_size=60), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
)
def test_frames_come_through_any_split_and_merge(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(Pong(re=i), p) for i, p in enumerate(payloads))
    decoder, received, position = Decoder(Event), [], 0
    while position < len(stream):
        size = cuts[len(received) % len(cuts)]
        received += decoder.feed(stream[position : position + size])
        position += size
    assert [(m.re, bytes(p)) for m, p in received] == list(enumerate(payloads))
    assert decoder.pending == 0


@settings(deadline=None, database=None)
@given(garbage=st.binary(min_size=8, max_size=200))
def test_garbage_is_refused_or_waited_for(garbage: bytes) -> None:
    decoder = Decoder(Event)
    received: list[Any] = []
    # Only WireError may come out, and what is held never exceeds what was given.
    with contextlib.suppress(WireError):
        received = decoder.feed(garbage)
    assert not any(isinstance(m, Pong) for m, _ in received)
    assert decoder.pending <= len(garbage)


def test_after_an_error_every_chunk_is_refused() -> None:
    decoder = Decoder(Event)
    for chunk in (b"not a frame at all", frame(Pong(re=1)), b""):
        with pytest.raises(WireError, match="received: a header"):
            decoder.feed(chunk)


def test_a_stray_print_is_named_at_once() -> None:
    with pytest.raises(WireError, match="header of 1,819,043,176 bytes"):
        Decoder(Event).feed(b"hello from a library\n")


@pytest.mark.parametrize(
    ("header", "payload"),
    [(0, 0), (wire.MAX_HEADER + 1, 0), (8, wire.MAX_PAYLOAD + 1)],
)
def test_absurd_lengths_are_refused(header: int, payload: int) -> None:
    with pytest.raises(WireError, match="allowed"):
        Decoder(Event).feed(struct.pack("<II", header, payload))


def test_too_large_a_payload_is_not_sent() -> None:
    part = memoryview(bytearray(2**20))
    with pytest.raises(WireError, match="Pong: a payload"):
        encode(Pong(re=1), [part] * 257)


def test_an_unknown_message_is_skipped_with_a_log(caplog: pytest.LogCaptureFixture) -> None:
    header = msgspec.msgpack.encode({"type": "FromTheFuture", "x": 1})
    future = struct.pack("<II", len(header), 4) + header + b"data"
    with caplog.at_level(logging.WARNING):
        received = Decoder(Event).feed(frame(Pong(re=1)) + future + frame(Pong(re=2)))
    assert [m.re for m, _ in received] == [1, 2]
    assert "FromTheFuture" in caplog.text


def test_a_command_on_the_event_stream_is_skipped_as_unknown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert Decoder(Event).feed(frame(Ping(id=1))) == []
        assert [m for m, _ in Decoder(Command).feed(frame(Ping(id=1)))] == [Ping(id=1)]
    assert "Ping" in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        msgspec.msgpack.encode({"type": "Pong"}),  # a required field is missing
        msgspec.msgpack.encode({"type": "Pong", "re": "text"}),
        msgspec.msgpack.encode([1, 2]),
        b"\xc1\xff",  # not msgpack
        msgspec.msgpack.encode({"type": "Pong"}).replace(b"Pong", b"P\xff\xfeg"),
        msgspec.msgpack.encode({"type": "Pong"})[:-4] + b"\x91" * 100_000,
    ],
)
def test_a_broken_header_of_a_known_kind_is_an_error(header: bytes) -> None:
    with pytest.raises(WireError, match="not a message"):
        Decoder(Event).feed(struct.pack("<II", len(header), 0) + header)


def test_fields_unknown_to_us_are_ignored() -> None:
    header = msgspec.msgpack.encode({"type": "Pong", "re": 3, "mood": "fine"})
    [(message, _)] = Decoder(Event).feed(struct.pack("<II", len(header), 0) + header)
    assert message == Pong(re=3)


@settings(deadline=None, database=None)
@given(arrays=st.dictionaries(st.text(max_size=5), NUMBERS, max_size=4), shift=st.integers(0, 7))
def test_arrays_come_back_equal(arrays: dict[str, np.ndarray], shift: int) -> None:
    places, buffers = pack_arrays(arrays)
    record = Record(job="a", step=1, bounds=[], arrays=places)
    # A log line of varying length in front puts the frame at any alignment within the chunk.
    chunk = frame(Log(level="info", text="x" * shift)) + b"".join(encode(record, buffers))
    message, payload = Decoder(Event).feed(chunk)[1]
    back = unpack_arrays(message.arrays, payload)
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].shape == array.shape
        assert back[name].flags.aligned


def test_a_large_payload_is_received_without_a_second_copy() -> None:
    x = np.arange(300_000, dtype=np.float32)
    places, buffers = pack_arrays({"x": x})
    assert np.shares_memory(np.frombuffer(buffers[0], np.uint8), x)
    data = b"".join(encode(Record(job="a", step=1, bounds=[], arrays=places), buffers))
    decoder, received = Decoder(Event), []
    for start in range(0, len(data), 65536):
        received += decoder.feed(data[start : start + 65536])
    [(message, payload)] = received
    np.testing.assert_array_equal(unpack_arrays(message.arrays, payload)["x"], x)


def test_objects_and_text_are_not_sent() -> None:
    with pytest.raises(TypeError, match="'names'"):
        pack_arrays({"names": np.array(["a", "b"])})


@pytest.mark.parametrize(
    "place",
    [
        Array(dtype="<f4", shape=[3], offset=0),  # 12 bytes of 8
        Array(dtype="<f4", shape=[1], offset=8),
        Array(dtype="<f4", shape=[-1], offset=0),
        Array(dtype="<f4", shape=[1], offset=-4),
        Array(dtype="|O", shape=[1], offset=0),
        Array(dtype="nonsense", shape=[1], offset=0),
        Array(dtype="<f4", shape=[2**40, 2**40], offset=0),
        Array(dtype="<f4", shape=[0, 2**62, 2**62], offset=0),
        Array(dtype="<f4", shape=[1] * 65, offset=0),
        Array(dtype="f4,f4", shape=[1], offset=0),
        Array(dtype="(", shape=[1], offset=0),
    ],
)
def test_arrays_beyond_the_payload_are_refused(place: Array) -> None:
    with pytest.raises(WireError, match="array 'x'"):
        unpack_arrays({"x": place}, bytes(8))
