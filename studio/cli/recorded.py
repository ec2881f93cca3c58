"""Figures of claims, kept in the studio's own files: what help pages and tables are drawn from."""

import datetime
import json
import os
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studio.resources import folder
from studio.store.atomic import write_bytes

if TYPE_CHECKING:
    from models.experiments.base import Result

__all__ = ["record"]


def record(slug: str, about: dict[str, Any], result: "Result", device: str) -> None:
    """Write a claim with its figure to ``resources/verified/<id>.json``, with the date, the
    versions and the kind of machine.

    Raises:
        StoreError: the disk refused.
    """
    from studio.engine.run.session import versions

    said = {
        **about,
        **asdict(result),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {device}",
    }
    place = folder("verified")
    text = json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True)
    write_bytes(place / f"{slug}.json", f"{text}\n".encode())
