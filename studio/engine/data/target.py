"""The points that a training aims at, as people have edited them.

A pure function of the original points and the edits: nothing has to be saved for resuming. Points
are in the units of the data; places and radii lie in their first two coordinates.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.randomness import ADDED, SHOWN
from pushforward.studio.protocol.spec import EditPoints, UndoPoints

__all__ = ["FEWEST", "PointsEdit", "Target", "check_points_edit"]

PointsEdit: TypeAlias = EditPoints | UndoPoints

ACTIONS = ("add", "move", "remove")
FEWEST = 4
MOST_ADDED = 1_000_000


@dataclass(frozen=True)
class Target:
    """Points after some edits.

    Attributes:
        original: (n, d), before all edits.
        x: (m, d), after them.
        order: (m,), a random number for each point, its own for ever: those with the smallest
            numbers are shown where not all can be, so that an edit changes only what it touches.
        done: the edits that are not undone.
        by_hand: whether it can be edited by hand, on a plane.
    """

    original: Tensor
    x: Tensor
    order: Tensor
    done: tuple[EditPoints, ...] = ()
    by_hand: bool = True

    @classmethod
    def from_data(cls, original: Tensor, *, by_hand: bool = True) -> "Target":
        """Return data (n, *shape) without an edit."""
        order = torch.rand(len(original), generator=make_generator(0, SHOWN))
        return cls(original, original, order, by_hand=by_hand)

    def after(self, edit: PointsEdit) -> "Target":
        """Return the points after one more edit.

        Raises:
            Refused: it makes no sense, changes nothing, or leaves too few points; or the data
                have no two coordinates to point at.
        """
        if not self.by_hand:
            raise Refused(
                "These data cannot be edited by hand: this needs points with at least two "
                "coordinates that fit into memory."
            )
        check_points_edit(edit)
        if isinstance(edit, EditPoints):
            return _edited(self, edit)
        if not self.done:
            raise Refused("There is no edit of points to undo.")
        target = Target.from_data(self.original)
        for earlier in self.done[:-1]:
            target = _edited(target, earlier)
        return target

    def thinned(self, n: int) -> Tensor:
        """Return at most n of the points (min(n, m), d), nearly the same ones after an edit."""
        return self.x if n >= len(self.x) else self.x[self.chosen(n)]

    def chosen(self, n: int) -> Tensor:
        """Return the indices of at most n points. They are chosen at random, because files are
        often sorted; a smaller n gives a subset of a larger one.
        """
        if n >= len(self.x):
            return torch.arange(len(self.x))
        return torch.topk(self.order, n, largest=False, sorted=True).indices


def _edited(target: Target, edit: EditPoints) -> Target:
    x, order = target.x, target.order
    if edit.action == "add":
        new, numbers = _sample_added_points(x, edit)
        x, order = torch.cat([x, new]), torch.cat([order, numbers])
    else:
        near = (x[:, :2] - torch.tensor(edit.centre)).square().sum(dim=1) <= edit.radius**2
        if not near.any():
            place = f"({edit.centre[0]:.3g}, {edit.centre[1]:.3g})"
            raise Refused(f"There is no point within {edit.radius:.3g} of {place}.")
        if edit.action == "move":
            offset = torch.zeros(x.shape[1])
            offset[:2] = torch.tensor(edit.offset)
            x = torch.where(near[:, None], x + offset, x)
        else:
            x, order = x[~near], order[~near]
    if len(x) < FEWEST:
        raise Refused(f"At least {FEWEST} training points must remain.")
    return dataclasses.replace(target, x=x, order=order, done=(*target.done, edit))


def _sample_added_points(x: Tensor, edit: EditPoints) -> tuple[Tensor, Tensor]:
    """Draw the points that are added; coordinates after the second are those of points that are
    there already, chosen at random.
    """
    generator = make_generator(edit.seed, ADDED)
    plane = torch.randn(edit.count, 2, generator=generator) * edit.radius
    chosen = torch.randint(len(x), (edit.count,), generator=generator)
    new = x[chosen].clone()
    new[:, :2] = plane + torch.tensor(edit.centre)
    return new, torch.rand(edit.count, generator=generator)


def check_points_edit(edit: PointsEdit) -> None:
    """Refuse what no points could make sensible.

    Raises:
        Refused: an unknown action, or a number out of bounds.
    """
    if isinstance(edit, UndoPoints):
        return
    if edit.action not in ACTIONS:
        raise Refused(
            f"Points can be {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}, not {edit.action!r}.",
            path="action",
        )
    if not all(math.isfinite(number) for number in (*edit.centre, *edit.offset)):
        raise Refused("The centre and the offset must be finite.", path="centre")
    if not 0.0 < edit.radius < math.inf:
        raise Refused(f"The radius must be greater than 0, got {edit.radius:g}.", path="radius")
    if edit.action == "add" and not 1 <= edit.count <= MOST_ADDED:
        raise Refused(
            f"Between 1 and {MOST_ADDED:,} points can be added, not {edit.count:,}.", path="count"
        )
