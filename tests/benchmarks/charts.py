"""How fast charts are, as the Quality lens shows them, offscreen: prints a table.

    python -m tests.benchmarks.charts [--seconds 1.5]

Four cards stand in a window. A redraw gives one of them a curve with other values; a repaint
paints it again as it is; a mouse move takes the hover line of all four to another step, with the
values in their legends. Each is from the call to the end of its paint events. Of histograms, a
redraw is from other values of four models to the end of the paint event, and the last figure is
how long it takes to say how far a model is from real data, of which there are as many.

One slow core, in ms, with the painter that was ours and with pyqtgraph since:

       points   redraw         repaint        mouse over four
        1,000   5.9 -> 3.0     1.8 -> 1.0     16.1 -> 5.0
      100,000   6.7 -> 4.4     6.4 -> 1.0     23.3 -> 5.1
    1,000,000   14.3 -> 7.7    13.0 -> 1.0    49.5 -> 5.4
"""

import argparse
import os
import time
from collections.abc import Sequence

from tests.benchmarks.smallest import parse

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from pushforward.studio.app.charts.curve_card import ChartCard
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.distribution_bins import (
    edges_of,
    shares_of,
    wasserstein_distance,
)
from pushforward.studio.app.charts.histogram import HistogramScene, Steps
from pushforward.studio.app.charts.histogram_card import HistogramCard
from pushforward.studio.app.design.theme import theme
from tests.benchmarks.drawing import measure

WIDTH, HEIGHT = 1040, 680


def curve(n: int, seed: int) -> Curve:
    """Return a loss of n steps that falls and is noisy."""
    steps = np.arange(n, dtype=np.float64)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(n)
    return Curve("loss", "Loss", "#5eb1ef", steps, np.exp(-5 * steps / n) + noise)


def rows(n: int, seconds: float) -> tuple[float, float, float]:
    """Return the median ms of (redraw of one, repaint of one, mouse move over four) for curves of
    n steps.
    """
    window = QWidget()
    grid = QGridLayout(window)
    cards = [ChartCard(f"Loss {i}") for i in range(4)]
    curves = [curve(n, seed) for seed in range(4)]
    for i, card in enumerate(cards):
        grid.addWidget(card, i // 2, i % 2)
        card.show_curves([curves[i]], (0.0, float(n)), 0.4 * n)
    window.resize(WIDTH, HEIGHT)
    window.show()
    QApplication.processEvents()
    turn = [0]

    def redraw(_: float) -> None:
        turn[0] += 1
        cards[0].show_curves([curves[turn[0] % 4]], (0.0, float(n)), 0.4 * n)
        QApplication.processEvents()

    def repaint(_: float) -> None:
        cards[0].plot.update()
        getattr(cards[0].plot, "viewport", lambda: cards[0].plot)().update()
        QApplication.processEvents()

    def move(t: float) -> None:
        for card in cards:
            card.set_hover(t * n)
        QApplication.processEvents()

    found = tuple(measure(each, seconds)[0] for each in (redraw, repaint, move))
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    return found


def histogram(n: int, seconds: float) -> tuple[float, float]:
    """Return the median ms of (counting and redrawing real data and four models of n values each,
    the distance of one of them with its floor).
    """
    rng = np.random.default_rng(0)
    real, *made = (rng.normal(size=n) for _ in range(6))
    window = QWidget()
    window.resize(WIDTH // 2, HEIGHT // 2)
    card = HistogramCard("Mass", "GeV")
    card.setParent(window)
    card.setGeometry(window.rect())
    window.show()
    turn = [0]

    def redraw(_: float) -> None:
        turn[0] += 1
        edges = edges_of(real, *made[:4])
        steps = tuple(
            Steps(f"run {i}", "#5eb1ef", i, shares_of(made[(i + turn[0]) % 5], edges))
            for i in range(4)
        )
        card.show_scene(HistogramScene("Mass", edges, shares_of(real, edges), n, steps), None, "")
        QApplication.processEvents()

    found = (
        measure(redraw, seconds)[0],
        measure(lambda _: wasserstein_distance(made[0], real), seconds)[0],
    )
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="seconds per figure")
    parser.add_argument("--most", type=int, default=1_000_000, help="points of a curve")
    chosen = parse(parser, argv, seconds=0.01, most=1_000)
    app = QApplication([])
    theme.install(app, "dark")
    begun = time.perf_counter()
    made = [ChartCard(f"Loss {i}") for i in range(8)]
    print(f"eight empty cards are made in {1e3 * (time.perf_counter() - begun):.1f} ms")
    for card in made:
        card.deleteLater()
    print(f"{'points':>10} {'redraw':>8} {'repaint':>8} {'mouse x 4':>10}  ms")
    for n in (n for n in (1_000, 100_000, 1_000_000) if n <= chosen.most):
        redraw, repaint, move = rows(n, chosen.seconds)
        print(f"{n:>10,} {redraw:>8.2f} {repaint:>8.2f} {move:>10.2f}")
    print(f"{'values':>10} {'redraw':>8} {'distance':>8}  ms, a histogram of four models")
    for n in (2_048, min(100_000, 2 * chosen.most)):
        redraw, far = histogram(n, chosen.seconds)
        print(f"{n:>10,} {redraw:>8.2f} {far:>8.2f}")


if __name__ == "__main__":
    main()
