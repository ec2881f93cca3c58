"""Interactions: histories with item titles; recommendations are exported as a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import Config, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource, Splits
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING, sizes
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.ranking.protocol_setting import (
    USERS,
    HistorySettings,
    split_by_setting,
)
from pushforward.studio.engine.kinds.base import MOST_HANDED, Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.formats.parquet import PARQUET, write_parquet
from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.parts import lengths_of

__all__ = ["Interactions"]

_EARLIER = "earlier"
_TIME, _RATING = "time", "rating"
_LISTS = ("user", "item", "score")
_CALLED = ("user", "item")


class Interactions(DataKind, slug="interactions"):
    """Histories of users."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", *ARRAY_SUFFIXES, PARQUET)
    run_settings: ClassVar[type[Config] | None] = HistorySettings

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, InteractionSet)
        events = int(data.lengths.sum())
        return f"{len(data):,} users, {len(data.titles):,} items, {events:,} interactions"

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, InteractionSet)
        person, item = data.called
        lengths = data.lengths
        return {
            **super().facts(data),
            "mean": [],  # items are no quantities
            "std": [],
            "events": int(lengths.sum()),
            "lengths": [int(lengths.median()), int(lengths.max())] if len(lengths) else [],
            "person": person if data.people is not None else "",
            "item": item if data.items else "",
            "items": list(data.items),
            "users": data.names if data.user_names else [],
            "categories": list(data.categories),
        }

    def from_parts(self, parts: Arrays, facts: Facts) -> InteractionSet:
        """Return histories from what an importer brings: x, the newest items of each user, and
        perhaps "time" and "rating" of the same shape and a ragged "earlier" of the items before;
        titles and categories are among the facts.
        """
        if (refused := self.missing(parts, ("x",))) is not None:
            raise refused
        x = torch.from_numpy(np.array(parts["x"])).long()
        titles = tuple(map(str, facts.more.get("titles", ())))
        earlier = _earlier(parts)
        known = titles and x.ndim == 2 and x.min() >= PADDING and x.max() <= len(titles)
        if known and earlier is not None and len(earlier.values):
            known = earlier.values.min() > PADDING and earlier.values.max() <= len(titles)
        alike = all(parts[name].shape == x.shape for name in (_TIME, _RATING) if name in parts)
        if not known or not alike:
            raise Refused(
                "The data set has items without a title, or is not a table of histories.",
                "Import it again.",
                kind="data",
                path="dataset",
            )
        people, items = parts.get("person"), tuple(facts.more.get("items", ()))
        categories = tuple(map(str, facts.more.get("categories", ())))
        called = tuple(map(str, facts.more.get("called", ())))
        return InteractionSet(
            x,
            titles,
            # Sets that were imported before have neither.
            None if people is None else torch.from_numpy(np.array(people)).long(),
            items if len(items) == len(titles) else (),
            (called[0], called[1]) if len(called) == 2 else ("user", "item"),
            earlier,
            _tensor(parts, _TIME, torch.int64),
            _tensor(parts, _RATING, torch.float32),
            categories if len(categories) == len(titles) else (),
            user_names=tuple(map(str, facts.more.get("users", ()))),
        )

    def is_split(self, settings: Mapping[str, Any]) -> bool:
        """As `DataKind.is_split`: the usual protocol holds out users, by their numbers."""
        return bool(settings.get("protocol", USERS) != USERS)

    def split_parts(
        self, parts: Arrays, facts: Facts, settings: Mapping[str, Any]
    ) -> Splits | None:
        """Return histories as the evaluation protocol of the run splits them."""
        protocol = decode(HistorySettings, settings).protocol
        if protocol == USERS:
            return None
        return split_by_setting(self.from_parts(parts, facts), protocol)

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return "x" (n, L) int32 with "size", and under "person" (n,) by which number each is
        named; "time" and "rating" (n, L) where they are known; where histories are longer, what was
        before x as "earlier" (m,), one user after the other, and under "earlier.lengths" (n,) how
        many each has.
        """
        assert isinstance(data, InteractionSet)
        arrays = super().preview_arrays(data)
        numbers = data.numbers.numpy()
        found = {"x": arrays["x"].astype(np.int32), "size": arrays["size"], "person": numbers}
        if data.times is not None:
            found[_TIME] = data.times.numpy()
        if data.ratings is not None:
            found[_RATING] = data.ratings.numpy()
        if data.earlier is not None:
            found[_EARLIER] = data.earlier.values.numpy().astype(np.int32)
            found[lengths_of(_EARLIER)] = data.earlier.lengths.numpy()
        return found

    def split_places(self, some: RowSource, train: RowSource, test: RowSource | None) -> Arrays:
        """Return for each of some users "trained" (n,), the items that are trained on, and "tested"
        (n,), the items before the first test item, 0 without any.
        """
        assert isinstance(some, InteractionSet)
        if not isinstance(train, InteractionSet):
            return {}  # too large to be read here
        found = {"trained": _lengths_of(some, train, train.lengths)}
        if isinstance(test, InteractionSet):
            known = test.lengths - (1 if test.targets is None else test.targets)
            found["tested"] = _lengths_of(some, test, known)
        return found

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """As `DataKind.parse_rows`: histories of any length, of numbers from 1 or of titles."""
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            raise ValueError("must be histories, each a list of items")
        known = {title.casefold(): item for item, title in enumerate(columns, 1)}
        found = [[_item(each, known) for each in row] for row in value]
        longest = max(spec.shape[0], *map(len, found)) if found else 0
        if len(found) * longest > MOST_HANDED:
            raise ValueError(f"must be at most {MOST_HANDED:,} items in all")
        x = torch.tensor([row + [PADDING] * (longest - len(row)) for row in found])
        if not x.numel():
            raise ValueError("must be one history at least")
        return Batch(x, x != PADDING, {SIZE: sizes(x)})

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """As `DataKind.write`; a table has a line for each item of each user, in order."""
        if path.suffix.lower() not in (".csv", PARQUET):
            write_arrays(path, self.arrays(rows), attrs)
            return
        x = rows.x.numpy()
        users, places = np.nonzero(x != PADDING)
        items = x[users, places]
        titles = [_title(columns, item) for item in items.tolist()]
        if path.suffix.lower() == PARQUET:
            named = {"user": users + 1, "place": places + 1, "item": items}
            write_parquet(path, {**named, "title": np.array(titles, object)})
            return
        numbers = zip((users + 1).tolist(), (places + 1).tolist(), items.tolist(), strict=True)
        lines = [(*each, title) for each, title in zip(numbers, titles, strict=True)]
        write_text(path, with_commas(("user", "place", "item", "title"), lines))

    def name_results(
        self, arrays: Arrays, columns: tuple[str, ...], facts: Mapping[str, Any]
    ) -> Arrays:
        """As `DataKind.name_results`: lists get the identifiers of users and items where these are
        texts, and item vectors the identifiers, titles and categories of their rows.
        """
        person, thing = facts.get("called", _CALLED)
        users, items = facts.get("users", ()), facts.get("items", ())
        found = dict(arrays)
        if "user" in arrays and len(users):
            numbers = arrays.get(person, arrays["user"])
            found[_column(person)] = np.array(["", *users])[numbers]
        if items and isinstance(items[0], str) and all(name in arrays for name in _LISTS):
            found[_column(thing)] = np.array(["", *items])[arrays["item"]]
        if "vectors" in arrays:
            found["item"] = np.array(items or range(1, len(columns) + 1))
            found["title"] = np.array(columns)
            if len(facts.get("categories", ())) == len(columns):
                found["categories"] = np.array(facts["categories"])
        return found

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """As `DataKind.write_result`; lists are a table (CSV or Parquet) of user, rank, item, title
        and score, with the numbers that users and items have in their data where they have some.
        """
        if path.suffix.lower() not in (".csv", PARQUET) or any(n not in arrays for n in _LISTS):
            super().write_result(path, rows, columns, arrays, attrs)
            return
        table = _table_of_lists(arrays, columns)
        if path.suffix.lower() == PARQUET:
            write_parquet(path, table)
        else:
            lines = zip(*(values.tolist() for values in table.values()), strict=True)
            write_text(path, with_commas(tuple(table), list(lines)))


def _table_of_lists(arrays: Arrays, columns: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the columns of lists, a line for each item of each user."""
    item, score = arrays["item"], arrays["score"]
    person = next(((n, a) for n, a in _others(arrays) if a.ndim == 1), ("user", arrays["user"]))
    thing = next(((n, a) for n, a in _others(arrays) if a.ndim == 2), ("item", item))
    person, thing = ((name, _harmless(values)) for name, values in (person, thing))
    row, place = np.nonzero(item != PADDING)
    titles = [_title(columns, each) for each in item[row, place].tolist()]
    return {
        person[0]: person[1][row],
        "rank": place + 1,
        thing[0]: thing[1][row, place],
        "title": np.array(titles, object),
        "score": np.array([float(f"{each:.6g}") for each in score[row, place].tolist()]),
    }


