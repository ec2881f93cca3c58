"""Read pickles of plain data without running code, for CIFAR files.

A pickle is a program for a stack machine that can call any function. Here only commands that build
lists, tuples, dictionaries, texts and integers are interpreted. Four functions may be named and
none is called: three of numpy's array reconstruction, replaced by `Array`, and the one that encodes
bytes as text. Everything else is refused.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "PlainPickleError", "plain"]

_ENCODE, _RECONSTRUCT, _NDARRAY, _DTYPE = "_codecs encode", "reconstruct", "ndarray", "dtype"
_KNOWN = {
    "_codecs encode": _ENCODE,
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _DTYPE,
}
_MOST = 5_000_000
"""Commands of a file: CIFAR's have some hundred thousand."""
_MARK = object()
_DAMAGE = (
    ValueError,
    IndexError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    StopIteration,
)


class PlainPickleError(ValueError):
    """A file that is no pickle of plain data; the message says what it does instead."""


@dataclass(frozen=True)
class _Name:
    """A function that may be named, by what it is for."""

    what: str


@dataclass
class Array:
    """Replacement of an array: its parts as declared in the pickle.

    Attributes:
        shape: declared shape.
        values: its bytes.
        fortran: whether it is in column-major order.
    """

    shape: tuple[int, ...] = ()
    values: bytes = b""
    fortran: bool = False

    def bytes_(self) -> NDArray[np.uint8]:
        """Return the array.

        Raises:
            PlainPickleError: it has not as many bytes as it says.
        """
        count = 1
        for side in self.shape:
            count *= side
        if count != len(self.values):
            raise PlainPickleError(f"an array says that it has {count:,} bytes, and has others")
        order: Any = "F" if self.fortran else "C"
        return np.frombuffer(self.values, np.uint8).reshape(self.shape, order=order)


@dataclass
class _Type:
    """Replacement of an array's type: bytes, or an unsupported type."""

    name: str


def plain(data: bytes) -> Any:
    """Return what a pickle holds: dictionaries, lists, tuples, texts, whole numbers, `Array`.

    Raises:
        PlainPickleError: it would do anything else, or is damaged.
    """
    return _Machine(2 * len(data)).run(data)


class _Machine:
    def __init__(self, room: int) -> None:
        # Bytes that texts may come to: one that is there once can be asked for again and again.
        self.room = room
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        try:
            for count, (command, value, _) in enumerate(pickletools.genops(data)):
                if count > _MOST:
                    raise PlainPickleError(f"it has more than {_MOST:,} commands")
                if command.name == "STOP":
                    return self.stack.pop()
                self._do(command.name, value)
        except PlainPickleError:
            raise
        except _DAMAGE as error:
            # A damaged one breaks off, or takes from an empty stack.
            raise PlainPickleError("it is damaged") from error
        raise PlainPickleError("it breaks off")

    def _do(self, name: str, value: Any) -> None:
        if name in _VALUES:
            self.stack.append(_VALUES[name](value))
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            self._named(value if name == "GLOBAL" else None)
        elif name in _COMMANDS:
            _COMMANDS[name](self, value)
        elif name not in ("PROTO", "FRAME"):
            raise PlainPickleError(f"it uses {name}, which plain data do not need")

    def _named(self, value: str | None) -> None:
        if value is None:
            module, name = self.stack[-2:]
            del self.stack[-2:]
            value = f"{module} {name}"
        if value not in _KNOWN:
            named = value.replace(" ", ".")
            raise PlainPickleError(f"it would run {named}, which is refused")
        self.stack.append(_Name(_KNOWN[value]))

    def get(self, at: Any) -> None:
        self.stack.append(self.memo[at])

    def put(self, at: Any) -> None:
        self.memo[len(self.memo) if at is None else at] = self.stack[-1]

    def marked(self) -> list[Any]:
        """Pop the items above the last mark."""
        at = next(i for i in range(len(self.stack) - 1, -1, -1) if self.stack[i] is _MARK)
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def several(self, count: int) -> None:
        found = tuple(self.stack[len(self.stack) - count :])
        if len(found) != count or _MARK in found:
            raise PlainPickleError("it is damaged")
        del self.stack[len(self.stack) - count :]
        self.stack.append(found)

    def append(self, value: Any) -> None:
        last = self.stack.pop()
        self._list().append(last)

    def appends(self, value: Any) -> None:
        more = self.marked()
        self._list().extend(more)

    def _list(self) -> list[Any]:
        found = self.stack[-1]
        if not isinstance(found, list):
            raise PlainPickleError("it is damaged")
        return found

    def set_items(self, more: list[Any]) -> None:
        found = self.stack[-1]
        if not isinstance(found, dict) or len(more) % 2:
            raise PlainPickleError("it is damaged")
        found.update(zip(map(_text, more[::2]), more[1::2], strict=True))

    def dictionary(self) -> None:
        more = self.marked()
        self.stack.append({})
        self.set_items(more)

    def reduce(self, value: Any) -> None:
        """What would be a call: one of the four known ones is carried out by what it means."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise PlainPickleError("it would run code, which is refused")
        if function.what == _ENCODE and arguments[1:] in (("latin1",), ("latin-1",)):
            self.room -= len(arguments[0])
            if self.room < 0:
                raise PlainPickleError("it unpacks to far more than its size")
            self.stack.append(arguments[0].encode("latin-1"))
        elif function.what == _RECONSTRUCT:
            self.stack.append(Array())
        elif function.what == _DTYPE:
            self.stack.append(_Type(_text(arguments[0])))
        else:
            raise PlainPickleError("it would run code, which is refused")

    def build(self, value: Any) -> None:
        """Set the state of an object: here an array of bytes, or the type of one."""
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, _Type):
            return  # its byte order, which bytes have none of
        if not isinstance(made, Array):
            raise PlainPickleError("it would build an object that is not an array")
        _, shape, kind, fortran, values = state
        if not isinstance(kind, _Type) or kind.name not in ("u1", "|u1"):
            raise PlainPickleError("it has an array of something else than bytes")
        values = values.encode("latin-1") if isinstance(values, str) else values
        sides = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 2**40 for n in shape)
        if not sides or not isinstance(values, bytes):
            raise PlainPickleError("it is damaged")
        made.shape, made.values, made.fortran = shape, values, bool(fortran)


def _text(value: Any) -> str:
    """Return a key, which Python 2 wrote as bytes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise PlainPickleError("it has a key that is no text")
    return value


def _same(value: Any) -> Any:
    return value


_VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "INT", "LONG"), _same),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "UNICODE"), _same),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES"), _same),
    # genops reads what Python 2 wrote as latin-1 text.
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING"), lambda value: value.encode("latin-1")),
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_DICT": lambda _: {},
    "EMPTY_LIST": lambda _: [],
    "EMPTY_TUPLE": lambda _: (),
    "MARK": lambda _: _MARK,
}
_COMMANDS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("BINGET", "LONG_BINGET", "GET"), _Machine.get),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"), _Machine.put),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.marked())),
    "TUPLE1": lambda machine, _: machine.several(1),
    "TUPLE2": lambda machine, _: machine.several(2),
    "TUPLE3": lambda machine, _: machine.several(3),
    "DICT": lambda machine, _: machine.dictionary(),
    "LIST": lambda machine, _: machine.stack.append(machine.marked()),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEMS": lambda machine, _: machine.set_items(machine.marked()),
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "SETITEM": lambda machine, _: machine.set_items([machine.stack.pop(-2), machine.stack.pop()]),
}
