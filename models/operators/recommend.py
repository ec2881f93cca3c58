"""What users may like next: a list of items for each."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING, sizes, within, without_seen
from pushforward.models.operators.base import ALL, Operation, Outcome, Progress, Slot, Work
from pushforward.models.operators.recommender_scores import usable_scores
from pushforward.models.registry import operator

__all__ = ["Recommend", "RecommendConfig", "chosen"]

_HISTORIES = "histories"
_DIGITS = 18  # of a number that 64 bits hold
_PIECE = 512  # users between two interruptions


class RecommendConfig(Config, frozen=True):
    """Whom something is recommended to, and how much."""

    k: Annotated[int, param("List length", "Number of recommended items.", low=1, high=1000)] = 10
    people: Annotated[
        str,
        param(
            "Users",
            "Identifiers of users as in the data (userId), or numbers from 1 if they have none, "
            "such as 3, 10-20 or C10770; empty for all.",
        ),
    ] = ""
    leave_out_seen: Annotated[
        bool,
        param(
            "Exclude seen items",
            "Never recommends items of the history: right for films, wrong for repeated purchases.",
        ),
    ] = True


def chosen(text: str, numbers: Tensor, names: Sequence[str] = ()) -> Tensor:
    """Return the places (m,) of the users that a text such as "3, 10-20" names by their numbers
    (n,) or, by number from 1, their names; all for "". Of a range those are taken that there are.

    Raises:
        ValueError: it names others, or nothing that can be understood.
    """
    if not text.strip():
        return torch.arange(len(numbers))
    found: list[Tensor] = []
    known = {name: number for number, name in enumerate(names, 1)}
    for word in text.replace(",", " ").split():
        if word in known:
            found.append((numbers == known[word]).nonzero()[:, 0])
            continue
        first, dash, last = word.partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            such = f"identifiers such as {names[0]}" if names else "numbers such as 3, 10-20"
            raise ValueError(f"{word!r} is not a user; write {such}.")
        start, stop = int(first), int(last if dash else first)
        places = ((numbers >= start) & (numbers <= stop)).nonzero()[:, 0]
        if not len(places):
            low, high = int(numbers.min()), int(numbers.max())
            raise ValueError(
                f"there is no user with the number {word}; numbers go from {low} to {high}."
            )
        found.append(places)
    return torch.cat(found)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


@operator(
    "recommend",
    title="Recommend",
    summary="Lists the items with the highest scores for each user. CSV has one line per item "
    "with rank, title and score.",
    source="by definition: the k best of all items",
    kinds=("interactions",),
    needs=("recommend",),
    takes=(
        Slot(
            _HISTORIES,
            "Histories",
            "Items of each user by title, or by number from 1, the newest last; without any, the "
            "histories of all users in the data set.",
            unless=ALL,
        ),
    ),
    config=RecommendConfig,
)
class Recommend:
    """Scores all items after each history, some users at a time."""

    def __init__(self, config: RecommendConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Recommend; the outcome is "user" (m,), from 1, "item" (m, k), from 1, and "score" (m, k),
        best first. Item 0 means that nothing is left to recommend. Identifiers of users and items
        from the data that are numbers are included, (m,) and (m, k), under their names there; -1 is
        no item. Scores are log-probabilities.

        See `models.operators.base.Operator`.

        Raises:
            ValueError: the input is not a set of histories, or a user is not in it.
        """
        learner, rows = operation.learner, operation.handed[_HISTORIES]
        assert isinstance(learner, Recommends)
        spec = learner.spec
        assert spec.symbols is not None
        x, items_known = rows.x, spec.symbols - 1
        if x.min() < PADDING or x.max() > items_known:
            raise ValueError(f"items are numbered from 1 to {items_known:,}.")
        if ((x[:, :-1] == PADDING) & (x[:, 1:] != PADDING)).any():
            raise ValueError("histories are padded at the end, and one has a gap before an item.")
        whole = operation.whole.get(_HISTORIES)
        data = whole if isinstance(whole, InteractionSet) else InteractionSet(x, ())
        who = chosen(self.config.people, data.numbers, data.user_names)
        k = min(self.config.k, items_known)
        items: list[Tensor] = []
        scores: list[Tensor] = []
        for at in range(0, len(who), _PIECE):
            some = who[at : at + _PIECE]
            piece = rows.take(some)
            read = within(piece.x, spec.shape[0])
            said = usable_scores(learner, Batch(read, read != PADDING, {SIZE: sizes(read)}))
            if self.config.leave_out_seen:
                earlier = None if data.earlier is None else data.earlier.take(some)
                said = without_seen(said, piece.x, earlier)
            best = said.topk(k, dim=1)
            items.append(torch.where(best.values.isfinite(), best.indices + 1, PADDING))
            scores.append(best.values)
            yield Progress(sum(map(len, items)), len(who))
        item = torch.cat(items)
        arrays = {"user": who + 1, "item": item, "score": torch.cat(scores)}
        note = _cut(int((data.lengths[who] > spec.shape[0]).sum()), spec.shape[0])
        return Outcome(arrays={**arrays, **_named(data, who, item)}, note=note)


def _cut(longer: int, places: int) -> str:
    """Say how many histories have more items than a model reads; "" for none."""
    if not longer:
        return ""
    which = "One history is" if longer == 1 else f"{longer:,} histories are"
    return f"{which} longer than {places:,} items; the last {places:,} are read."


def _named(data: InteractionSet, who: Tensor, item: Tensor) -> dict[str, Tensor]:
    """Return the numbers of users and items in the original data, under their names there."""
    person, thing = data.called
    found = {} if data.people is None else {person: data.people[who]}
    if data.items and not isinstance(data.items[0], str):
        found[thing] = torch.tensor([-1, *data.items])[item]
    return found