def _lengths_of(some: InteractionSet, rows: InteractionSet, lengths: Tensor) -> NDArray[np.int64]:
    """Return a length (m,) of rows for each of some users (n,), 0 for users of other rows."""
    known = dict(zip(rows.numbers.tolist(), lengths.tolist(), strict=True))
    return np.array([known.get(number, 0) for number in some.numbers.tolist()], np.int64)


def _column(name: str) -> str:
    """Return the column of identifiers of this name, next to the numbers of users and items."""
    return f"{name}_id" if name in _LISTS else name


def _harmless(values: NDArray[Any]) -> NDArray[Any]:
    """Return identifiers for a table; texts are kept from being read as formulas."""
    return np.vectorize(harmless, [object])(values) if values.dtype.kind == "U" else values


def _earlier(parts: Arrays) -> Ragged | None:
    """Return what was before x; sets that were imported before have nothing of it."""
    if _EARLIER not in parts:
        return None
    values, lengths = parts[_EARLIER], parts[lengths_of(_EARLIER)]
    return Ragged(torch.from_numpy(np.array(values)).long(), torch.from_numpy(np.array(lengths)))


def _tensor(parts: Arrays, name: str, dtype: torch.dtype) -> Tensor | None:
    """Return a part as a tensor, None where the data set has none of that name."""
    return torch.from_numpy(np.array(parts[name])).to(dtype) if name in parts else None


def _item(value: Any, known: Mapping[str, int]) -> int:
    """Return the item of a number or a title.

    Raises:
        ValueError: unknown title or number.
    """
    if isinstance(value, str):
        if value.casefold() not in known:
            raise ValueError(f"must be items known to the model; {value!r} is not")
        return known[value.casefold()]
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if not whole or abs(value) > 2**53:
        raise ValueError(f"must hold numbers of items or titles, got {value!r}")
    return int(value)


def _others(arrays: Arrays) -> list[tuple[str, NDArray[Any]]]:
    return [(name, values) for name, values in arrays.items() if name not in _LISTS]


def _title(titles: Sequence[str], item: int) -> str:
    return harmless(titles[item - 1]) if 0 < item <= len(titles) else ""
