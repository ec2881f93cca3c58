"""Samples, purified: what the judge says of attacked images, before and after."""

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.intents.base import Refused
from studio.app.kinds.registry import kind_of_run
from studio.app.state.session import AppState
from studio.app.theme import colors
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import label, section
from studio.app.widgets.figurestable import FiguresTable
from studio.app.widgets.foundview import can_ask
from studio.app.widgets.ownimage import Image, Told
from studio.app.widgets.picturelab import PictureLab
from studio.app.widgets.tilegrid import TileGrid

__all__ = ["VIEW", "PurifiedView"]

OPERATOR, ONE, JUDGE = "attack", "purify", "ask-judge"
ASKED = ("noise", "votes", "seed")  # settings that both have
SETS = (
    "Clean",
    "Changed as much by chance",
    "Attacked",
    "Attacked, then purified",
    "Clean, then purified",
)
"""In the order of `models.operators.attack.SETS`."""
ROWS = ("Clean", "Attacked", "Purified")
COLUMNS = (
    ("", ""),
    ("judge is right", "How often it names the class rightly, with its 95 % interval"),
)
SHOWN = 10  # images of a strip
HIGH = 88  # pixels of a strip


class PurifiedView(PictureLab):
    """Shows what the purification lab found."""

    operator = OPERATOR
    hint = "it is purified, and the judge says what it sees before and after"
    question = "Can it mend what an attacker has done?"
    answer = (
        "Unseen images are altered, hardly to be seen, until the judge errs. Noise drowns what was "
        "altered, and the model takes it away again: does the judge then see what was there?"
    )

    async def ask_own(self, key: str, image: Image) -> Told:
        """Purify an image as the lab did, and ask the judge about it before and after."""
        config = {name: self.config[name] for name in ASKED if name in self.config}
        ask = self._actions.operating.ask
        made = await ask(key, ONE, config=config, inputs={"rows": [image.tolist()]})
        images = np.concatenate([image[None], np.asarray(made.arrays["x"], np.float32)])
        run = self.state.runs.by_key.get(key)
        names = run.classes if run is not None else ()
        sides = "before", "purified"
        try:
            judged = await ask(key, JUDGE, inputs={"rows": images.tolist()})
        except Refused as refused:  # data without classes have no judge
            return Told(images, list(sides), refused.error.message)
        before, after = (
            f"{named(int(seen), names)} ({float(sure):.0%} sure)"
            for seen, sure in zip(judged.arrays["class"], judged.arrays["sure"], strict=True)
        )
        # Below the images there is no room for how sure it is.
        return Told(images, list(sides), f"The judge sees {before} before and {after} after.")

    def lay_out(self, page: QWidget) -> None:
        self.table = FiguresTable("How often the judge is right", COLUMNS)
        self.table.setSelectionMode(FiguresTable.SelectionMode.NoSelection)
        body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(6)
        body.addWidget(self.table)
        body.addWidget(self.note)
        self.strips: list[TileGrid] = []
        for title in ROWS:
            strip = TileGrid(f"{title} images, and what the judge sees in them", strip=True)
            strip.setFixedHeight(HIGH)
            strip.picked.connect(self._pick)
            self.strips.append(strip)
            body.addWidget(section(title))
            body.addWidget(strip)
        said = "Below each what the judge sees in it, how sure it is, and a cross where it errs."
        body.addWidget(label(said, "small", wrap=True))
        body.addStretch(1)

    @property
    def filled(self) -> bool:
        return "accuracy" in self.found

    def draw(self) -> None:
        accuracy = self.doubles("accuracy")
        lines, shades = [], []
        for place, (title, (share, low, high)) in enumerate(zip(SETS, accuracy, strict=True)):
            lines.append((title, f"{share:.1%} ({low:.1%} to {high:.1%})"))
            mended = place == 3 and low > accuracy[2, 2]
            shades.append({1: colors().good} if mended else {})
        self.table.show_lines(lines, shades)
        self.table.fit()
        run = self.state.runs.by_key.get(self._key)
        kind = kind_of_run(run, self.state.catalog)
        names = run.classes if run is not None else ()
        images = np.asarray(self.found["pictures"], np.float32)[:, :SHOWN]
        truth = np.asarray(self.found["label"]).astype(int)
        for strip, shown, verdict, sure in zip(
            self.strips, images, self.found["verdict"], self.found["sure"], strict=True
        ):
            said = [
                f"{named(int(seen), names)} {float(how):.0%}{'' if seen == right else ' ✗'}"
                for seen, how, right in zip(verdict[:SHOWN], sure[:SHOWN], truth, strict=False)
            ]
            strip.show_tiles(kind.tiles({"x": shown}), noun=kind.many, words=said)

    def _pick(self, place: int) -> None:
        for strip in self.strips:
            strip.select(place)


def named(label_: int, names: tuple[str, ...]) -> str:
    """Return what a class is called, its number where that is not known."""
    return names[label_] if 0 <= label_ < len(names) else str(label_)


def applies(state: AppState) -> bool:
    """Whether the selected run can purify images."""
    return can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="purified", lens="samples", title="Purify", order=27, applies=applies,
    factory=PurifiedView,
)  # fmt: skip
