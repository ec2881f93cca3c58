"""Frames on a byte stream: how the messages of `studio.protocol.messages` cross the process line.

A frame is ``<II`` (header length, payload length, little-endian), the header (one message as
msgpack, with its tag under "type") and the payload (raw array bytes; the header says where each
array lies). The lengths are capped: a stray text on the stream reads as an absurd length and is
reported as such, instead of waiting for gigabytes that never come.
"""

import logging
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from pushforward.studio.protocol import messages
from pushforward.studio.protocol.messages import Array

if TYPE_CHECKING:  # numpy costs 55 ms, and the engine says Hello before it
    import numpy as np

__all__ = [
    "MAX_HEADER",
    "MAX_PAYLOAD",
    "Buffer",
    "Decoder",
    "Unwritable",
    "WireError",
    "encode",
    "pack_arrays",
    "unpack_arrays",
]

Buffer: TypeAlias = bytes | bytearray | memoryview

MAX_HEADER = 16 * 2**20
MAX_PAYLOAD = 256 * 2**20
ALIGNMENT = 8  # arrays start at multiples of this, so that a receiver can use them in place

_MAX_SIDES = 32
_NUMBERS = re.compile(r"[<>|]?(b1|[iu][1248]|f[248]|f16|c8|c16|c32)")
# Text that is not UTF-8 and nesting without end are errors of their own.
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# Objects of other types, halves of surrogate pairs, numbers of more than 64 bits, endless nesting.
_UNENCODABLE = (TypeError, ValueError, OverflowError, RecursionError)

_log = logging.getLogger(__name__)
_lengths = struct.Struct("<II")
_encoder = msgspec.msgpack.Encoder()


class WireError(Exception):
    """The byte stream is not a sequence of frames; nothing after this point can be trusted."""


class Unwritable(WireError):
    """A message holds what msgpack cannot write; nothing of it was sent, the stream is whole."""


def encode(message: Any, payload: Iterable[Buffer] = ()) -> list[Buffer]:
    """Return the pieces of one frame, to be written one after the other.

    The payload's buffers are passed through uncopied, so they must not change until written.

    Raises:
        WireError: header or payload exceed `MAX_HEADER` or `MAX_PAYLOAD`.
        Unwritable: something in the message has no form in msgpack.
    """
    try:
        header = _encoder.encode(message)
    except _UNENCODABLE as error:
        raise Unwritable(f"{type(message).__name__}: {error}") from error
    parts = [part for part in payload if len(part)]
    size = sum(memoryview(part).nbytes for part in parts)
    _check_lengths(len(header), size, type(message).__name__)
    return [_lengths.pack(len(header), size) + header, *parts]


def _check_lengths(header: int, payload: int, what: str) -> None:
    if not 0 < header <= MAX_HEADER:
        raise WireError(f"{what}: a header of {header:,} bytes (allowed: 1 to {MAX_HEADER:,})")
    if payload > MAX_PAYLOAD:
        raise WireError(f"{what}: a payload of {payload:,} bytes (allowed: {MAX_PAYLOAD:,})")


