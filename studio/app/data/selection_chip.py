"""The chip that says how many rows are selected, and lets go of them."""

from collections.abc import Callable

from pushforward.studio.app.core.selection import Selection, Source, What
from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.figures import short

__all__ = ["ChosenChip"]

OTHERS: dict[What, str] = {
    "particles": "the particles of the fixed latents",
    "samples": "generated samples",
    "data": "the training data",
    "near": "the nearest training samples",
    "held": "data that were held out",
}


class ChosenChip(PushButton):
    """The chip of one lens; ``among`` says how many rows the lens shows of a source, 0 where it
    shows none of it. It is seen while something is selected, and says its share, or that the lens
    shows others.
    """

    def __init__(self, selection: Selection, among: Callable[[Source], int]) -> None:
        super().__init__("")
        self._selection, self._among = selection, among
        self.setProperty("kind", "chip")
        self.setAutoDefault(False)
        IconWearer(self, "close", "text")
        self.clicked.connect(selection.clear)
        selection.changed.connect(self.tell)
        self.tell()

    def tell(self) -> None:
        """Say it anew: also when the lens shows other data."""
        source, n = self._selection.source, len(self._selection.rows)
        total = self._among(source) if source is not None else 0
        self.setVisible(bool(n))
        if total:
            self.setText(f"{n:,} selected, {short(100 * n / total, 2)} %")
            self.setAccessibleName(f"{n:,} of {total:,} selected: clear the selection")
            set_tip(self, "Clear the selection (Esc)")
        elif n and source is not None:
            others = OTHERS[source.what]
            self.setText(f"{n:,} selected elsewhere")
            self.setAccessibleName(
                f"{n:,} of {others} selected, none shown here: clear the selection"
            )
            set_tip(self, f"They belong to {others}, which this lens does not show. Clear (Esc)")
