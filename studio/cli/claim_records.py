"""Records of measured claims in the program's own files, the source of help pages and tables.

A record names its pass line and null models. If the code declares others, `refresh` marks it as
outdated, and no page shows its verdict.
"""

import datetime
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from pushforward.studio.resources import folder
from pushforward.studio.store.atomic import write_bytes

if TYPE_CHECKING:
    from pushforward.verify.claim import Result

__all__ = ["describe_difference", "load", "record", "record_nulls", "refresh", "restore"]

_WORDS = ("title", "claim", "source", "group", "slow")
"""Texts of a claim that may change without measuring again."""


def record(slug: str, about: dict[str, Any], result: "Result", device: str) -> None:
    """Write the result of a claim to ``resources/verified/<id>.json`` with date, versions and
    machine. Random numbers differ by device, so values apply to the recorded device.

    Raises:
        StoreError: the disk refused.
    """
    from pushforward.studio.engine.run.versions import versions

    said = {
        **about,
        **asdict(result),
        "date": _today(),
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {device}",
    }
    _write(slug, said)


def record_nulls(slug: str, about: dict[str, Any], result: "Result") -> None:
    """Write the null models and baselines of a result into the kept record of a claim, with the
    date; what was measured of the claim itself stays.

    Raises:
        StoreError: the disk refused.
    """
    said = {**load(slug), **about, **asdict(result), "nulls_date": _today()}
    said.pop("outdated", None)
    _write(slug, said)


def load(slug: str) -> dict[str, Any]:
    """Return the kept record of a claim, {} where there is none."""
    path = folder("verified") / f"{slug}.json"
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def restore(kept: Mapping[str, Any]) -> "Result":
    """Return the result that a record holds."""
    from pushforward.verify.claim import Outcome, Result, Table

    def outcome(said: Mapping[str, Any]) -> Outcome:
        found = Outcome(**{f.name: said[f.name] for f in fields(Outcome) if f.name in said})
        return (
            replace(found, table=Table(**found.table)) if isinstance(found.table, dict) else found
        )

    nulls, baselines = (
        {title: outcome(each) for title, each in kept.get(name, {}).items()}
        for name in ("nulls", "baselines")
    )
    return Result(**vars(outcome(kept)), nulls=nulls, baselines=baselines, seconds=kept["seconds"])


def describe_difference(kept: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return the differences between a record and the declared line and null models, "" for
    none.
    """
    if kept["pass_line"] != about["pass_line"]:
        return f"The pass line is now: {about['pass_line']}."
    found = []
    for name, what in (("nulls", "null models"), ("baselines", "baselines")):
        there, wanted = set(kept.get(name, {})), set(about[name])
        if wanted - there:
            found.append(f"Not measured with these {what}: {', '.join(sorted(wanted - there))}.")
        if there - wanted:
            found.append(f"No longer declared as {what}: {', '.join(sorted(there - wanted))}.")
    return " ".join(found)


def refresh(slug: str, about: Mapping[str, Any]) -> str:
    """Update the texts of a record, and mark it as outdated if its line or null models differ from
    the declared ones; return the reason, "" if current.

    Raises:
        StoreError: the disk refused.
    """
    kept = load(slug)
    if not kept:
        return ""
    reason = describe_difference(kept, about)
    said = {**kept, **{name: about[name] for name in _WORDS}}
    said.pop("outdated", None)
    if reason:
        said["outdated"] = reason
    if said != kept:
        _write(slug, said)
    return reason


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _write(slug: str, said: Mapping[str, Any]) -> None:
    text = json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True)
    write_bytes(folder("verified") / f"{slug}.json", f"{text}\n".encode())
