"""Interactions: what people watched, bought or read, each a history of items in order of time."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given, rows_of_law
from pushforward.models.layouts.histories import PADDING, sizes
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator, real_places

__all__ = ["HeldOut", "InteractionSet", "interactions"]


@dataclass(frozen=True)
class HeldOut:
    """Histories cut before their last item, and that item: what a recommender is asked.

    Attributes:
        histories: what is known, (n, L).
        item: (n,) int64, what came next, from 1.
        earlier: what was before these histories, None for nothing.
    """

    histories: Batch
    item: Tensor
    earlier: Ragged | None = None


@dataclass(frozen=True)
class InteractionSet:
    """Histories of people; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) int64, items from 1 in order of time, 0 after the last.
        titles: of the items, item i at i - 1; the V items that there are.
        people: (n,) int64, what each person is numbered where they come from; None where nothing
            but their place is known.
        items: what the items are numbered there, in the order of the titles; () as above.
        called: what these numbers are called there, those of people and those of items.
        earlier: items before those in x, of histories that are longer than models read: nothing is
            learned from them, and they have been seen. None where x has everything.
        times: (n, L) int64, seconds since 1970 in the places of x, 0 at padding; None if unknown.
        ratings: (n, L) float32 in the places of x, 0 at padding; None if unknown.
        categories: of the items, in the order of the titles; several of one item are separated by
            "|". () if unknown.
    """

    x: Tensor
    titles: tuple[str, ...]
    people: Tensor | None = None
    items: tuple[int, ...] = ()
    called: tuple[str, str] = ("user", "item")
    earlier: Ragged | None = None
    times: Tensor | None = None
    ratings: Tensor | None = None
    categories: tuple[str, ...] = ()

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
        some = rows_of_law(len(self))
        return DataSpec(
            "interactions",
            (places,),
            torch.zeros(places),
            torch.ones(places),
            symbols=len(self.titles) + 1,
            masks=masks,
            given={SIZE: Given()},
            law={SIZE: self.size[some]},
        )

    @property
    def numbers(self) -> Tensor:
        """(n,) int64, by which people are named: as where they come from, or from 1 on."""
        return torch.arange(1, len(self) + 1) if self.people is None else self.people

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some histories, with their sizes."""
        x = self.x[index]
        return Batch(x, x != PADDING, {SIZE: sizes(x)})

    def take(self, index: Tensor | slice) -> "InteractionSet":
        """Return the histories of some people."""
        people, times, ratings = (
            None if each is None else each[index]
            for each in (self.people, self.times, self.ratings)
        )
        return replace(
            self,
            x=self.x[index],
            people=people,
            earlier=None if self.earlier is None else self.earlier.take(index),
            times=times,
            ratings=ratings,
        )

    def without_last(self, k: int) -> "InteractionSet":
        """Return the histories without their last k items; people of whom nothing would be left
        are left out.
        """
        kept = self.take(self.size > k)
        mask = real_places(kept.size - k, kept.x.shape[1])
        times, ratings = (None if v is None else v * mask for v in (kept.times, kept.ratings))
        return replace(kept, x=kept.x * mask, times=times, ratings=ratings)

    def held_out(self) -> HeldOut:
        """Return all histories before their last item, and that item; a person of fewer than two
        items cannot be asked about.

        Raises:
            ValueError: no user has two items.
        """
        asked = self.take(self.size >= 2)
        if not len(asked):
            raise ValueError("no history has two items, so none could be held out")
        last = asked.size - 1
        item = asked.x.gather(1, last[:, None]).squeeze(1)
        return HeldOut(asked.without_last(1).rows(slice(None)), item, asked.earlier)


@kind(
    "interactions",
    title="Interactions",
    one="person",
    many="people",
    summary="Histories of people: which films they watched, or what they bought, in order of time.",
    gives=("symbols", "sequence", "items"),
    networks={"recommender": "gru-sequence"},
    metrics=("ndcg-at-10", "recall-at-10"),
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
