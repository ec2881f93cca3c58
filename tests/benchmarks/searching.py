"""What a letter in the search of Discover costs, offscreen, with every recipe there is: prints a
table.

    python -m tests.benchmarks.searching [--rounds 5]

Each word is typed letter by letter and deleted again; a letter is from the key until what it leaves
is painted. All in the time of one core. A letter is to take less than 30 ms.
"""

import argparse
import os
import time
from collections.abc import Sequence

from tests.benchmarks.smallest import parse

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.places.discover.discover_page import Discover
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.resources import recipes
from tests.benchmarks.many_runs import studio

WORDS = ("diffusion", "gan", "jets", "zzz")
MOST = 30  # ms


def page() -> tuple[QWidget, Discover]:
    """Return the page of recipes beside its facets, as it stands in a window of 1440 x 900."""
    state, actions = studio()
    state.catalog = build(discover())  # of all models, as what they are called is sought, too
    state.recipes = recipes()
    made = Discover(state, actions)
    window = QWidget()
    window.resize(1384, 848)
    line = QHBoxLayout(window)
    made.facets.setFixedWidth(232)
    line.addWidget(made.facets)
    line.addWidget(made, 1)
    window.show()
    return window, made


def letters(app: QApplication, made: Discover, word: str) -> tuple[list[float], float]:
    """Return what each letter took, typed and deleted, and clearing by Escape, in ms."""
    took = []
    keys = [*(Qt.Key(ord(letter.upper())) for letter in word)]
    for key in [*keys, *[Qt.Key.Key_Backspace] * (len(keys) - 1), Qt.Key.Key_Escape]:
        begin = time.process_time()
        QTest.keyClick(made.search, key)
        app.sendPostedEvents()
        app.processEvents()
        took.append(1e3 * (time.process_time() - begin))
    return took[:-1], took[-1]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parse(parser, argv, rounds=1).rounds
    app = QApplication([])
    theme.install(app, "dark")
    _window, made = page()
    letters(app, made, WORDS[0])
    print(f"{len(recipes())} recipes")
    print(f"{'word':10} {'median ms':>10} {'slowest':>8} {'to shelves':>11}")
    for word in WORDS:
        rows = [letters(app, made, word) for _ in range(rounds)]
        took = np.median([row[0] for row in rows], axis=0)
        back = np.median([row[1] for row in rows])
        met = "met" if took.max() < MOST else "MISSED"
        print(f"{word:10} {np.median(took):10.1f} {took.max():8.1f} {back:11.1f}  {MOST} ms: {met}")


if __name__ == "__main__":
    main()
