"""A card has three lines for its title and what it says."""

from typing import Any

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap

from pushforward.studio.app.design.cards import picture_card


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("Short", 2, ["Short"]),
        ("Seven relatives on eight Gaussians", 2, ["Seven relatives on", "eight Gaussians"]),
        ("Seven relatives on eight Gaussians", 1, ["Seven relatives …"]),
        ("Seven relatives on eight Gaussians and more", 2, ["Seven relatives on", "eight …"]),
        ("", 2, []),
    ],
)
def test_a_text_is_broken_between_words_and_its_last_line_elided(
    qapp: Any, monkeypatch: pytest.MonkeyPatch, text: str, most: int, lines: list[str]
) -> None:
    picture = QPixmap(200, 60)
    written: list[tuple[float, str]] = []

    class Painter(QPainter):
        def drawText(self, area: QRectF, flags: int, said: str) -> None:  # type: ignore[override]
            written.append((area.top(), said))

    with Painter(picture) as painter:
        width = QFontMetrics(painter.font()).horizontalAdvance("Seven relatives on ei")
        used = picture_card._lines(painter, QRectF(0, 0, width, 18), text, most)
    assert used == len(lines)
    assert [top for top, _ in written] == [18.0 * place for place in range(used)]
    for (_, said), wanted in zip(written, lines, strict=True):
        start, cut, _ = wanted.partition("…")
        assert said.startswith(start)
        assert said.endswith("…") if cut else said == start
