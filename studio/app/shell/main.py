"""The start of the window: its frame is painted first, then the studio is imported and fills it.

Until the frame is seen nothing is imported but Qt, the preferences and the design
(`tests/architecture/test_first_paint.py`). torch never loads here; an import of it fails at once.
"""

import locale
import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from pushforward.studio import journal
from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.garbage_collection import Collector
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.shell.window import MainWindow
from pushforward.studio.version import program_version

__all__ = ["main", "make_application"]

HIDDEN_MS = 500  # a window that is minimised or covered is never painted


def make_application(arguments: list[str], kept: preferences.Preferences) -> QApplication:
    """Return the application: scale, theme, and numbers with a decimal point."""
    if kept.scale != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{kept.scale / 100:g}")
    app = QApplication([sys.argv[0], *arguments])
    locale.setlocale(locale.LC_NUMERIC, "C")  # Qt takes the user's, which breaks C libraries
    app.setApplicationName("Pushforward Studio")
    app.setDesktopFileName("pushforward")
    app.setQuitOnLastWindowClosed(False)
    theme.install(app, kept.theme, kept.identity)
    Collector(app)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Open the studio, at a project or a run if one is given, and run until it is closed."""
    blocked: dict[str, Any] = sys.modules
    blocked.setdefault("torch", None)
    given = list(arguments or [])
    kept = preferences.load()
    app = make_application(given, kept)
    window = MainWindow(kept)
    show_frame(window)
    kept_log = journal.start("studio", version=program_version())
    from pushforward.studio.app.shell.studio import run

    run(app, window, kept, Path(given[0]).resolve() if given else None)
    if kept_log is not None:
        kept_log.close()
    return 0


def show_frame(window: MainWindow) -> None:
    """Show the frame of the window and wait until it is on the screen, before asyncio is loaded."""
    wait = QEventLoop()
    window.show_frame().painted.connect(wait.quit)
    QTimer.singleShot(HIDDEN_MS, wait.quit)
    wait.exec()
