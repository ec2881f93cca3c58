"""Colours and corners: the only place where they are written down."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "DARK",
    "LIGHT",
    "RADIUS",
    "RADIUS_CARD",
    "RADIUS_PANEL",
    "Identity",
    "Tokens",
    "contrast",
]

Identity = Literal["hue", "blue-yellow"]

RADIUS = 6  # controls
RADIUS_PANEL = 8
RADIUS_CARD = 10


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The colours of a scheme, as "#rrggbb"; ``text`` and ``muted`` hold 4.5:1 on every surface.

    Surfaces, back to front: background (canvas), panel (bars, columns), raised (fields, buttons,
    the selected row), hover. ``accent`` is for what needs attention, with ``on_accent`` written
    on it; ``warm``, ``good`` and ``danger`` mark states, never alone without a word or a shape.
    ``more`` tell runs apart where there are more of them than the others have colours for.
    ``scale`` are the colours of a quantity from little to much, which never fade into a surface.
    ``identity`` is the wheel of colours that distinguishes particles
    (`studio.app.charts.particle_colours`).
    """

    name: str
    background: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    warm: str
    good: str
    danger: str
    more: tuple[str, str, str, str]
    scale: tuple[str, str, str, str]
    identity: Identity = "hue"


DARK = Tokens(
    name="dark",
    background="#14161a",
    panel="#1a1d22",
    raised="#22262d",
    hover="#2b3038",
    line="#2b3038",
    text="#e6e8eb",
    muted="#969da8",
    accent="#5eb1ef",
    accent_hover="#7cc1f4",
    on_accent="#0d1116",
    warm="#f0a868",
    good="#6fce93",
    danger="#f2868a",
    more=("#b9a3f5", "#e3d05c", "#4fc6cf", "#e795d3"),
    scale=("#3f8fd2", "#58b9cf", "#c9e38d", "#fbe46a"),
)
# The warm tone is a shade darker than in the drawing: #b45f06 misses 4.5:1 on the canvas.
LIGHT = Tokens(
    name="light",
    background="#f7f8fa",
    panel="#ffffff",
    raised="#f0f2f5",
    hover="#e9ecf1",
    line="#dfe3e8",
    text="#1d2127",
    muted="#59616d",
    accent="#0f6cbd",
    accent_hover="#0c5a9e",
    on_accent="#ffffff",
    warm="#a35405",
    good="#1f7a43",
    danger="#b3261e",
    more=("#6a4bc4", "#756400", "#0a7080", "#a3307f"),
    scale=("#8db5e4", "#4787c7", "#1f4f91", "#0d1f45"),
)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
