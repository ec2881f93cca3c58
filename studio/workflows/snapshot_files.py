"""Write the newest kept record of a run as a picture (.png)."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.flow_page import lay_out, sheet_columns
from pushforward.studio.formats.pictures import write_png
from pushforward.studio.formats.qt_process import paint_tiles
from pushforward.studio.workflows.picture import draw

if TYPE_CHECKING:
    from pushforward.studio.protocol.records import FlowRecord
    from pushforward.studio.store.run import RunFolder

__all__ = ["draw_run", "newest_record", "write_still"]

PICTURE = "picture.png"

TILES = 64
"""Of a picture at most, where the window's painters draw them."""


def newest_record(folder: "RunFolder", step: int | None = None) -> "FlowRecord | None":
    """Return the newest kept record of a run, of at most ``step``; None where it has none.

    Raises:
        StoreError: its file is damaged.
    """
    steps = [each for each in folder.flow.steps() if step is None or each <= step]
    return folder.flow.load(steps[-1]) if steps else None


def draw_run(folder: "RunFolder", *, again: bool = False) -> Path | None:
    """Draw the newest snapshot of a run into its folder, if it is not there or ``again``; return
    the file, None for a run without snapshots.

    Raises:
        StoreError: it cannot be painted here, or the disk refused.
    """
    path = folder.path / PICTURE
    if path.is_file() and not again:
        return path
    record = newest_record(folder)
    if record is None:
        return None
    write_still(folder, record, path)
    return path


def write_still(folder: "RunFolder", record: "FlowRecord", path: Path) -> None:
    """Write where the particles of a record end as a PNG.

    Raises:
        StoreError: it cannot be painted here, or the disk refused.
    """
    comment = f"step {record.step}, {record.x.shape[1]} particles, seed {folder.record.seed}"
    texts = {"Title": folder.record.spec.name, "Comment": comment}
    write_png(path, _picture(folder, record), texts)


def _picture(folder: "RunFolder", record: "FlowRecord") -> NDArray[np.uint8]:
    from pushforward.studio.engine.kinds.base import kind_of
    from pushforward.studio.engine.kinds.compatibility import picked_kind
    from pushforward.studio.engine.run.effective_settings import target_of

    slug = picked_kind(folder.record.spec.dataset)
    kind = kind_of(slug)
    if kind.plane:
        target = target_of(folder, record.step)[1].thinned(8000).numpy()
        return draw(target, record.t, record.x)
    sheet = kind.sheet(record.x[-1])
    if sheet is not None:
        return sheet
    times = [float(record.t[-1])]
    n = min(TILES, record.x.shape[1])
    tiles = paint_tiles(folder.path, slug, [record.step], times, n, dark=True)[0, 0]
    return lay_out(tiles, sheet_columns(len(tiles), tiles.shape[2] / tiles.shape[1]))
