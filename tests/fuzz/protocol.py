"""The protocol on altered frames of every message that there is."""

import logging
from typing import Any, get_args

import msgspec
import numpy as np
from hypothesis import strategies as st

from pushforward.studio.protocol.messages import Array, Command, Event
from pushforward.studio.protocol.wire import Decoder, WireError, encode, pack_arrays, unpack_arrays
from tests.fuzz.mutations import mutated, pieces

__all__ = ["ARRAYS", "check_arrays", "check_stream", "streams"]

HEADER_ROOM = 2**14
ARRAYS = st.builds(
    Array,
    dtype=st.sampled_from(["<f4", ">i2", "|b1", "<c16", "|O", "V0", "<U3", "f4,f4", "(", "m8"])
    | st.text(max_size=6),
    shape=st.lists(st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**62, 10**30]), max_size=70),
    offset=st.sampled_from([0, 1, 4, 8, -1, 2**40]),
)


def streams() -> st.SearchStrategy[tuple[type, list[bytes]]]:
    """Return (what is expected, the chunks that come) of altered streams of frames."""
    return st.sampled_from([Command, Event]).flatmap(
        lambda kind: st.tuples(st.just(kind), mutated(_frames(kind)).flatmap(pieces))
    )


def check_stream(expected: Any, chunks: list[bytes]) -> str:
    """Feed a stream; return how it went.

    Raises:
        Exception: anything but a `WireError`.
    """
    decoder = Decoder(expected)
    given = messages = 0
    logging.getLogger("pushforward.studio.protocol.wire").disabled = True
    try:
        for chunk in chunks:
            given += len(chunk)
            for message, payload in decoder.feed(chunk):
                messages += 1
                _unpack(message, payload)
            assert decoder.pending <= given
    except WireError:
        return "refused"
    finally:
        logging.getLogger("pushforward.studio.protocol.wire").disabled = False
    return "messages" if messages else "waiting"


def check_arrays(arrays: dict[str, Array], payload: bytes) -> str:
    """Take arrays from a payload that they may not lie in."""
    try:
        found = unpack_arrays(arrays, payload)
    except WireError:
        return "refused"
    assert sum(array.nbytes for array in found.values()) <= len(arrays) * len(payload)
    return "arrays"


def _unpack(message: Any, payload: memoryview) -> None:
    arrays = getattr(message, "arrays", None)
    if arrays:
        unpack_arrays(arrays, payload)


def _frames(kind: Any) -> list[bytes]:
    """Return a frame of each message, with some payload where it has arrays."""
    places, payload = pack_arrays({"x": np.zeros((3, 2), np.float32), "t": np.zeros(3)})
    frames = []
    for struct in get_args(kind):
        info = msgspec.inspect.type_info(struct)
        assert isinstance(info, msgspec.inspect.StructType)
        fields = {f.name: _value(f.type) for f in info.fields if f.required}
        whole = "arrays" in fields
        if whole:
            fields["arrays"] = places
        frames.append(b"".join(encode(struct(**fields), payload if whole else [])))
    return frames


def _value(kind: Any) -> Any:
    """Return some value of a type, as msgspec describes it."""
    i = msgspec.inspect
    simple = {i.IntType: 3, i.FloatType: 0.5, i.StrType: "text", i.BoolType: True, i.AnyType: [1]}
    if type(kind) in simple:
        return simple[type(kind)]
    if isinstance(kind, i.ListType):
        return [_value(kind.item_type)]
    if isinstance(kind, i.DictType):
        return {"a": _value(kind.value_type)}
    if isinstance(kind, i.TupleType):
        return tuple(_value(item) for item in kind.item_types)
    if isinstance(kind, i.UnionType):
        return _value(kind.types[0])
    if isinstance(kind, i.StructType):
        return kind.cls(**{f.name: _value(f.type) for f in kind.fields if f.required})
    return None
