"""What a file of interactions is: delimiter, names of columns, and what each column means.

MovieLens (Harper and Konstan 2015, doi:10.1145/2827872) in three layouts, RecBole's atomic files,
the text files of SASRec, Amazon reviews, Steam, and any table with a user and an item a line.
"""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pushforward.studio.formats.interactions.blocks import split_line
from pushforward.studio.formats.interactions.layout import JSON, PARQUET, RATINGS, Layout
from pushforward.studio.formats.interactions.parquet import parquet_names
from pushforward.studio.formats.interactions.sources import Source

__all__ = ["MOVIELENS", "find_layout", "json_record", "movielens_layout"]

MOVIELENS = "MovieLens"
TITLES = ("movieId", "title")
_SAMPLE = 40  # lines that a delimiter is found by
_NAMES = {
    "user": (
        "user", "userid", "uid", "reviewerid", "reviewer", "customerid", "customer", "visitorid",
        "personid", "memberid", "username", "accountid", "sessionid", "session",
    ),
    "item": (
        "item", "itemid", "iid", "movieid", "movie", "productid", "product", "parentasin", "asin",
        "bookid", "isbn", "trackid", "songid", "artistid", "gameid", "appid", "articleid",
        "newsid", "sku", "filmid", "businessid",
    ),
    "rating": ("rating", "ratings", "score", "stars", "overall"),
    "time": (
        "timestamp", "time", "unixreviewtime", "datetime", "date", "ts", "createdat", "eventtime",
        "unixtime", "ratingtimestamp",
    ),
    "title": (
        "title", "movietitle", "itemtitle", "itemname", "productname", "booktitle", "appname",
        "name",
    ),
    "categories": (
        "genres", "genre", "categories", "category", "class", "maincategory", "categoryid", "tags",
        "departments", "department", "producttype", "subcategory",
    ),
}  # fmt: skip
_WORDS = {
    "user": {
        "user", "customer", "client", "visitor", "member", "reviewer", "buyer", "shopper",
        "account", "subscriber", "player", "reader", "listener", "person", "session",
    },
    "item": {
        "item", "product", "sku", "article", "movie", "film", "song", "track", "book", "game",
        "artist", "video", "recipe", "course", "isbn", "asin",
    },
}  # fmt: skip
"""Words of names such as "customer_ref", next to those of `_IDS`."""
_IDS = {"id", "ref", "no", "nr", "num", "number", "key", "code", "hash", "uuid", "token", "idx"}
_RATED = {"user": 0, "item": 1, "rating": 2, "time": 3}
_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip


def _columns(count: int) -> tuple[str, ...]:
    return tuple(f"column {i}" for i in range(1, count + 1))


def _headless(form: str, delimiter: str, count: int, **roles: int) -> Layout:
    return Layout(form, delimiter, _columns(count), False, roles)


# Files of MovieLens without a header, and what their first line looks like.
_FIRST_LINES = (
    (r"\d+::\d+::\d(\.\d)?::\d+\s*", _headless(MOVIELENS, "::", 4, **_RATED)),
    (r"\d+::[MF]::\d+::\d+::.*\s*", _headless(MOVIELENS, "::", 5)),
    (r"\d+::.+::[^:]*\s*", _headless(MOVIELENS, "::", 3, item=0, title=1, categories=2)),
    (r"\d+\t\d+\t\d(\.\d)?\t\d+\s*", _headless(MOVIELENS, "\t", 4, **_RATED)),
    (r"\d+\|\d+\|[MF]\|.*\s*", _headless(MOVIELENS, "|", 5)),
    (
        r"\d+\|[^|]*\|[^|]*\|.*\s*",
        replace(_headless(MOVIELENS, "|", 24, item=0, title=1), flags=_GENRES),
    ),
)


def movielens_layout(source: Source) -> Layout | None:
    """Return what a file of MovieLens is, None if it is none. A header that shows what the file is
    meant to be is enough, even if columns are missing.
    """
    line = _first_line(source)
    found = (layout for first, layout in _FIRST_LINES if re.fullmatch(first, line))
    layout = next(found, None)
    if layout is not None:
        return layout
    names = tuple(cell.strip() for cell in split_line(line.strip(), ","))
    there = {name.casefold() for name in names}
    rated = there & {name.casefold() for name in RATINGS}
    if {"movieid", "imdbid"} <= there or {"userid", "movieid", "tag"} <= there:
        return Layout(MOVIELENS, ",", names, True, {})
    if {"userid", "movieid"} <= there or len(rated) > 2:
        return _named(names, RATINGS)
    if "movieid" in there and there & {"title", "genres"}:
        return _named(names, TITLES)
    return None


def _named(names: tuple[str, ...], required: tuple[str, ...]) -> Layout:
    roles = {role: place for role, place in _roles_by_name(names).items()}
    return Layout(MOVIELENS, ",", names, True, roles, required=required)


