"""Frames of `studio.protocol.wire` as bytes: for a relay, which forwards frames whole."""

import struct
from dataclasses import dataclass

import msgspec

from pushforward.studio.protocol.wire import MAX_HEADER, MAX_PAYLOAD, Buffer, WireError

__all__ = ["FrameCutter", "RawFrame"]

_lengths = struct.Struct("<II")


class _Tagged(msgspec.Struct):
    """The part of any header that says which message it is."""

    type: str


_decoder = msgspec.msgpack.Decoder(_Tagged)


@dataclass(frozen=True)
class RawFrame:
    """One whole frame. ``tag`` is the name of its message, ``header`` the message as msgpack."""

    tag: str
    header: bytes
    data: bytes


class FrameCutter:
    """Cuts a byte stream, in chunks of any size, into whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: Buffer) -> list[RawFrame]:
        """Add a chunk; return the frames that it completes.

        Raises:
            WireError: the stream is not a sequence of frames.
        """
        self._buffer += data
        frames = []
        start = 0
        while (end := self._end(start)) is not None:
            frames.append(self._frame(start, end))
            start = end
        del self._buffer[:start]
        return frames

    def _end(self, start: int) -> int | None:
        """Return where the frame that begins at ``start`` ends, None if that is not here yet."""
        if len(self._buffer) < start + _lengths.size:
            return None
        header, payload = _lengths.unpack_from(self._buffer, start)
        if not 0 < header <= MAX_HEADER or payload > MAX_PAYLOAD:
            raise WireError(f"a frame of {header:,} and {payload:,} bytes")
        end = start + _lengths.size + header + payload
        return int(end) if end <= len(self._buffer) else None

    def _frame(self, start: int, end: int) -> RawFrame:
        header, _ = _lengths.unpack_from(self._buffer, start)
        begin = start + _lengths.size
        message = bytes(self._buffer[begin : begin + header])
        try:
            tag = _decoder.decode(message).type
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WireError(f"not a message: {error}") from error
        return RawFrame(tag, message, bytes(self._buffer[start:end]))
