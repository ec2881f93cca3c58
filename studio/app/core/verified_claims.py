"""The page of the claims: each with what was measured, its line, its floor, what must miss it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pushforward.studio import resources
from pushforward.studio.figures import short

__all__ = ["OUTDATED", "VERDICTS", "cell", "claims", "format_claim", "plain", "tabled", "verdict"]

VERDICTS = {True: "Holds", False: "Does not hold", None: "Reported"}
OUTDATED = "Recorded before the current null models"
"""The verdict of a record whose pass line or null models are not those of the code."""
SHARE = ", of its line"
"""How a value is named that is a share of the most it may be: of several the worst."""


@cache
def claims() -> dict[str, dict[str, Any]]:
    """Return the claims as they were last verified, by their id."""
    kept = sorted(resources.folder("verified").glob("*.json"))
    found = [json.loads(path.read_text(encoding="utf-8")) for path in kept]
    return {claim["id"]: claim for claim in found}


def verdict(claim: Mapping[str, Any]) -> str:
    """Return the verdict of a claim; a record that is outdated has none of its own."""
    return OUTDATED if claim.get("outdated") else VERDICTS[claim["passed"]]


def format_claim(claim: Mapping[str, Any]) -> list[str]:
    """Return the lines of a page that say a claim: its figures in a table where they are many, or
    no more than numbers with their names.
    """
    table, nulls = claim.get("table"), claim["nulls"]
    listed = table is None and all(map(_listed, (claim, *nulls.values())))
    said = table["note"] if table is not None else "" if listed else claim["figure"]
    said, *seeds = _by_seed(said, claim["seeds"])
    lines = [f"## {claim['id']}: {plain(claim['title'])}", "", plain(claim["claim"]), ""]
    lines += [f"**{verdict(claim)}.** {plain(said)}".rstrip(), ""]
    lines += [*(f"- {plain(each)}" for each in seeds), ""] if seeds else []
    if claim.get("outdated"):
        lines += [f"{plain(claim['outdated'])} `pushforward verify {claim['id']} --record`", ""]
    if table is not None:
        lines += [*_table(table["columns"], table["rows"]), ""]
    elif listed:
        lines += [*_null_table(claim), ""]
    lines += [f"**Line:** {plain(claim['pass_line'])}", ""]
    if table is None and claim["floor"]:
        lines += [f"**Floor:** {plain(claim['floor'])}", ""]
    if nulls and not listed:
        lines += ["**Must miss the line:**", ""]
        lines += _shares(claim) if table is not None else _nulls(nulls)
    if claim.get("baselines"):
        lines += ["", "**Simple models that meet the line as well:**", ""]
        lines += _nulls(claim["baselines"])
    since = f" (null models {claim['nulls_date']})" if "nulls_date" in claim else ""
    aside = f"{claim['date']}{since}, {claim['machine']}, PyTorch {claim['versions']['torch']}"
    aside += f", {_named(claim['seeds'])}"
    return [*lines, "", f"~~{plain(aside)}~~", ""]


def tabled(slug: str) -> list[str]:
    """Return the lines of a page that show the table of a claim, with what is said of it below; how
    to make one where none is kept. Of ``PREFIX*``, the values of all whose ids begin so.
    """
    if slug.endswith("*"):
        return _gathered(slug.removesuffix("*"))
    claim = claims().get(slug)
    if claim is None:
        return [f"Not measured yet: `pushforward verify {slug} --record` puts a table here."]
    table = claim["table"]
    aside = f"{slug}: {table['note']} {claim['date']}, {claim['machine']}."
    return [*_table(table["columns"], table["rows"]), "", f"~~{plain(aside)}~~"]


def _gathered(prefix: str) -> list[str]:
    """Return the lines of a page that show the values of all claims whose ids begin so, which have
    the same names, in one table from the least of the first; below them stand those of what must
    miss.
    """
    found = [c for slug, c in claims().items() if slug.startswith(prefix)]
    if not found:
        return [f"Not measured yet: `pushforward verify '{prefix}*' --record` puts a table here."]
    names = list(found[0]["value"])
    found.sort(key=lambda c: c["value"][names[0]])
    rows = [[c["title"], *_numbers(c, names, 3), str(len(c["seeds"])), verdict(c)] for c in found]
    nulls = {f"must miss: {title}": null for c in found for title, null in c["nulls"].items()}
    rows += [[title, *_numbers(null, names, 3), "", ""] for title, null in nulls.items()]
    days = sorted({c["date"] for c in found})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    aside = f"{prefix}*: the worst of all seeds. {when}, {found[0]['machine']}."
    return [*_table(["", *names, "seeds", ""], rows), "", f"~~{plain(aside)}~~"]


def _named(seeds: Sequence[int]) -> str:
    """Return which seeds values are of: "seeds 0, 1, 2"."""
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _by_seed(text: str, seeds: Sequence[int]) -> list[str]:
    """Split a text of values by seed into the common part and one line per seed; unchanged if it
    has no such list.
    """
    count = len(seeds)
    if count < 2:
        return [text]
    parts = re.split(r"(?:^|; |(?<=: ))(?=seed \d+: )", text)
    if [part.partition(":")[0] for part in parts[1:]] == [f"seed {seed}" for seed in seeds]:
        return [parts[0], *parts[1:]]
    head, _, rest = text.partition(": ")
    parts = rest.split("; ")
    if len(parts) == count and all(re.match(r"-?\d", part) for part in parts):
        return [f"{head}:", *(f"seed {n}: {part}" for n, part in zip(seeds, parts, strict=True))]
    if re.search(rf"\((-?[\d.]+, ){{{count - 1}}}-?[\d.]+\)", text):
        return [f"{text}. In brackets: {_named(seeds)}."]
    return [text]


def _listed(outcome: Mapping[str, Any]) -> bool:
    """Whether a figure in words says no more than its values and their names."""
    values = [f"{name} {value:.2g}" for name, value in outcome["value"].items()]
    return sorted(", ".join(values).split(", ")) == sorted(outcome["figure"].split(", "))


def _null_table(claim: Mapping[str, Any]) -> list[str]:
    """Return a table of a claim's values next to those of its null models."""
    nulls = claim["nulls"]
    columns = ["", "measured", *(f"must miss: {title}" for title in nulls)]
    by = [_numbers(each, claim["value"]) for each in (claim, *nulls.values())]
    return _table(columns, ([name, *row] for name, *row in zip(claim["value"], *by, strict=True)))


