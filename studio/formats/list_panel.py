"""The lists of a recommender over the training, as a panel of a page or a film.

Its flow clock is the history: item after item becomes known to the model. Rows move when an item
changes its rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio import hue_wheel, resources
from pushforward.studio.counts import format_count

__all__ = ["ListPanel", "ListedUser"]

SHOWN = 3  # items of the history above the list
HUES = 24
# Surface, text, muted text, accent: as in resources/pages/flow.css.
INKS = {
    True: ("#1a1d22", "#e6e8eb", "#969da8", "#5eb1ef"),
    False: ("#ffffff", "#1d2127", "#59616d", "#0f6cbd"),
}


@dataclass(frozen=True)
class ListedUser:
    """A user whose next items are recommended.

    Attributes:
        name: such as "User 12".
        history: places of all items among the titles, in order of time.
        known: length of the history at each flow time (T,).
    """

    name: str
    history: tuple[int, ...]
    known: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ListPanel:
    """Ranked lists of some users.

    Attributes:
        title: such as the name of the run.
        note: a line about it.
        steps: training steps (S,), rising.
        times: shares of the known history (T,), rising to 1.
        users: U of them.
        items: (S, T, U, K) places among the titles, best first; -1 for none.
        probability: (S, T, U, K) in [0, 1].
        titles: of the items.
    """

    title: str
    note: str
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    users: Sequence[ListedUser]
    items: NDArray[np.int64]
    probability: NDArray[np.float64]
    titles: tuple[str, ...]

    def take(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> "ListPanel":
        """Return the panel with some steps and flow times."""
        users = [
            replace(user, known=tuple(user.known[column] for column in columns))
            for user in self.users
        ]
        return replace(
            self,
            steps=self.steps[rows],
            times=self.times[columns],
            users=users,
            items=self.items[rows][:, columns],
            probability=self.probability[rows][:, columns],
        )

    def encode(self) -> dict[str, Any]:
        """Return what the page draws, with the titles of the items that occur in it."""
        used = sorted(
            {int(each) for each in np.unique(self.items) if each >= 0}
            | {each for user in self.users for each in user.history}
        )
        place = {item: at for at, item in enumerate(used)} | {-1: -1}
        items = [place[int(each)] for each in self.items.ravel()]
        return {
            "type": "lists",
            "titles": [self.titles[item] for item in used],
            "users": [
                {
                    "name": user.name,
                    "history": [place[item] for item in user.history],
                    "known": user.known,
                }
                for user in self.users
            ],
            "length": self.items.shape[3],
            "items": items,
            "probability": [float(f"{p:.3g}") for p in self.probability.ravel().tolist()],
        }

    def tell_flow(self, flow: float) -> str:
        """Return how many items of the first user are known at a flow time."""
        known = self.users[0].known[round(flow * (len(self.times) - 1))]
        return f"{format_count(known, 'item')} known"

    def draw(self, flow: float, training: float, size: int, *, dark: bool) -> Any:
        """Return the list of the first user at both clocks as a picture of size x size pixels."""
        from PIL import Image, ImageDraw, ImageFont

        surface, text, muted, accent = INKS[dark]
        picture = Image.new("RGB", (size, size), surface)
        pen = ImageDraw.Draw(picture)
        line = size / (self.items.shape[3] + SHOWN + 2.5)
        font = ImageFont.truetype(
            str(resources.folder("fonts") / "Inter-Regular.otf"), max(6, round(line * 0.5))
        )

        def write(left: float, top: float, words: str, ink: str, room: float) -> None:
            while words and pen.textlength(words, font=font) > room:
                words = f"{words[:-2]}…" if len(words) > 2 else ""
            pen.text((left, top + line / 2), words, font=font, fill=ink, anchor="lm")

        user, edge = self.users[0], line * 0.5
        column = round(flow * (len(self.times) - 1))
        known = user.known[column]
        write(edge, 0, f"{user.name}: {known} of {len(user.history)} items known", muted, size)
        for row, item in enumerate(user.history[:known][-SHOWN:]):
            write(edge, line * (row + 1), self.titles[item], text, size - 2 * edge)
        top, later = line * (SHOWN + 1.5), set(user.history[known:])
        pen.line((edge, top - line * 0.2, size - edge, top - line * 0.2), fill=muted)
        colours = hue_wheel.hue_wheel(dark)
        for item, (rank, probability, presence) in self.ranks(flow, training, 0).items():
            y = top + rank * line
            if presence < 0.5 or y > size - line * 0.8:
                continue
            hue = int(colours[(item * 7 % HUES) * hue_wheel.WHEEL // HUES]) & 0xFFFFFF
            wide = (size - 2 * edge) * 0.2 * min(1.0, probability)
            pen.rectangle((edge, y + line * 0.2, edge + line * 0.3, y + line * 0.8), f"#{hue:06x}")
            write(
                edge + line * 0.6, y, self.titles[item], accent if item in later else text,
                (size - 2 * edge) * 0.76 - line * 0.6,
            )  # fmt: skip
            right = size - edge
            pen.rectangle((right - wide, y + line * 0.35, right, y + line * 0.65), muted)
        return picture

    def ranks(
        self, flow: float, training: float, user: int
    ) -> dict[int, tuple[float, float, float]]:
        """Return by item its rank from 0, its probability as a share of the largest, and the share
        of neighbouring lists that contain it, interpolated at both clocks.
        """
        found: dict[int, tuple[float, float, float]] = {}
        length = self.items.shape[3]
        parts = [
            (row, column, a * b)
            for row, a in _neighbours(len(self.steps), training)
            for column, b in _neighbours(len(self.times), flow)
            if a * b > 0
        ]
        every = {int(i) for row, column, _ in parts for i in self.items[row, column, user]} - {-1}
        for item in every:
            rank = probability = presence = 0.0
            for row, column, weight in parts:
                at = np.flatnonzero(self.items[row, column, user] == item)
                values = self.probability[row, column, user]
                rank += weight * (int(at[0]) if len(at) else length)
                if len(at):
                    probability += weight * float(values[at[0]] / max(float(values.max()), 1e-12))
                    presence += weight
            found[item] = rank, probability, presence
        return found


def _neighbours(count: int, share: float) -> list[tuple[int, float]]:
    place = share * (count - 1)
    low = min(int(place), max(count - 2, 0))
    # Rows rest at each list, and move in between.
    part = min(1.0, max(0.0, (place - low - 0.35) / 0.3))
    weight = part * part * (3 - 2 * part)
    return [(low, 1 - weight), (min(low + 1, count - 1), weight)]
