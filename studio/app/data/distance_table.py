"""How far what is generated is from real data, number by number and class by class, as a table that
can be taken away. Pure.
"""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pushforward.studio.app.charts.distribution_bins import WassersteinDistance
from pushforward.studio.formats.cells import harmless

__all__ = ["ALL", "Distances", "Line", "Multiple", "fixed", "multiples"]

ALL = "all"
GREEK = {"τ": r"\tau", "η": r"\eta", "φ": r"\phi", "Δ": r"\Delta", "σ": r"\sigma"}
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SPECIAL = {each: rf"\{each}" for each in "&%$#_{}"} | {
    "\\": r"\ensuremath{\backslash}",
    "^": r"\char94{}",
    "~": r"\char126{}",
}
"""Characters that LaTeX would obey, as it writes them, in text and in formulas alike."""


@dataclass(frozen=True)
class Multiple:
    """How many floors a model is from real data; ``place`` is its place among those compared."""

    title: str
    place: int
    value: float


@dataclass(frozen=True)
class Line:
    """A number: its distances by class, `ALL` among them, None where there are too few data, and
    how far each model is, in floors, of what is looked at.
    """

    name: str
    unit: str
    cells: Mapping[str, WassersteinDistance | None]
    multiples: tuple[Multiple, ...] = ()

    @property
    def power(self) -> int:
        """The n of the 10⁻ⁿ that its figures are written in, to be read easily."""
        floors = [each.floor for each in self.cells.values() if each is not None and each.floor > 0]
        if not floors:
            return 0
        return max(0, math.ceil(-math.log10(min(floors)) - 0.5))

    @property
    def scale(self) -> str:
        """What its figures are written in: a power of ten and the unit, "" for neither."""
        digits = str(self.power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return " ".join(filter(None, [f"×10⁻{digits}" if self.power else "", self.unit]))

    def figures(self, column: str) -> tuple[str, str, str] | None:
        """Return the distance, how far it varies, and the floor as they are written; None of too
        few.
        """
        cell = self.cells.get(column)
        if cell is None:
            return None
        factor = 10.0**self.power
        value, bar, floor = (fixed(factor * each) for each in (cell.value, cell.bar, cell.floor))
        return value, bar, floor


@dataclass(frozen=True)
class Distances:
    """Rows over ``columns``: all samples and their classes. ``about`` describes the samples in a
    line.
    """

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    about: str = ""
    classes: str = field(default="", kw_only=True)  # what the classes are called

    def csv(self) -> str:
        """Return all figures in full, a line a number and a class."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        head = ("number", "unit", self.classes.lower() or "class")
        writer.writerow([*head, "w1", "w1_std", "floor", "floor_std", "n"])
        for line in self.lines:
            for column in self.columns:
                cell = line.cells.get(column)
                if cell is not None:
                    numbers = (cell.value, cell.bar, cell.floor, cell.spread)
                    words = map(harmless, (line.name, line.unit, column))
                    writer.writerow([*words, *map(repr, numbers), cell.n])
        return text.getvalue()

    def latex(self) -> str:
        """Return a table of the package booktabs: each distance with how far it varies, and its
        floor in brackets.
        """
        across = "".join("c" for _ in self.columns)
        head = " & ".join(["$W_1$ to real (floor)", *map(_latex, self.columns)])
        rows = [self._row(line) for line in self.lines]
        about = " ".join(self.about.split())
        return "\n".join(
            [
                f"% {about}; floor: real against real",
                rf"\begin{{tabular}}{{l{across}}}",
                r"\toprule",
                rf"{head} \\",
                r"\midrule",
                *rows,
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )

    def _row(self, line: Line) -> str:
        scale = rf" $\times 10^{{-{line.power}}}$" if line.power else ""
        unit = f" ({_latex(line.unit)})" if line.unit else ""
        cells = [f"{_latex(line.name)}{unit}{scale}"]
        for column in self.columns:
            figures = line.figures(column)
            cells.append("--" if figures is None else r"${} \pm {}$ ({})".format(*figures))
        return rf"{' & '.join(cells)} \\"


def fixed(value: float) -> str:
    """Return a figure of a column of figures, "1.42", "22.1" or "126"."""
    size = abs(value)
    return f"{value:.2f}" if size < 10 else f"{value:.1f}" if size < 100 else f"{value:,.0f}"


def _latex(text: str) -> str:
    """Return a name as LaTeX writes it: symbols in italics, with their indices."""
    return " ".join(_word(word) for word in text.split())


def _word(word: str) -> str:
    if word == "pT":
        return "$p_T$"
    escaped = "".join(SPECIAL.get(each, each) for each in word)
    made = "".join(GREEK.get(each, each) for each in escaped)
    made = re.sub("[₀-₉]+", lambda found: f"_{{{found[0].translate(LOWERED)}}}", made)
    return f"${made}$" if made != escaped else escaped


def multiples(
    titles: Sequence[tuple[str, int]], far: Sequence[WassersteinDistance | None]
) -> list[Multiple]:
    """Return how many floors models, by title and place, are from real data."""
    return [
        Multiple(title, place, each.value / each.floor)
        for (title, place), each in zip(titles, far, strict=True)
        if each is not None and each.floor > 0
    ]