def _numbers(outcome: Mapping[str, Any], names: Iterable[str], digits: int = 2) -> list[str]:
    """Return the values with these names, and a dash for what an outcome has not."""
    values = map(outcome["value"].get, names)
    return ["–" if value is None else short(value, digits) for value in values]


def _nulls(nulls: Mapping[str, Mapping[str, Any]]) -> list[str]:
    # A figure of one model names it, too.
    figures = {
        name: null["figure"].removeprefix(name).lstrip(",: ") for name, null in nulls.items()
    }
    return [f"- {plain(name)}: {plain(figure)}" for name, figure in figures.items()]


def _shares(claim: Mapping[str, Any]) -> list[str]:
    """Return a table of the values that decide: those of the claim, and of what must miss."""
    names = list(claim["value"])
    # A null of two models at once has their values under names of its own.
    names += [n for null in claim["nulls"].values() for n in null["value"]]
    names = list(dict.fromkeys(names))
    rows = [
        [who, *(short(each["value"][n], 3) if n in each["value"] else "–" for n in names)]
        for who, each in {"measured": claim, **claim["nulls"]}.items()
    ]
    lines = _table(["", *(name.removesuffix(SHARE) for name in names)], rows)
    if any(name.endswith(SHARE) for name in names):
        known = [name.removesuffix(SHARE) for name in names if name.endswith(SHARE)]
        lines += [
            "",
            f"{plain(', '.join(known))}: the worst of all, over its line; up to 1 meets it.",
        ]
    return lines


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    columns = list(columns)
    return [_row(columns), _row("---" for _ in columns), *(_row(map(cell, row)) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    """Return a text as it stands in a table."""
    return plain(text).replace("|", "\\|")


def plain(text: str) -> str:
    """Return a text in which nothing is markup: formulas are full of signs that would be."""
    return re.sub(r"([\\`*_~<>\[\]#])", r"\\\1", text)
