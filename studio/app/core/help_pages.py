"""Help pages: written ones, the verified claims, and one per model from the catalogue.

A written page is ``resources/help/<slug>.md``. Its first line may be a comment ``<!-- order 10
-->``; its first heading is its title, its first paragraph its summary. Links: ``help:slug`` another
page (``#words`` a section), ``recipe:slug`` a recipe, ``https:`` the browser. ``~~words~~`` are
small print. A picture is ``![caption](picture:name#recipe:slug)``: ``pictures/name-dark.png`` or
``-light.png``, linked to its recipe. The line `GRID` becomes the table of models, ``<!-- table of
ID -->`` the table of a claim, ``<!-- table of PREFIX* -->`` the values of all claims with the
prefix.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pushforward.studio import resources
from pushforward.studio.app.core import field_carrier_switch
from pushforward.studio.app.core.verified_claims import (
    OUTDATED,
    VERDICTS,
    cell,
    claims,
    format_claim,
    plain,
    tabled,
    verdict,
)
from pushforward.studio.app.text import setting_values
from pushforward.studio.methods import Method, Row, methods, survey
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec

__all__ = [
    "GUIDES",
    "MODELS",
    "Page",
    "all_pages",
    "claims",
    "family_slug",
    "hits",
    "make_claims_page",
    "search",
    "surveyed",
    "written",
]

GUIDES, MODELS = "Guides", "Models"
GRID = "<!-- models by field and carrier -->"
_TABLE = re.compile(r"^<!-- table of (\S+) -->$", re.M)
_ORDER = re.compile(r"\A<!-- order (\d+) -->\s*")
_PICTURE = re.compile(
    r"^!\[(?P<caption>[^\]]*)\]\((?P<link>picture:[^)#]+(?:#(?P<opens>[^)]+))?)\)$", re.M
)


@dataclass(frozen=True)
class Page:
    """A page: Markdown ``text`` with its title as the first line."""

    slug: str
    group: str
    title: str
    summary: str
    text: str


def written() -> list[Page]:
    """Return the pages of ``resources/help``, in their order."""
    found = []
    for path in resources.folder("help").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        order = _ORDER.match(text)
        body = text[order.end() :] if order is not None else text
        title, _, rest = body.strip().partition("\n")
        summary = " ".join(rest.strip().partition("\n\n")[0].split())
        body = _TABLE.sub(lambda match: "\n".join(tabled(match[1])), _captioned(body))
        page = Page(path.stem, GUIDES, title.lstrip("# ").strip(), summary, body)
        found.append((int(order[1]) if order is not None else 1000, page.slug, page))
    return [page for *_, page in sorted(found, key=lambda each: each[:2])]


def _captioned(text: str) -> str:
    """Write the caption of each picture below it, with a link to what made it."""

    def below(match: re.Match[str]) -> str:
        opens = match["opens"]
        way = f" [Open the recipe]({opens})" if opens else ""
        return f"![{match['caption']}]({match['link']})\n\n~~{match['caption']}~~{way}"

    return _PICTURE.sub(below, text)


def family_slug(family: str) -> str:
    """Return the slug of a model's page."""
    return f"model-{family}"


def all_pages(catalog: Catalog | None) -> list[Page]:
    """Return every page: the written ones, then one a model."""
    models = (
        [_of_family(entry, catalog) for entry in catalog.entries_of("family")] if catalog else []
    )
    pages = [_with_grid(page, catalog) for page in written()]
    return [*pages, *surveyed(catalog), *make_claims_page(), *models]


