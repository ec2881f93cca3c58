"""Print a page of HTML as PDF without a window: a process of its own of the command line."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QSizeF, QUrl
from PySide6.QtGui import QFont, QImage, QPageSize, QPainter, QPdfWriter, QTextDocument
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.design.theme import theme

__all__ = ["main", "print_html"]

SVG = re.compile(r"<svg .*?</svg>", re.S)
GALLERY = re.compile(r"(?:<figure>.*?</figure>)+", re.S)
CHART = 300, 166  # pixels of the page
FINE = 3  # pixels of a chart for a point
STYLE = (
    "th { font-weight: 600; text-align: left; } h2 { margin-top: 14px; }"
    " pre { white-space: pre-wrap; } small, figcaption { color: #59616d; }"
)


def print_html(body: str, path: Path, title: str) -> None:
    """Print a page on A4, dark on white; each SVG becomes a picture."""
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(15, 15, 15, 15))
    document = QTextDocument()
    document.setDefaultFont(QFont(QApplication.font().family(), 9))
    document.setDefaultStyleSheet(STYLE)

    def picture(found: re.Match[str]) -> str:
        name = f"chart-{found.start()}"
        document.addResource(
            QTextDocument.ResourceType.ImageResource.value, QUrl(name), _draw(found.group())
        )
        return f'<img src="{name}" width="{CHART[0]}" height="{CHART[1]}"><br>'

    body = SVG.sub(picture, body).replace("<img alt=", '<img width="300" alt=')
    body = body.replace("<figcaption>", "<br><small>").replace("</figcaption>", "</small><br>")
    document.setHtml(GALLERY.sub(_two_columns, body))
    document.documentLayout().setPaintDevice(writer)
    document.setPageSize(QSizeF(writer.width(), writer.height()))
    document.print_(writer)


def _two_columns(found: re.Match[str]) -> str:
    """Lay figures out as a table, since Qt knows no grid."""
    figures = re.findall(r"<figure>(.*?)</figure>", found.group(), re.S)
    cells = [f'<td width="50%">{each}</td>' for each in figures]
    rows = [f"<tr>{''.join(cells[place : place + 2])}</tr>" for place in range(0, len(cells), 2)]
    return f"<table>{''.join(rows)}</table>"


def _draw(svg: str) -> QImage:
    image = QImage(CHART[0] * FINE, CHART[1] * FINE, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(svg.encode("utf-8"))).render(painter)
    return image


def main(arguments: Sequence[str]) -> int:
    """Print a page: HTML PDF TITLE."""
    page, path, title = arguments
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    theme.install(QApplication(sys.argv[:1]), "light")
    print_html(Path(page).read_text(encoding="utf-8"), Path(path), title)
    return 0
