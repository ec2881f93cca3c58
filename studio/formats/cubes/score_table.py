"""Accuracies of maps, overall and per class, as CSV or as a LaTeX table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.store.atomic import write_text

__all__ = ["ScoreTable", "write_scores"]

SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """The confusion matrix (true, predicted) of a map, under a title."""

    title: str
    confusion: NDArray[np.int64]

    def rows(self) -> list[float]:
        """Return OA, AA and kappa, then the recall of each class in %; NaN where it is absent."""
        counts = self.confusion.astype(np.float64)
        true, right, total = counts.sum(axis=1), np.diag(counts), counts.sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = right / true
            overall = right.sum() / total
            chance = (true * counts.sum(axis=0)).sum() / total**2
            kappa = (overall - chance) / (1 - chance)
        average = float(np.nanmean(recall)) if (true > 0).any() else float("nan")
        return [100 * float(v) for v in (overall, average, kappa, *recall)]


def write_scores(path: Path, tables: Sequence[ScoreTable], names: Sequence[str]) -> None:
    """Write the accuracies of some maps side by side; the suffix ``.tex`` makes a LaTeX table.

    Raises:
        StoreError: the disk refused.
    """
    pixels = [int(n) for n in tables[0].confusion.sum(axis=1)] if tables else []
    labels = ["overall accuracy", "average accuracy", "kappa x 100", *names]
    counts: list[object] = [sum(pixels), "", "", *pixels]
    values = [table.rows() for table in tables]
    if path.suffix.lower() == ".tex":
        text = _latex([table.title for table in tables], labels, counts, values)
    else:
        head = ["class", "test pixels", *(harmless(f"{t.title}, %") for t in tables)]
        lines = [
            [harmless(name), counts[i], *(_number(column[i]) for column in values)]
            for i, name in enumerate(labels)
        ]
        text = with_commas(head, lines)
    write_text(path, text)


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else ""


def _latex(
    titles: Sequence[str],
    labels: Sequence[str],
    counts: Sequence[object],
    values: Sequence[Sequence[float]],
) -> str:
    def line(cells: Sequence[str]) -> str:
        return " & ".join(cells) + r" \\"

    rows = [
        line([_escape(name), str(counts[i]), *(_number(column[i]) or "--" for column in values)])
        for i, name in enumerate(labels)
    ]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{lr{'r' * len(titles)}}}",
            r"\hline",
            line(["Class", "Pixels", *map(_escape, titles)]),
            r"\hline",
            *rows[:3],
            r"\hline",
            *rows[3:],
            r"\hline",
            r"\end{tabular}",
            "",
        ]
    )


def _escape(text: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in text)
