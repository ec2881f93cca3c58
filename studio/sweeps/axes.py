"""The values that a setting takes in a sweep: a list, a range, or a distribution to draw from."""

import math
import re
from typing import Literal

import msgspec
import numpy as np

__all__ = ["GRAMMAR", "Axis", "AxisError", "parse_axis"]

GRAMMAR = (
    "1e-4,1e-3 (a list), 16..64:4 (a range of 4 values), log:1e-4..1e-2:5 (a log range), "
    "random:0..1 or log-random:1e-5..1e-2 (drawn for each trial)"
)
MOST = 1000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(
    rf"(?:(?P<kind>log|random|log-random):)?(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?::(?P<n>\d+))?"
)


class AxisError(ValueError):
    """A text does not say which values a setting takes."""


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """A swept setting.

    Attributes:
        key: of the setting, as in ``--set``.
        values: listed values; empty for a distribution.
        low, high: the ends of a uniform or log-uniform distribution.
        log: whether the logarithm of the value is uniform.
        whole: whether its values are whole numbers.
    """

    key: str
    values: list[str] = []
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def is_random(self) -> bool:
        """Whether its values are drawn for each trial."""
        return not self.values

    def draw(self, generator: np.random.Generator) -> str:
        """Return a random value; a listed one with equal probability."""
        if self.values:
            return self.values[int(generator.integers(len(self.values)))]
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        value = float(generator.uniform(low, high))
        return self.write(math.exp(value) if self.log else value)

    def write(self, value: float) -> str:
        """Return a number of the range as text."""
        value = min(max(value, self.low), self.high)
        return str(round(value)) if self.whole else f"{value:.6g}"


def parse_axis(assignment: str, *, whole: bool = False) -> Axis:
    """Parse "KEY=VALUES"; see `GRAMMAR`. Values that contain commas are separated by ";". Values
    of a range are rounded where the setting takes ``whole`` numbers.

    Raises:
        AxisError: it says no values, the same one twice, or no range.
    """
    key, sign, text = (part.strip() for part in assignment.partition("="))
    if not sign or not key or not text:
        raise AxisError(f"{assignment!r} gives no values: write NAME=VALUES, such as {GRAMMAR}")
    found = _RANGE.fullmatch(text)
    if found is None:
        return Axis(key=key, values=_list(key, text))
    kind: Literal["", "log", "random", "log-random"] = found["kind"] or ""  # type: ignore[assignment]
    low, high = float(found["low"]), float(found["high"])
    log, drawn = kind.startswith("log"), kind.endswith("random")
    if not low < high:
        raise AxisError(f"{key}: the range {text} must rise")
    if log and low <= 0:
        raise AxisError(f"{key}: a logarithmic range must begin above 0, not at {low:g}")
    if drawn != (found["n"] is None):
        hint = "takes no number" if drawn else f"needs the number of values, such as {text}:5"
        raise AxisError(f"{key}: {text} {hint}")
    axis = Axis(key=key, low=low, high=high, log=log, whole=whole)
    return axis if drawn else Axis(key=key, values=_spaced(axis, int(found["n"])))


def _list(key: str, text: str) -> list[str]:
    parts = [text] if text[0] in "[{" and ";" not in text else text.split(_separator(text))
    values = [part.strip() for part in parts]
    if not all(values) or len(values) > MOST:
        raise AxisError(f"{key}: {text!r} is no list of values; write {GRAMMAR}")
    if len(set(values)) < len(values):
        raise AxisError(f"{key}: {text!r} lists a value twice")
    return values


def _separator(text: str) -> str:
    return ";" if ";" in text else ","


def _spaced(axis: Axis, n: int) -> list[str]:
    if not 2 <= n <= MOST:
        raise AxisError(f"{axis.key}: a range needs 2 to {MOST} values, not {n}")
    space = np.geomspace if axis.log else np.linspace
    values = [axis.write(float(value)) for value in space(axis.low, axis.high, n)]
    return list(dict.fromkeys(values))  # whole numbers may fall together