def find_layout(source: Source) -> Layout | None:
    """Return what a file of interactions or of items is, None if it is no table of either."""
    if source.suffix == ".parquet":
        names = parquet_names(source)
        return Layout("Parquet", PARQUET, names, True, _roles_by_name(names))
    if (layout := movielens_layout(source)) is not None:
        return layout
    lines = [line for line in source.head().splitlines()[:_SAMPLE] if line.strip()]
    if not lines:
        return None
    if lines[0].lstrip().startswith("{"):
        return _json_layout(lines)
    delimiter = _delimiter(lines)
    if not delimiter:
        return None
    rows = [[cell.strip() for cell in split_line(line, delimiter)] for line in lines]
    names = tuple(rows[0])
    if any(":" in name for name in names) and all(_typed(name) for name in names):
        return Layout("RecBole", delimiter, names, True, _roles_by_name(names))
    roles = _roles_by_name(names)
    if roles or _is_header(rows):
        # The last line may be cut.
        values = rows[1:-1] if len(rows) > 2 else rows[1:]
        return Layout("Table", delimiter, names, True, roles | _roles_by_value(roles, values))
    return _guess_headless(rows, delimiter)


def _first_line(source: Source) -> str:
    return (source.head().splitlines() or [""])[0]


def _typed(name: str) -> bool:
    kinds = ("token", "token_seq", "float", "float_seq")
    return name.rpartition(":")[2] in kinds


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0].casefold())


def _is_called(name: str, known: set[str]) -> bool:
    """Return whether the words of a name are one of the known ones with one for an identifier."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.partition(":")[0]).casefold()
    words = set(re.findall("[a-z]+", apart))
    return len(words) == 2 and bool(words & known) and bool(words & _IDS)


def _roles_by_name(names: tuple[str, ...]) -> dict[str, int]:
    """Return the columns whose names identify their role."""
    plain = [_plain(name) for name in names]
    found = {}
    for role, known in _NAMES.items():
        places = [plain.index(name) for name in known if name in plain]
        if not places and role in _WORDS:
            places = [i for i, name in enumerate(names) if _is_called(name, _WORDS[role])]
        if places:
            found[role] = places[0]
    if "title" in found and {"text", "reviewtext", "review"} & set(plain):
        del found["title"]  # that of a review
    return found


def _roles_by_value(roles: Mapping[str, int], rows: list[list[str]]) -> dict[str, int]:
    """Return the time column and the user column, where names do not identify them: a column of
    dates, and the only other column of identifiers next to an item and a time.
    """
    columns = list(zip(*rows, strict=False))
    left = [place for place in range(len(columns)) if place not in roles.values()]
    found: dict[str, int] = {}
    if "time" not in roles:
        dates = [place for place in left if all(map(_is_date, columns[place]))]
        found |= {"time": dates[0]} if dates else {}
    if "item" in roles and "user" not in roles and ("time" in roles or found):
        ids = [place for place in left if all(map(_is_identifier, columns[place]))]
        found |= {"user": ids[0]} if len(ids) == 1 else {}
    return found


def _is_date(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", cell))


def _is_identifier(cell: str) -> bool:
    """Return whether a cell is letters with digits, such as "C10770"."""
    return bool(re.fullmatch(r"[\w-]*[A-Za-z][\w-]*", cell)) and any(map(str.isdecimal, cell))


def _delimiter(lines: list[str]) -> str:
    """Return what separates the cells of all lines into equally many, "" if nothing does."""
    whole = lines[:-1] if len(lines) > 2 else lines  # the last may be cut
    for delimiter in ("::", "\t", "|", ";", ",", " "):
        counts = {len(split_line(line, delimiter)) for line in whole}
        if len(counts) == 1 and counts.pop() > 1:
            return delimiter
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_header(rows: list[list[str]]) -> bool:
    """Say whether the first line has no number where the others have one."""
    if len(rows) < 2:
        return False
    columns = list(zip(*rows, strict=False))
    return any(
        not _is_number(column[0]) and all(map(_is_number, column[1:-1] or column[1:]))
        for column in columns
    )


def _guess_headless(rows: list[list[str]], delimiter: str) -> Layout | None:
    """Return the layout of files without a header that are known: Steam, Amazon, SASRec."""
    width, first = len(rows[0]), rows[0]
    if width == 5 and all(row[2:3] and row[2] in ("purchase", "play") for row in rows[:-1] or rows):
        return _headless("Steam", delimiter, 5, user=0, item=1)
    if width == 4 and _is_number(first[2]) and re.fullmatch(r"\d{9,13}", first[3]):
        user = 1 if re.fullmatch(r"A[A-Z0-9]{9,}", first[1]) else 0
        roles = {**_RATED, "user": user, "item": 1 - user}
        form = "Table" if first[user].isdecimal() else "Amazon"
        return _headless(form, delimiter, 4, **roles)
    pairs = [row for row in rows if len(row) == 2 and all(cell.isdecimal() for cell in row)]
    if width == 2 and delimiter.isspace() and len(pairs) >= len(rows) - 1 and len(pairs) > 1:
        users = [int(row[0]) for row in pairs]
        if users == sorted(users) and len(set(users)) < len(users):
            return _headless("SASRec text", delimiter, 2, user=0, item=1)
    return _headless("Table", delimiter, width) if width > 1 else None


def _json_layout(lines: list[str]) -> Layout | None:
    records = [record for line in lines[:20] if (record := json_record(line)) is not None]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    if not names:
        return None
    roles = _roles_by_name(names)
    known = {"reviewerID": "Amazon", "parent_asin": "Amazon", "product_id": "Steam"}
    form = next((title for name, title in known.items() if name in names), "JSON lines")
    return Layout(form, JSON, names, True, roles)


def json_record(line: str) -> dict[str, Any] | None:
    """Return the record of a line of JSON, or of a Python literal as the older Amazon and Steam
    files have them; None if it is neither.
    """
    try:
        found = json.loads(line)
    except ValueError:
        try:
            found = ast.literal_eval(line.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, dict) else None
