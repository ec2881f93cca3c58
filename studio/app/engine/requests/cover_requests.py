"""Covers of data sets: a few rows for each card, requested once and then cached. They are kept in
the cache folder, so that a later start shows all cards at once. The engine, which may be training,
receives one request at a time, when a card is first visible.
"""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import named
from pushforward.studio.app.core.data_type_registry import kind_of
from pushforward.studio.app.core.dataset_list import DataSet
from pushforward.studio.app.core.imported_data import pick_of
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused, floats
from pushforward.studio.home import cache_folder
from pushforward.studio.protocol.messages import PreviewData
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.errors import StoreError

__all__ = ["CoverIntents"]

Arrays = dict[str, NDArray[Any]]
DOTS, TILES = 2048, 48  # rows that are asked for where they are dots, and where they are tiles
FORM = 2  # of what is kept: another one is asked anew
LARGEST = 2**22  # bytes of a file that is read back


class CoverIntents(Intents):
    """Intents about the pictures of sets of data."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._known: dict[str, Arrays] = {}
        self._one = asyncio.Lock()

    async def of(self, data: DataSet) -> Arrays | None:
        """Return some rows of a set as its kind paints them, None where they cannot be had now."""
        key = hashlib.sha256(f"{FORM}\n{data.slug}\n{data.version}".encode()).hexdigest()[:32]
        if key in self._known:
            return self._known[key]
        path = cache_folder() / "covers" / f"{key}.npz"
        async with self._one:
            arrays = await asyncio.to_thread(_read, path)
            if arrays is None:
                arrays = await self._ask(data)
                if arrays is not None:
                    await asyncio.to_thread(_keep, path, arrays)
        if arrays is not None:
            self._known[key] = arrays
        return arrays

    async def _ask(self, data: DataSet) -> Arrays | None:
        pick = pick_of(data.slug, self.state.datasets)
        kind = kind_of(pick, self.state.catalog)
        n = DOTS if kind.layout == "plane" else TILES
        project = str(self.state.project or "") if data.own else ""
        try:
            answer = await self.link.ask(PreviewData(dataset=pick, project=project, n=n))
            x = floats(answer, "x")
        except Refused:
            return None
        facts: Mapping[str, Any] = answer.result or {}
        told = named(answer.arrays, tuple(facts.get("names") or ()))
        return kind.some(x, told, tuple(facts.get("columns") or ()), len(x), cover=True)


def _read(path: Path) -> Arrays | None:
    """Return what was kept, None where nothing was, or where it is damaged."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _keep(path: Path, arrays: Arrays) -> None:
    """Write what can be thrown away at any time; a disk that refuses it is no harm."""
    into = io.BytesIO()
    np.savez_compressed(into, **arrays)  # type: ignore[arg-type]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, into.getvalue(), durable=False)
    except (OSError, StoreError):
        return
