"""Samples, purified: what the judge says of attacked images, before and after."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_paint import APART, GAP, WORDS
from pushforward.studio.app.data.views.lab import Lab
from pushforward.studio.app.data_types.images.image_lab import PictureLab
from pushforward.studio.app.data_types.images.own_image import Image, OwnImageResult
from pushforward.studio.app.design.basic import column, label, section
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors, font
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "PurifiedView"]

LAB = Lab(operator="attack", result="accuracy", preview={"rows": 16})
ONE, JUDGE = "purify", "ask-judge"
ASKED = ("noise", "votes", "seed")  # settings that both have
SETS = (
    "Clean",
    "Random perturbation of equal size",
    "Attacked",
    "Attacked, then purified",
    "Clean, then purified",
)
"""In the order of `models.operators.attack.SETS`."""
ROWS = ("Clean", "Attacked", "Attacked, then purified")
COLUMNS = (
    Column("Unseen images", "Processing before classification"),
    Column("classifier correct", "Accuracy, with its 95 % interval"),
)
SHOWN = 10  # images of a strip
WIDE = 600  # pixels of a strip, of so many
BELOW = 2 * GAP + WORDS  # pixels of it that are no image
SMALLEST, LARGEST = 55, 110  # pixels of an image
LETTER = 11  # of what stands below


class PurifiedView(PictureLab):
    """Attacked and purified images, and the accuracy of the reference classifier on them."""

    lab = LAB
    hint = "it is purified, with the predicted class before and after"

    async def ask_own(self, key: str, image: Image) -> OwnImageResult:
        """Purify an image as the lab did, and ask the judge about it before and after."""
        config = {name: self.config[name] for name in ASKED if name in self.config}
        ask = self._actions.operating.ask
        made = await ask(key, ONE, config=config, inputs={"rows": [image.tolist()]})
        images = np.concatenate([image[None], np.asarray(made.arrays["x"], np.float32)])
        run = self._state.runs.by_key.get(key)
        names = run.classes if run is not None else ()
        sides = "before", "purified"
        try:
            judged = await ask(key, JUDGE, inputs={"rows": images.tolist()})
        except Refused as refused:  # data without classes have no judge
            return OwnImageResult(images, list(sides), refused.error.message)
        before, after = (
            f"{named(int(seen), names)} ({number_format.percent(float(sure))} sure)"
            for seen, sure in zip(judged.arrays["class"], judged.arrays["sure"], strict=True)
        )
        noise = config.get("noise", self._usual_noise())
        put = f"Noise of {noise:g} data std is added and removed. " if noise else ""
        # Below the images there is no room for how sure it is.
        text = f"{put}Classified as {before} before, and as {after} after purification."
        return OwnImageResult(images, list(sides), text)

    def _usual_noise(self) -> float:
        """Return the default noise level for purification, 0 if unknown."""
        catalog = self._state.catalog
        entry = catalog.get("operator", ONE) if catalog is not None else None
        fields = entry.fields if entry is not None else ()
        return next((float(f.default) for f in fields if f.path == "noise"), 0.0)

    def lay_out(self, page: QWidget) -> None:
        self.table = Table("Accuracy of the reference classifier", COLUMNS, selectable=False)
        body = column(parent=page, gap=6, margins=(16, 10, 16, 12))
        self.done = label("", "muted", wrap=True)
        self.strips: list[TileGrid] = []
        for title in ROWS:
            strip = TileGrid(f"{title} images, with their predicted classes", strip=True)
            strip.setFixedHeight(SMALLEST + BELOW)
            strip.picked.connect(self._pick)
            self.strips.append(strip)
            body.addWidget(section(title))
            body.addWidget(strip)
        said = (
            "Below each image its predicted class and confidence; a cross marks errors. Columns "
            "are the same image."
        )
        for part in (label(said, "small", wrap=True), self.table, self.note, self.done):
            body.addWidget(part)
        body.addStretch(1)

    def draw(self) -> None:
        self.done.setText(done(self.config))
        accuracy = self.doubles("accuracy")
        lines, shades = [], []
        for place, (title, (share, low, high)) in enumerate(zip(SETS, accuracy, strict=True)):
            between = f"{100 * low:.1f} to {100 * high:.1f}"
            lines.append((title, f"{number_format.percent(share, 1)} ({between})"))
            mended = place == 3 and low > accuracy[2, 2]
            shades.append({1: colors().good} if mended else {})
        self.table.show_rows(lines, shades)
        self.table.fit()
        run = self.run
        kind = kind_of_run(run, self._state.catalog)
        names = run.classes if run is not None else ()
        images = np.asarray(self.arrays["pictures"], np.float32)
        truth = np.asarray(self.arrays["label"]).astype(int)
        said = [
            [
                f"{'' if seen == right else '✗ '}{named(int(seen), names)}, "
                f"{number_format.percent(float(how))}"
                for seen, how, right in zip(verdict[:SHOWN], sure[:SHOWN], truth, strict=False)
            ]
            for verdict, sure in zip(self.arrays["verdict"], self.arrays["sure"], strict=True)
        ]
        side = _side([each for line in said for each in line])
        most = min(SHOWN, max(1, WIDE // (side + GAP)))
        for strip, shown, below in zip(self.strips, images, said, strict=True):
            strip.setFixedHeight(side + BELOW)
            tiles = kind.tiles({"x": shown[:most]})
            strip.show_tiles(tiles, noun=kind.many, words=below[:most])

    def _pick(self, place: int) -> None:
        for strip in self.strips:
            strip.select(place)


def done(config: Mapping[str, Any]) -> str:
    """Say what was done to the images, by the settings of the lab."""
    strength, noise = float(config.get("strength", 0.0)), float(config.get("noise", 0.0))
    votes = int(config.get("votes", 1))
    mean = f", {votes} times; the predictions are averaged" if votes > 1 else ""
    return (
        f"The reference classifier of these data. Attacked: each pixel changes by {strength:g} "
        "(black to white is 1), up or down, whichever lowers the probability of the right class "
        "(fast gradient sign). By chance: as far, up or down by a coin. Purified: noise of "
        f"{noise:g} data std is put on, and the model takes it away again{mean}."
    )


def _side(said: Sequence[str]) -> int:
    """Return how wide images are below which some words have room, in pixels."""
    metrics = QFontMetrics(font(LETTER))
    need = max((metrics.horizontalAdvance(each) for each in said), default=0)
    return min(LARGEST, max(SMALLEST, need + APART - GAP))


def named(label_: int, names: tuple[str, ...]) -> str:
    """Return what a class is called, its number where that is not known."""
    return names[label_] if 0 <= label_ < len(names) else str(label_)


VIEW = LAB.view(PurifiedView, id="purified", lens="samples", title="Purify", order=27)
