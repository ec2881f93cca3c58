"""The chip that says how many rows are selected, and lets go of them."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton

from studio.app.state.selection import Selection, Source
from studio.app.widgets.basic import button

__all__ = ["chosen_chip"]

TIP = "Let go of the selection (Esc)"


def chosen_chip(selection: Selection, among: Callable[[Source], int]) -> QPushButton:
    """Return the chip of one lens; ``among`` says how many rows the lens shows of a source, 0 where
    it shows none of it. It is seen while some of them are selected, and says their share.
    """
    chip = button("", selection.clear, kind="chip", icon="close", tip=TIP)

    def tell() -> None:
        total = among(selection.source) if selection.source is not None else 0
        n = len(selection.rows)
        chip.setVisible(bool(total))
        if total:
            chip.setText(f"{n:,} selected, {100 * n / total:.2g} %")
            chip.setAccessibleName(f"{n:,} of {total:,} selected: let go of them")

    selection.changed.connect(tell)
    tell()
    return chip
