"""How objects of the API look in a terminal and in a notebook."""

import base64
import html
import importlib
import io
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from pushforward.studio.cli.progress import ProgressBar

__all__ = ["html_picture", "html_table", "is_notebook", "progress_bar"]


def html_table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Return an HTML table of plain texts."""

    def line(cells: Sequence[str], tag: str) -> str:
        texts = (f"<{tag} style='text-align:left'>{html.escape(text)}</{tag}>" for text in cells)
        return f"<tr>{''.join(texts)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    top = f"<thead>{line(head, 'th')}</thead>" if head else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def html_picture(pixels: "NDArray[np.uint8]", width: int = 360) -> str:
    """Return an image (h, w, 3) as an HTML element that contains it."""
    from pushforward.studio.formats.pictures import write_png

    with tempfile.TemporaryDirectory(prefix="pushforward-") as folder:
        file = Path(folder) / "picture.png"
        write_png(file, pixels)
        return html_png(file.read_bytes(), width)


def html_png(data: bytes, width: int = 360) -> str:
    """Return a PNG file, made smaller, as an HTML element that contains it."""
    from PIL import Image

    picture, small = Image.open(io.BytesIO(data)), io.BytesIO()
    picture.thumbnail((2 * width, 2 * width))  # two pixels a unit, for screens that have them
    picture.save(small, "png", optimize=True)
    data = small.getvalue()
    text = base64.b64encode(data).decode("ascii")
    return f'<img width="{width}" src="data:image/png;base64,{text}"/>'


def is_notebook() -> bool:
    """Return whether a Jupyter kernel runs this code."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def progress_bar(replay: "tuple[int, int] | None" = None) -> "ProgressBar | None":
    """Return a bar that shows a training in the notebook or the terminal; None without either."""
    from pushforward.studio.cli.progress import ProgressBar

    if is_notebook():
        return ProgressBar(replay=replay, line=_NotebookLine())
    return ProgressBar(sys.stderr, replay=replay) if sys.stderr.isatty() else None


class _NotebookLine:
    """A line below the cell that is replaced by the newest text."""

    rewrites = True

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: "Callable[[], str]", last: bool = False) -> None:
        """Replace the text."""
        self._update(text())

    def line(self, text: str) -> None:
        """Write a line that stays."""
        print(text)  # noqa: T201 - into the cell

    def close(self) -> None:
        """Leave the line as it is."""

    def _update(self, text: str) -> None:
        display: Any = importlib.import_module("IPython.display")
        element = display.HTML(f"<pre>{html.escape(text)}</pre>")
        if self._handle is None:
            self._handle = display.display(element, display_id=True)
        else:
            self._handle.update(element)
