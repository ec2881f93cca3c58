"""Fetch the content of mirrored files before a worker thread reads them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushforward.studio.launchers.mirror import Mirror

__all__ = ["bring", "use"]

SECONDS = 120.0

_source: "tuple[Mirror, asyncio.AbstractEventLoop] | None" = None


def use(mirror: "Mirror | None") -> None:
    """Set the mirror of the open project, None for a project of this computer."""
    global _source
    _source = None if mirror is None else (mirror, asyncio.get_running_loop())


def bring(path: Path) -> None:
    """Make sure that the content of a file is here. Call it in a worker thread only.

    Raises:
        StoreError: it is on another computer and cannot be fetched now.
    """
    if _source is not None and path.is_relative_to(_source[0].paths.local):
        mirror, loop = _source
        asyncio.run_coroutine_threadsafe(mirror.bring(path), loop).result(SECONDS)
