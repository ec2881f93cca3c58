"""Interactions: what users watched, bought or read, each a history of items in order of time."""

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given, choose_condition_rows
from pushforward.models.layouts.histories import PADDING, TIME, sizes
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator, real_places

__all__ = ["HeldOut", "InteractionSet", "KnownLaw", "interactions"]

_DAY = 86_400.0


@dataclass(frozen=True)
class HeldOut:
    """Histories without their last items, and these items, which a recommender predicts.

    Attributes:
        histories: the known part, (n, L).
        item: (n,) int64, the next item, from 1.
        earlier: items before these histories, None for none.
        targets: all held-out items of each user, in order; the first is ``item``.
        source: the users in question, with their whole histories.
    """

    histories: Batch
    item: Tensor
    earlier: Ragged | None
    targets: Ragged
    source: "InteractionSet"


class KnownLaw(Protocol):
    """The exact distribution of the next item, of users who were simulated."""

    def take(self, index: Tensor | slice) -> "KnownLaw":
        """Return the distribution of some users."""
        ...

    def log_prob(self, x: Tensor, at: Tensor) -> Tensor:
        """Return log p of each item at place ``at`` (n,) of histories x (n, L), given the items
        before it and the hidden state of each user: (n, V), item i at i - 1.
        """
        ...


