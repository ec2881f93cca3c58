"""Write the newest kept record of a run as a picture (.png) or an animation (.gif, .apng)."""

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.animation import write_animation
from pushforward.studio.formats.pictures import write_png
from pushforward.studio.launch import PAINT_RECORD, own_command, own_env, popen_options
from pushforward.studio.store.errors import StoreError
from pushforward.studio.workflows.picture import draw

if TYPE_CHECKING:
    from pushforward.studio.protocol.records import FlowRecord
    from pushforward.studio.store.run import RunFolder

__all__ = ["draw_run", "newest_record", "write_moving", "write_still"]

PICTURE = "picture.png"
SECONDS = 4.0
"""How long an animation takes, without the time for which it holds its last frame."""
SIDE = 480
"""Pixels of a frame of an animation of points."""
IMAGES_MOVING = 64
"""Images in a frame of an animation."""


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
    said = f"step {record.step}, {record.x.shape[1]} particles, seed {folder.record.seed}"
    texts = {"Title": folder.record.spec.name, "Comment": said}
    write_png(path, _frames(folder, record, moving=False)[-1], texts)


def write_moving(folder: "RunFolder", record: "FlowRecord", path: Path) -> None:
    """Write how the particles of a record go from noise to data, as a GIF or an animated PNG.

    Raises:
        FormatError: the suffix is neither .gif nor .apng.
        StoreError: it cannot be painted here, or the disk refused.
    """
    write_animation(path, _frames(folder, record, moving=True), SECONDS)


def _frames(folder: "RunFolder", record: "FlowRecord", *, moving: bool) -> NDArray[np.uint8]:
    """Return the frames (T, h, w, 3) of a record, or its last frame alone."""
    from pushforward.studio.engine.kinds.base import kind_of
    from pushforward.studio.engine.kinds.compatibility import picked_kind
    from pushforward.studio.engine.run.effective_settings import target_of

    slug = picked_kind(folder.record.spec.dataset)
    kind, places = kind_of(slug), range(len(record.t)) if moving else (len(record.t) - 1,)
    if kind.plane:
        target = target_of(folder, record.step)[1].thinned(8000).numpy()
        size = {"size": SIDE} if moving else {}
        return np.stack([draw(target, record.t, record.x, frame=i, **size) for i in places])
    some = slice(IMAGES_MOVING) if moving else slice(None)
    sheets = [kind.sheet(record.x[i][some]) for i in places]
    frames = [sheet for sheet in sheets if sheet is not None]
    if frames:
        return np.stack(frames)
    return _painted(folder, slug, record.step, moving=moving)


def _painted(folder: "RunFolder", slug: str, step: int, *, moving: bool) -> NDArray[np.uint8]:
    """Return frames as the window paints them, by a process of its own: Qt ends a process that has
    no fonts or libraries for it.

    Raises:
        StoreError: it could not.
    """
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "frames.npy"
        how = "moving" if moving else "still"
        work = own_command(PAINT_RECORD, str(folder.path), slug, str(step), how, str(file))
        done = subprocess.run(
            work, capture_output=True, text=True, check=False, **popen_options(own_env())
        )
        if done.returncode or not file.exists():
            last = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
            raise StoreError(
                f"Qt cannot draw here: {last[0]}",
                "Points and images need no Qt; see 'pushforward check' for what is missing.",
                "user",
            )
        frames: NDArray[np.uint8] = np.load(file)
    return frames
