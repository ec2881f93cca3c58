"""The switch between the newest particles and the samples that were drawn."""

from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.design.basic import button
from pushforward.studio.app.engine.sample_source import Sampled

__all__ = ["held_chip"]


def held_chip(sampled: Sampled) -> QPushButton:
    """Return the switch of one lens; it is seen where there are drawn samples."""
    tip = "Show the generated samples; off: the newest particles"
    chip = button("Drawn", None, kind="chip", tip=tip)
    chip.setCheckable(True)

    def tell() -> None:
        chip.setVisible(sampled.drawn is not None)
        now = sampled.now
        chip.setChecked(now is not None and bool(now.file))

    sampled.told.connect(tell)
    sampled.shown.connect(tell)
    chip.clicked.connect(sampled.hold)
    tell()
    return chip
