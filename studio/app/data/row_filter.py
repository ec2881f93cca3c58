"""Which rows are shown, and in which order, by what a kind can say of each of them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import Kind, Measured
from pushforward.studio.app.data.lazy_measures import Lazily
from pushforward.studio.app.data.validity import VALIDITY
from pushforward.studio.figures import short

__all__ = ["Unfiltered", "example", "hint", "keeps", "orders", "sorted_rows", "sorting", "why_none"]

Rows = NDArray[np.int64]
SAMPLING_ORDER = "Sampling order"
COMPARED = re.compile(r"^\s*(?P<name>[^<>=!]+?)\s*(?P<sign><=|>=|<|>|!=|==?)\s*(?P<value>.+?)\s*$")
BETWEEN = re.compile(r"^\s*([^<>=]+?)\s*(<=?|>=?)\s*([^<>=]+?)\s*(<=?|>=?)\s*([^<>=]+?)\s*$")
ANOTHER = re.compile(r"\s(\S+?\s*[<>=].*)$")
AND = re.compile(r",|&+|\band\b", re.IGNORECASE)
WITH_UNIT = re.compile(r"^[-+]?[\d.]+(?:e[-+]?\d+)?\s*(?P<unit>[^\d\s.].*)$", re.IGNORECASE)
MOST_DIGITS = 9  # that a number of 32 bits has
LISTED = 12  # words that are told where none of them was meant
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIGNS: Mapping[str, Callable[[NDArray[Any], float | NDArray[Any]], NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "==": np.equal,
    "!=": np.not_equal,
}


SPELT = str.maketrans({"τ": "tau", "η": "eta", "φ": "phi", "δ": "d"})


class Unfiltered(ValueError):
    """A filter that says nothing; the message says why, for the person who wrote it."""


def _numeric(values: NDArray[np.generic]) -> bool:
    return bool(np.issubdtype(values.dtype, np.number))


def orders(measured: Measured) -> list[str]:
    """Return the orders that there are, the data's own first: words are sorted, numbers are from
    either end.
    """
    found = [SAMPLING_ORDER]
    for name, values in measured.items():
        if _numeric(values):
            found += [f"{name}, high first", f"{name}, low first"]
        else:
            found.append(name)
    return found


def sorted_rows(measured: Measured, order: str, n: int) -> Rows:
    """Return n rows in one of `orders`; ties keep their order, and rows without a value come
    last.
    """
    name, end = sorting(order), order.rpartition(", ")[2]
    if name not in measured:
        return np.arange(n)
    values = measured[name]
    if _numeric(values):
        values = np.asarray(values, np.float64)
        values = -values if end == "high first" else values
    return np.argsort(values, kind="stable")


def sorting(order: str) -> str:
    """Return the name of what an order sorts by."""
    return order.removesuffix(", high first").removesuffix(", low first")


def keeps(measured: Measured, text: str, n: int) -> NDArray[np.bool_]:
    """Return which of n rows a filter keeps, (n,): "60 < mass < 100, top" those that hold all of
    it; "and" does as well as a comma. What two names stand for is compared too: `seen != class`.

    Raises:
        Unfiltered: it names what is not known of these data, or compares what cannot be compared.
    """
    kept = np.ones(n, dtype=bool)
    for part in filter(None, (each.strip() for each in AND.split(text))):
        if between := BETWEEN.match(part):
            low, sign, name, other, high = between.groups()
            kept &= _compared(measured, name, TURNED[sign], low)
            kept &= _compared(measured, name, other, high)
        elif found := COMPARED.match(part):
            kept &= _compared(measured, *found.groups())
        else:
            kept &= _holds(measured, part, n)
    return kept


def why_none(measured: Measured, text: str, n: int, units: Mapping[str, str]) -> str:
    """Say of the first part of a filter that keeps none of n rows by itself what there is instead:
    "Mass goes from 12 to 205 GeV."; "" where only all parts together keep none.
    """
    for part in filter(None, (each.strip() for each in AND.split(text))):
        if keeps(measured, part, n).any():
            continue
        between, compared = BETWEEN.match(part), COMPARED.match(part)
        name = between[3] if between else compared["name"] if compared else ""
        known = _matching_names(measured, name) if name else []
        if known and _numeric(measured[known[0]]):
            values = np.asarray(measured[known[0]], np.float64)
            values = values[np.isfinite(values)]
            if not len(values):
                return f"{known[0]} is unknown for all samples."
            said = _range(known[0], values, units.get(known[0], ""))
            typed = between.group(1, 5) if between else (compared["value"],) if compared else ()
            return said + _in_per_cent(typed, values, units.get(known[0], ""))
        if compared and _text(measured, compared["value"]) is not None:
            continue  # no word is wrong where two columns are compared
        some = measured.words() if isinstance(measured, Lazily) else measured
        texts = {name: values for name, values in some.items() if not _numeric(values)}
        words = {str(word) for values in texts.values() for word in np.unique(values)}
        if 0 < len(words) <= LISTED:
            # More than a word was written: perhaps a comparison in other words than its own.
            numbers = [name for name in measured if name not in texts]
            how = ""
            if len(part.split()) > 1 and numbers and not compared:
                how = f" Write conditions as {min(words)}, {numbers[0]} > 1."
            return f"There are {', '.join(sorted(words))}.{how}"
    return ""


def _range(name: str, values: NDArray[np.float64], unit: str) -> str:
    """Say from where to where values go, with as many digits as tell the ends apart."""
    low, high = float(values.min()), float(values.max())
    unit = f" {unit}" if unit else ""
    if low == high:
        return f"{name} is {short(low, 3)}{unit} for all."
    ends = ((short(low, digits), short(high, digits)) for digits in range(3, MOST_DIGITS + 1))
    first, last = next((each for each in ends if each[0] != each[1]), (str(low), str(high)))
    return f"{name} goes from {first} to {last}{unit}."


def _in_per_cent(typed: Sequence[str], values: NDArray[np.float64], unit: str) -> str:
    """Say how a share is written that was typed below 1 where all values are per cent."""
    if unit != "%" or values.min() < 1:
        return ""
    for text in typed:
        try:
            share = float(text)
        except ValueError:
            continue
        if 0 < share <= 1:
            return (
                f" The unit is per cent: write {short(100 * share, 6)} instead of {text.strip()}."
            )
    return ""


def hint(known: Measured, units: Mapping[str, str]) -> str:
    """Say what may stand in a filter, and what is compared in per cent."""
    numbers = [name for name, values in known.items() if _numeric(values)]
    parts = (
        [f"{', '.join(numbers)} with <, > or =, as in {numbers[0].lower()} > 1"] if numbers else []
    )
    parts += [f"a word of {name.lower()}" for name in known if name not in numbers]
    shares = [name for name in numbers if units.get(name) == "%"]
    per_cent = f" {' and '.join(shares)} in per cent, for example 90." if shares else ""
    return f"{'; '.join(parts)}. Separate several by commas.{per_cent}"


def example(known: Measured, kind: Kind) -> str:
    """Say what may stand in a filter, of a number that is also written below small tiles."""
    numbers = [name for name, values in known.items() if _numeric(values)]
    if not numbers:
        return "Filter"
    name = next((each for each in kind.brief if each in numbers), numbers[0])
    more = ", invalid" if VALIDITY in known else ""
    value = float(known[name][0])
    return f"Filter: {name.lower()} > {short(value if np.isfinite(value) else 1, 3)}{more}"


def _matching_names(measured: Measured, name: str) -> list[str]:
    """Return the names that one as it was typed may mean."""
    return [each for each in measured if _typed(each).startswith(_typed(name))]


def _typed(name: str) -> str:
    """Return a name as it can be typed: "τ₂₁" as "tau21"."""
    return unicodedata.normalize("NFKC", name).casefold().translate(SPELT)


def _word(text: str) -> str:
    """Return a word as words are compared, also where somebody put it in quotes."""
    return text.strip("\"'").lower()


def _compared(measured: Measured, name: str, sign: str, value: str) -> NDArray[np.bool_]:
    known = _matching_names(measured, name)
    before, _, last = name.rpartition(" ")
    if not known and before and _matching_names(measured, last):
        raise Unfiltered(f"Put a comma before {last}.")
    if not known:
        raise Unfiltered(f"Unknown filter {name}. Available: {', '.join(measured)}.")
    values = measured[known[0]]
    if not _numeric(values):
        if sign not in ("=", "==", "!="):
            raise Unfiltered(f"{known[0]} is text: use = or !=.")
        if another := ANOTHER.search(value):
            raise Unfiltered(f"Put a comma before {another[1]}.")
        return _same(measured, known[0], value, sign)
    if beside := _matching_names(measured, value) if value[0].isalpha() else []:
        others = measured[beside[0]]
        if not _numeric(others):
            raise Unfiltered(f"{known[0]} is a number, and {beside[0]} is a word.")
        return SIGNS[sign](values, others)
    try:
        number = float(value.replace("%", ""))
    except ValueError:
        if found := WITH_UNIT.match(value):
            unit = found["unit"]
            said = f"Remove {unit}: {known[0]} uses the unit shown."
            if COMPARED.match(unit):
                said = f"Put a comma before {unit}."
            raise Unfiltered(said) from None
        raise Unfiltered(f"{value} is no number.") from None
    return SIGNS[sign](values, number)


def _same(measured: Measured, name: str, value: str, sign: str) -> NDArray[np.bool_]:
    """Return which rows of a text are a word, or are not; or which are what another text of theirs
    is, where that is named: `seen != class`. That all differ from what is nowhere is no answer.
    """
    found, differ = _is(measured[name], _word(value)), sign == "!="
    if not found.any():
        if (other := _text(measured, value)) is not None:
            found = np.asarray(measured[name].astype(str) == other.astype(str))
        elif differ and len(words := np.unique(measured[name].astype(str))) <= LISTED:
            raise Unfiltered(f"{value} is none of {name}: {', '.join(words)}.")
    return np.asarray(found != differ)


def _text(measured: Measured, name: str) -> NDArray[Any] | None:
    """Return the words that are known by a name, written out."""
    named = (measured[each] for each in measured if _typed(each) == _typed(name))
    return next((values for values in named if not _numeric(values)), None)


def _holds(measured: Measured, word: str, n: int) -> NDArray[np.bool_]:
    some = measured.words() if isinstance(measured, Lazily) else measured
    texts = [values.astype(str) for values in some.values() if not _numeric(values)]
    if not texts:
        names = ", ".join(measured)
        raise Unfiltered(f"Compare a number: {names} with <, > or =." if names else "No numbers.")
    word = _word(word)
    found = _words_with_prefix(texts, word, n)
    if not found.any() and word.startswith("not "):
        return ~_words_with_prefix(texts, word.removeprefix("not ").strip(), n)
    return found


def _is(values: NDArray[Any], word: str) -> NDArray[np.bool_]:
    """Return which values are a word, or what stands before or after the colon of one: "invalid: 2
    pieces" is "invalid" and is "2 pieces".
    """
    lower = np.char.lower(values.astype(str))
    either = np.char.startswith(lower, f"{word}: ") | np.char.endswith(lower, f": {word}")
    return np.asarray((lower == word) | either)


def _words_with_prefix(texts: Sequence[NDArray[Any]], word: str, n: int) -> NDArray[np.bool_]:
    """Return which of n texts have a word with this prefix: "invalid" does not match "valid".
    Capitals begin a word, too, as the N of C3H5NO.
    """
    begun = re.compile(f"(?<![a-z])(?i:{re.escape(word)})")
    found = np.zeros(n, dtype=bool)
    for each in texts:
        there, which = np.unique(each, return_inverse=True)
        found |= np.array([begun.search(text) is not None for text in there], bool)[which]
    return found
