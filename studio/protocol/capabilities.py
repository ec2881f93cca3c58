"""What a trained run can do, and under which conditions, as its newest checkpoint knows."""

import msgspec

__all__ = ["Able", "AbleTo", "Condition", "OtherSet", "guess"]

ROUNDED = 1e-5
"""How far beyond the data, as a part of them, a number may lie for its rounding: as a logarithm of
32 bits it is not kept better."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of a model. ``names`` are its classes, [] for a number; ``low`` and ``high`` are
    its range in the data, and ``least`` and ``most`` the allowed range, None for unbounded.
    """

    name: str
    names: list[str] = []
    unit: str = ""
    whole: bool = False
    low: float = 0.0
    high: float = 0.0
    least: float | None = None
    most: float | None = None


class AbleTo(msgspec.Struct, frozen=True, kw_only=True):
    """An operator for one run: the suffixes of its files, the usual one first, and whether it
    samples under ``conditions``, of which those in ``asks`` may be chosen, [] for all; or the
    reason why it is unavailable.
    """

    operator: str
    suffixes: list[str] = []
    conditions: bool = False
    asks: list[str] = []
    reason: str = ""


class OtherSet(msgspec.Struct, frozen=True, kw_only=True):
    """A set of the kind of data that a run has learned, by its slug in a pick; ``reason`` is why
    the model cannot be asked about its rows, "" where it can.
    """

    slug: str
    title: str
    reason: str = ""


class Able(msgspec.Struct, frozen=True, kw_only=True):
    """What a run can do with the checkpoint of a step, and which sets it can be asked about that it
    has not learned, [] where no operator asks about any.
    """

    step: int
    operators: list[AbleTo]
    conditions: list[Condition] = []
    others: list[OtherSet] = []


def guess(name: str, value: float, low: float, high: float, unit: str = "") -> str:
    """Say in a sentence that a model has learned of no such value of a condition, "" where it lies
    between ``low`` and ``high``, the ends of the data.
    """
    slack = ROUNDED * max(abs(low), abs(high))
    if low - slack <= value <= high + slack:
        return ""
    unit = f" {unit}" if unit else ""
    return (
        f"{name}={value:,.6g}{unit} is outside the training data, {low:,.4g} to "
        f"{high:,.4g}{unit}: the result is an extrapolation."
    )
