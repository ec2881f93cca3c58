"""The trained runs that a run learns from, as copies in its own folder: the originals may go.

``inputs/teacher.safetensors`` is the checkpoint that was taken, byte for byte; ``run.toml`` says
where it is from, what made it, and its SHA-256, without which it is not supported.
"""

import hashlib
from pathlib import Path

import msgspec

from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.atomic import check_space, make_folder, write_bytes
from pushforward.studio.store.checkpoint import Checkpoint, Checkpoints
from pushforward.studio.store.errors import Damaged, explain
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.regular_files import open_regular

__all__ = ["InputRecord", "Inputs", "checkpoint_bytes"]


class InputRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken: the name of the run, the step, the spec that made it, and the SHA-256 of the
    file.
    """

    run: str
    step: int
    spec: RunSpec
    sha256: str


class Inputs:
    """The copies in one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, name: str) -> Path:
        """Return the file of an input."""
        return self.folder / f"{name}.safetensors"

    def put(self, name: str, data: bytes) -> None:
        """Write the checkpoint of an input.

        Raises:
            StoreError: the disk refused.
        """
        check_space(self.folder, len(data))
        make_folder(self.folder)
        write_bytes(self.path(name), data)

    def bytes(self, name: str, record: InputRecord) -> bytes:
        """Return the file of an input as it was taken.

        Raises:
            Damaged: it is not what was taken.
            StoreError: it is missing, or a link leads out of the run.
        """
        path = self.path(name)
        stay_inside(path)
        data = checkpoint_bytes(path)
        if hashlib.sha256(data).hexdigest() != record.sha256:
            raise Damaged(
                f"{path} is not the checkpoint of step {record.step:,} of {record.run} that the "
                "run used.",
                "Restore it from a backup, or set up the run again.",
            )
        return data

    def load(self, name: str, record: InputRecord) -> Checkpoint:
        """Read an input.

        Raises:
            Damaged: it is not what was taken.
            StoreError: it is missing, or of a later version.
        """
        self.bytes(name, record)
        return Checkpoints(self.folder).load(self.path(name))


def checkpoint_bytes(path: Path) -> bytes:
    """Return the content of a checkpoint file.

    Raises:
        Damaged: it is no file.
        StoreError: it is missing, or may not be read.
    """
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise explain(error, path, "read") from error
