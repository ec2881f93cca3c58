"""Figures of claims about jets as tables, in the units in which the field writes them.

Importing this module registers nothing.
"""

from collections.abc import Mapping, Sequence

from pushforward.verify.claim import Table

__all__ = ["FIGURES", "by_figure", "by_type", "said_seeds", "spread"]

FIGURES: Mapping[str, str] = {
    "W1M": "W1M (m/pT), 10⁻³",
    "W1EFP": "W1EFP, 10⁻⁵",
    "tau21": "W1 of tau21, 10⁻³",
    "W1P eta": "W1P, eta, 10⁻³",
    "W1P phi": "W1P, phi, 10⁻³",
    "W1P pT": "W1P, pT/pT(jet), 10⁻³",
    "mass as asked": "correlation with the asked mass",
}
"""What each is called, with its unit."""
_FOLLOWS = "mass as asked"

Figures = Mapping[str, Sequence[float]]
"""By figure, a number of each type."""


def said_seeds(seeds: Sequence[int]) -> str:
    """Say which seeds the numbers of a table are of."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"seeds {', '.join(map(str, seeds))}, from the least to the most"


def spread(values: Sequence[float]) -> str:
    """Return from the least to the most of some numbers: "2.28 to 2.83"."""
    ends = dict.fromkeys(f"{each:.3g}" for each in (min(values), max(values)))
    return " to ".join(ends).replace("-", "−")


def by_type(
    types: Sequence[str],
    floor: Figures,
    found: Mapping[str, Sequence[Figures]],
    note: str,
    lines: Figures | None = None,
) -> Table:
    """Return a table with a column a type, and rows below each figure: its line, its floor, and
    what some came to, by what they are called, over their seeds.
    """
    rows = []
    for name, of_floor in floor.items():
        said = [("floor", [spread([value]) for value in of_floor])]
        for who, seeds in found.items():
            said.append(
                (who, [spread(each) for each in zip(*(s[name] for s in seeds), strict=True)])
            )
        if lines is not None:
            bound = "at least" if name == _FOLLOWS else "at most"
            said.insert(0, (f"line, {bound}", [f"{value:g}" for value in lines[name]]))
        for place, (what, values) in enumerate(said):
            rows.append(["" if place else FIGURES[name], what, *values])
    return Table(["Figure", "", *types], rows, note)


def by_figure(
    columns: Mapping[str, str],
    rows: Mapping[str, Sequence[Mapping[str, float]]],
    note: str,
) -> Table:
    """Return a table with a column a figure, titled as said, and a row for each of some, by what
    they are called, over their seeds; what one does not have is left out.
    """
    told = [
        [who, *(_cell([each[name] for each in seeds if name in each]) for name in columns)]
        for who, seeds in rows.items()
    ]
    return Table(["", *columns.values()], told, note)


def _cell(values: Sequence[float]) -> str:
    return spread(values) if values else "–"