class Decoder:
    """Cuts a byte stream, in chunks of any size, into messages.

    After a `WireError` the position in the stream is lost: every later `feed` raises it again.
    """

    def __init__(self, expected: Any = messages.Command | messages.Event) -> None:
        """``expected`` is the union of the structs that may come, `Command` or `Event`."""
        self._decoder = msgspec.msgpack.Decoder(expected)
        self._tags = {kind.__name__ for kind in expected.__args__}
        self._prefix = b""
        self._frame = bytearray()
        self._header_size = 0
        self._filled = 0
        self._error: WireError | None = None

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished frame are held (0 at a frame's boundary)."""
        return len(self._prefix) + self._filled

    def feed(self, data: Buffer) -> list[tuple[Any, memoryview]]:
        """Add a chunk; return the completed messages, each with its payload.

        A payload is a view of this chunk if the frame is complete in it, else of its own buffer; it
        stays valid while referenced, and the chunk must not be overwritten. Messages with unknown
        tags are skipped and logged, since a newer peer may send more.

        Raises:
            WireError: invalid lengths or headers.
        """
        if self._error is not None:
            raise self._error
        done: list[tuple[Any, memoryview]] = []
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        try:
            while len(view):
                view = self._advance(view, done)
        except WireError as error:
            self._error = error
            raise
        return done

    def _advance(self, view: memoryview, done: list[tuple[Any, memoryview]]) -> memoryview:
        """Consume a part of the view and return the rest."""
        if self._frame:
            return self._fill(view, done)
        missing = _lengths.size - len(self._prefix)
        self._prefix += bytes(view[:missing])
        view = view[missing:]
        if len(self._prefix) < _lengths.size:
            return view
        header, payload = _lengths.unpack(self._prefix)
        self._prefix = b""
        _check_lengths(header, payload, "received")
        if len(view) >= header + payload:
            self._finish(view[: header + payload], header, done)
            return view[header + payload :]
        self._frame = bytearray(header + payload)
        self._header_size = header
        self._filled = 0
        return view

    def _fill(self, view: memoryview, done: list[tuple[Any, memoryview]]) -> memoryview:
        take = min(len(view), len(self._frame) - self._filled)
        self._frame[self._filled : self._filled + take] = view[:take]
        self._filled += take
        if self._filled == len(self._frame):
            frame, self._frame, self._filled = self._frame, bytearray(), 0
            self._finish(memoryview(frame), self._header_size, done)
        return view[take:]

    def _finish(self, frame: memoryview, header: int, done: list[tuple[Any, memoryview]]) -> None:
        try:
            message = self._decoder.decode(frame[:header])
        except _UNDECODABLE as error:
            tag = _tag_of(frame[:header])
            if tag is None or tag in self._tags:
                start = bytes(frame[: min(header, 48)])
                raise WireError(f"not a message: {error} (it begins {start!r})") from error
            _log.warning("skipped a message of unknown kind %r", tag)
            return
        done.append((message, frame[header:]))


def _tag_of(header: memoryview) -> str | None:
    """The tag of a message that did not decode, None where there is none."""
    try:
        data = msgspec.msgpack.decode(header)
    except _UNDECODABLE:
        return None
    tag = data.get("type") if isinstance(data, dict) else None
    return tag if isinstance(tag, str) else None


def pack_arrays(arrays: Mapping[str, "np.ndarray"]) -> tuple[dict[str, Array], list[Buffer]]:
    """Lay arrays into a payload: their places for the header, and the buffers for `encode`.

    Contiguous little-endian arrays are not copied. Each starts at a multiple of `ALIGNMENT`.

    Raises:
        TypeError: an array of objects, text or records, which has no raw form.
    """
    import numpy as np

    places: dict[str, Array] = {}
    buffers: list[Buffer] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            raise TypeError(f"array {name!r} of {array.dtype} cannot be sent; only numbers can")
        flat = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(-1)
        padding = -offset % ALIGNMENT
        if padding:
            buffers.append(bytes(padding))
        offset += padding
        places[name] = Array(dtype=flat.dtype.str, shape=list(array.shape), offset=offset)
        if flat.size:
            buffers.append(flat.view(np.uint8).data)
        offset += flat.nbytes
    return places, buffers


def unpack_arrays(arrays: Mapping[str, Array], payload: Buffer) -> dict[str, "np.ndarray"]:
    """Return the arrays of a payload as views of it, or as copies where it lies misaligned.

    Raises:
        WireError: an array that is not numbers or reaches beyond the payload.
    """
    import numpy as np

    size = memoryview(payload).nbytes
    result: dict[str, np.ndarray] = {}
    for name, place in arrays.items():
        if not _NUMBERS.fullmatch(place.dtype):
            raise WireError(f"array {name!r} has unknown type {place.dtype[:40]!r}")
        dtype = np.dtype(place.dtype)
        shape = place.shape
        if len(shape) > _MAX_SIDES or any(n < 0 for n in shape) or place.offset < 0:
            raise WireError(f"array {name!r} is described wrongly: {place}")
        count = math.prod(shape)
        if place.offset + count * dtype.itemsize > size:
            raise WireError(f"array {name!r} reaches beyond its payload of {size:,} bytes")
        if count == 0:
            result[name] = _empty(name, shape, dtype)
            continue
        array = np.frombuffer(payload, dtype, count, place.offset).reshape(place.shape)
        result[name] = array if array.flags.aligned else array.copy()
    return result


def _empty(name: str, shape: Sequence[int], dtype: "np.dtype[Any]") -> "np.ndarray":
    import numpy as np

    try:
        return np.zeros(shape, dtype)
    except ValueError as error:
        # Nothing times more than there are numbers for.
        raise WireError(f"array {name!r} is described wrongly: {error}") from error