def _with_grid(page: Page, catalog: Catalog | None) -> Page:
    """Return a page whose line `GRID` is the table of the models, as the catalogue has them."""
    if GRID not in page.text:
        return page
    heads = [
        "Field",
        "How it is obtained",
        *(title for title, _ in field_carrier_switch.HEADS.values()),
    ]
    lines = [_row(heads), "|---" * len(heads) + "|"]
    for field, title in field_carrier_switch.FIELDS.items():
        cells = [
            # Without a word it would be a part of the cell before it.
            ", ".join(
                f"[{cell(each.short or each.title)}](help:{family_slug(each.slug)})"
                for each in (
                    field_carrier_switch.cell(catalog, field, carrier)
                    if catalog is not None
                    else ()
                )
            )
            or "–"
            for carrier in field_carrier_switch.HEADS
        ]
        lines.append(_row([title, cell(field_carrier_switch.FOUND[field]), *cells]))
    return replace(page, text=page.text.replace(GRID, "\n".join(lines)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def surveyed(catalog: Catalog | None) -> list[Page]:
    """Return the page that says where each method of the surveys is here, and what it was found to
    do; none before there is a catalogue.
    """
    if catalog is None:
        return []
    summary = (
        "Every named method of the diffusion surveys: where to find it here, or why it is missing."
    )
    lines = ["# Methods of the surveys", "", summary, ""]
    named = {method.slug: method for method in methods()}
    for row in survey():
        if row.group:
            lines += ["", f"## {row.group}", "", "| Method | Here | Verdict |", "|---|---|---|"]
        method = named.get(row.method)
        here = _place(row, method, catalog)
        lines.append(f"| {cell(row.name)} | {here} | {_judged(row, method)} |")
    return [Page("surveys", GUIDES, "Methods of the surveys", summary, "\n".join(lines))]


def _place(row: Row, method: Method | None, catalog: Catalog) -> str:
    """Return where a method of the surveys is here."""
    if method is not None:
        return f"[{cell(method.title)}](help:{family_slug(method.family.slug)}), a named method"
    family = catalog.get("family", row.family) if row.family else None
    if family is not None:
        return f"[{cell(family.title)}](help:{family_slug(family.slug)})"
    operator = catalog.get("operator", row.operator) if row.operator else None
    if operator is not None:
        return f"{cell(operator.title)}, of a trained run"
    return cell(row.block) if row.block else f"not here: {cell(row.missing)}"


def _judged(row: Row, method: Method | None) -> str:
    """Return what the claims came to that a method of the surveys is held to."""
    asked = method.claims if method is not None else row.claims
    held = [claims()[slug] for slug in asked if slug in claims()]
    said = [f"{verdict(each).lower()} ({each['id']})" for each in held]
    return ", ".join(said) or ("trains and samples; no claim" if method else "–")


def _by_number(slug: str) -> list[tuple[str, int]]:
    """Return what orders ids as people count them: D2 before D10."""
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", slug)]


_BY_DEVICE = (
    "Each value holds for the machine named under it. A CPU and a GPU generate different random "
    "numbers from one seed, so a value measured on another device differs by chance."
)


def make_claims_page() -> list[Page]:
    """Return the help page of verified claims with their recorded values; none without records."""
    found = sorted(claims().values(), key=lambda claim: _by_number(claim["id"]))
    if not found:
        return []
    summary = (
        "The claims of the product, with their measured values and the null models that must fail."
    )
    lines = ["# What is verified", "", summary, "", _BY_DEVICE, "", *_contents(found)]
    for claim in found:
        lines += format_claim(claim)
    return [Page("verified", GUIDES, "What is verified", summary, "\n".join(lines))]


def _contents(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return how many claims came to which verdict, and a table that leads to each."""
    counts = Counter(map(verdict, found))
    hold, not_hold, reported = (counts[VERDICTS[each]] for each in (True, False, None))
    said = f"{hold} hold, {not_hold} do not, {reported} are reported"
    if counts[OUTDATED]:
        said += f", {counts[OUTDATED]} were recorded before the current null models"
    rows = [
        [f"[{claim['id']}: {cell(claim['title'])}](help:verified#{claim['id']}:)",
         verdict(claim)]
        for claim in found
    ]  # fmt: skip
    return [f"{len(found)} claims: {said}.", "", _row(["Claim", "Verdict"]), "|---|---|",
            *map(_row, rows), ""]  # fmt: skip


def _of_family(entry: EntrySpec, catalog: Catalog) -> Page:
    lines = [f"# {entry.title}", "", plain(entry.summary), ""]
    if entry.motion:
        lines += ["```math", entry.motion, "```", ""]
    lines += [f"Source: {plain(entry.source)}", ""]
    if entry.stages:
        lines += ["## A training step", ""]
        usual = {field.path: field.default for field in entry.fields}
        for number, stage in enumerate((each.under(usual) for each in entry.stages), 1):
            what = f"{stage.title}: {stage.formula} ({stage.source})"
            lines += [f"{number}. {plain(what)}"]
        lines += [""]
    lines += ["## Settings", ""]
    group = None
    for field in sorted(entry.fields, key=lambda each: bool(each.group)):
        if field.group != group:
            group = field.group
            lines += [f"### {group}", ""] if group else []
        said, aside = plain(field.help), plain(_facts(field, catalog))
        lines += [f"**{field.title}.** {said} ~~{aside}~~ `{field.path}`", ""]
    lines += _claims_of(entry.slug, catalog)
    text = "\n".join(lines)
    return Page(family_slug(entry.slug), MODELS, entry.title, entry.summary, text)


def _claims_of(slug: str, catalog: Catalog) -> list[str]:
    """Return the section of the claims about a model; no lines without any."""
    ids = {*_listed_claims().get(slug, ())}
    ids |= {each for method in methods() if method.family.slug == slug for each in method.claims}
    ids |= {each for row in survey() if row.family == slug for each in row.claims}
    ids |= {each for each in claims() if _last_model(each, catalog) == slug}
    lines = [
        f"- [{cell(claims()[each]['title'])}](help:verified#{each}:). {verdict(claims()[each])}."
        for each in sorted(ids & claims().keys(), key=_by_number)
    ]
    return ["## Claims", "", *lines, ""] if lines else []


def _last_model(claim: str, catalog: Catalog) -> str:
    """Return the model that an id ends with, such as GI-defaults-gan, "" for none."""
    ends = [e.slug for e in catalog.entries_of("family") if claim.endswith(f"-{e.slug}")]
    return max(ends, key=len, default="")


@cache
def _listed_claims() -> dict[str, list[str]]:
    return tomllib.loads(resources.folder("claims.toml").read_text(encoding="utf-8"))


def _facts(field: FieldSpec, catalog: Catalog) -> str:
    facts = []
    able = catalog.picks(field, "") if field.kind == "pick" else field.choices
    if able:
        facts.append("One of " + ", ".join(each.title for each in able))
    limits = setting_values.bounds(field)
    if limits:
        facts.append(limits[:1].upper() + limits[1:] + (f" {field.unit}" if field.unit else ""))
    facts.append(f"default {_format_value(field, field.default, catalog)}")
    facts += [f"for {m} {_format_value(field, own, catalog)}" for m, own in field.defaults.items()]
    facts += [f"always on for {kind}" for kind in field.always]
    if field.live:
        facts.append("can be changed while a run trains")
    return "; ".join(facts) + "."


def _format_value(field: FieldSpec, value: Any, catalog: Catalog) -> str:
    """Return a value in words: of a pick what is picked, and the settings that differ in it."""
    if field.kind != "pick":
        return setting_values.title_of(field, value)
    usual = "set by the data" if field.of == "network" else "the model's own"
    entry = catalog.get(field.of, value["slug"])
    name = entry.title if entry is not None else value["slug"] or usual
    own = {each.path: each for each in entry.fields} if entry is not None else {}
    wishes = [
        f"{own[path].title} {setting_values.title_of(own[path], wish)}"
        if path in own
        else f"{path} {wish}"
        for path, wish in value["config"].items()
    ]
    return f"{name} ({', '.join(wishes)})" if wishes else name


def hits(page: Page, words: str) -> int:
    """Return how often a search's rarest word is on a page, 0 where one is missing."""
    text = page.text.lower()
    counts = [text.count(word) for word in words.lower().split()]
    return min(counts, default=0)


def search(pages: Sequence[Page], words: str) -> list[Page]:
    """Return the pages that hold all words of a search, all pages for none; those whose title has
    them first.
    """
    if not words.strip():
        return list(pages)
    found = [page for page in pages if hits(page, words)]
    wanted = words.lower().split()
    return sorted(found, key=lambda page: not all(w in page.title.lower() for w in wanted))
