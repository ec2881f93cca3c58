"""Every message survives the wire unchanged."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushforward.studio.protocol import messages
from pushforward.studio.protocol.messages import Command, Event
from pushforward.studio.protocol.wire import Decoder, encode

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False),
    str: st.text(max_size=12),
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
}
# A value of a config or a result is plain data of any depth.
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """A strategy for a field's type, as `msgspec.inspect` describes it."""
    info = msgspec.inspect
    match kind:
        case info.StructType():
            return structs(kind.cls)
        case info.ListType():
            return st.lists(values(kind.item_type), max_size=3)
        case info.DictType():
            return st.dictionaries(SIMPLE[str], values(kind.value_type), max_size=2)
        case info.TupleType():
            return st.tuples(*map(values, kind.item_types))
        case info.UnionType():
            return st.one_of(*map(values, kind.types))
        case info.NoneType():
            return st.none()
        case info.LiteralType():
            return st.sampled_from(kind.values)
        case info.AnyType():
            return PLAIN
        case info.IntType(ge=int(least), le=most):
            return st.integers(least, 2**40 if most is None else most)
    names = {info.IntType: int, info.FloatType: float, info.StrType: str, info.BoolType: bool}
    names[info.BytesType] = bytes
    return SIMPLE[names[type(kind)]]


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    fields = msgspec.inspect.type_info(kind).fields
    return st.builds(kind, **{f.name: values(f.type) for f in fields})


@pytest.mark.parametrize("kind", get_args(Command) + get_args(Event), ids=lambda k: k.__name__)
def test_round_trip(kind: type[msgspec.Struct]) -> None:
    @settings(max_examples=15, deadline=None, database=None)
    @given(message=structs(kind))
    def check(message: msgspec.Struct) -> None:
        data = b"".join(encode(message, [b"payload"]))
        [(back, payload)] = Decoder(Command if kind in get_args(Command) else Event).feed(data)
        assert back == message
        assert type(back) is kind
        assert bytes(payload) == b"payload"

    check()


def test_every_struct_of_the_module_is_a_command_an_event_or_a_part() -> None:
    parts = {messages.Array, messages.Budget, messages.ErrorInfo, messages.JobInfo}
    parts.add(messages.PhaseInfo)
    public = {getattr(messages, name) for name in messages.__all__}
    structs = {s for s in public if isinstance(s, type) and issubclass(s, msgspec.Struct)}
    assert structs == parts | set(get_args(Command)) | set(get_args(Event))


def test_tags_are_unique_over_both_directions() -> None:
    names = [kind.__name__ for kind in get_args(Command) + get_args(Event)]
    assert len(names) == len(set(names))