@dataclass(frozen=True)
class InteractionSet:
    """Histories of users; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) int64, items from 1 in order of time, 0 after the last.
        titles: of the items, item i at i - 1; the V items that there are.
        people: (n,) int64, the number of each user in the original data; None where nothing
            but their place is known.
        items: identifiers of the items there, numbers or texts, in the order of the titles; () as
            above.
        user_names: identifiers of the users there, by their number from 1, where these are texts;
            () otherwise.
        called: what these numbers are called there, those of users and those of items.
        earlier: items before those in x, of histories that are longer than models read: nothing is
            learned from them, and they have been seen. None where x has everything.
        times: (n, L) int64, seconds since 1970 in the places of x, 0 at padding; None if unknown.
        ratings: (n, L) float32 in the places of x, 0 at padding; None if unknown.
        categories: of the items, in the order of the titles; several of one item are separated by
            "|". () if unknown.
        targets: (n,) int64, how many of the last items of x are held out to be predicted; None for
            one.
        known: the exact distribution of the next item; None if the data were not simulated.
    """

    x: Tensor
    titles: tuple[str, ...]
    people: Tensor | None = None
    items: tuple[int, ...] | tuple[str, ...] = ()
    called: tuple[str, str] = ("user", "item")
    earlier: Ragged | None = None
    times: Tensor | None = None
    ratings: Tensor | None = None
    categories: tuple[str, ...] = ()
    targets: Tensor | None = None
    known: KnownLaw | None = None
    user_names: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The titles: what the numbers of a row stand for, from 1."""
        return self.titles

    @property
    def size(self) -> Tensor:
        """(n,) int64, how many items of each history models read."""
        return sizes(self.x)

    @property
    def lengths(self) -> Tensor:
        """(n,) int64, how many items each history has in all."""
        return self.size if self.earlier is None else self.size + self.earlier.lengths

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec: the items and the padding, and how long histories are."""
        places = self.x.shape[1]
        masks = real_places(torch.arange(places + 1), places)
        some = choose_condition_rows(len(self))
        return DataSpec(
            "interactions",
            (places,),
            torch.zeros(places),
            torch.ones(places),
            symbols=len(self.titles) + 1,
            masks=masks,
            given={SIZE: Given()}
            | ({} if self.times is None else {TIME: Given((places,), unit="days")}),
            law={SIZE: self.size[some]},
        )

    @property
    def numbers(self) -> Tensor:
        """(n,) int64, number of each user: that of the original data, or from 1 on."""
        return torch.arange(1, len(self) + 1) if self.people is None else self.people

    @property
    def names(self) -> list[str]:
        """Identifiers of the users in the original data as texts."""
        known, numbers = self.user_names, self.numbers.tolist()
        return [known[i - 1] if 0 < i <= len(known) else str(i) for i in numbers]

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some histories, with their sizes, and with their times if these are known."""
        x = self.x[index]
        given = {SIZE: sizes(x)}
        if self.times is not None:
            given[TIME] = (self.times[index].double() / _DAY).float()
        return Batch(x, x != PADDING, given)

    def take(self, index: Tensor | slice) -> "InteractionSet":
        """Return the histories of some users."""
        people, times, ratings, targets = (
            None if each is None else each[index]
            for each in (self.people, self.times, self.ratings, self.targets)
        )
        return replace(
            self,
            x=self.x[index],
            people=people,
            earlier=None if self.earlier is None else self.earlier.take(index),
            times=times,
            ratings=ratings,
            targets=targets,
            known=None if self.known is None else self.known.take(index),
        )

    def without_last(self, k: int | Tensor) -> "InteractionSet":
        """Return the histories without their last k items, one number for all users or (n,); users
        of whom nothing would be left are left out.
        """
        cut = torch.as_tensor(k).expand(len(self))
        enough = self.size > cut
        kept, cut = self.take(enough), cut[enough]
        mask = real_places(kept.size - cut, kept.x.shape[1])
        times, ratings = (None if v is None else v * mask for v in (kept.times, kept.ratings))
        return replace(kept, x=kept.x * mask, times=times, ratings=ratings, targets=None)

    def held_out(self) -> HeldOut:
        """Return the histories without their targets, and the targets; users with no item before
        their targets, or without targets, are left out.

        Raises:
            ValueError: no user is left.
        """
        wanted = torch.ones_like(self.size) if self.targets is None else self.targets
        asked = self.take((wanted > 0) & (self.size > wanted))
        if not len(asked):
            raise ValueError("no history has two items, so none could be held out")
        wanted = wanted[(wanted > 0) & (self.size > wanted)]
        size, places = asked.size[:, None], torch.arange(asked.x.shape[1])
        late = (places >= size - wanted[:, None]) & (places < size)
        targets = Ragged(asked.x[late], wanted)
        item = asked.x.gather(1, size - wanted[:, None]).squeeze(1)
        histories = asked.without_last(wanted).rows(slice(None))
        return HeldOut(histories, item, asked.earlier, targets, asked)

    def best_scores(self) -> Tensor:
        """Return log p of the first target of each user of `held_out`, by the known distribution:
        (n, V). No model can predict better on average.

        Raises:
            ValueError: the data were not simulated.
        """
        held = self.held_out()
        known = held.source.known
        if known is None:
            raise ValueError("the distribution of these data is unknown: they were not simulated")
        x = held.histories.x
        return known.log_prob(x, sizes(x))


@kind(
    "interactions",
    title="Interactions",
    one="user",
    many="users",
    summary="Histories of users: which films they watched, or what they bought, in order of time.",
    gives=("symbols", "sequence", "items"),
    networks={"recommender": "gru-sequence"},
    metrics=("ndcg-at-10", "recall-at-10"),
    families={
        "sasrec": {"net": {"slug": "sasrec", "config": {}}},
        "caser": {"net": {"slug": "caser", "config": {}}},
    },
    training={"samples": 4000, "batch": 128, "evaluate_samples": 1000, "steps": 1500},
)
def interactions(n: int, seed: int) -> InteractionSet:
    """Return n histories of 2 to 6 of 12 items, each the next in a circle or, now and then, any,
    the first ones more often.
    """
    generator = make_generator(seed)
    x = (12 * torch.rand((n, 6), generator=generator).square()).long()
    for place in range(1, 6):
        goes_on = torch.rand(n, generator=generator) < 0.7
        x[:, place] = torch.where(goes_on, (x[:, place - 1] + 1) % 12, x[:, place])
    size = torch.randint(2, 7, (n,), generator=generator)
    mask = real_places(size, 6)
    return InteractionSet((x + 1) * mask, tuple(f"Item {i}" for i in range(1, 13)))
