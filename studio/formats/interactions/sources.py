"""Files of interactions as streams of bytes: plain, gzip, or the members of a zip."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pushforward.studio.formats.archives import BROKEN, MOST_UNPACKED
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.regular_files import open_regular

__all__ = ["Source", "Stream", "sources_of"]

MOST_MEMBERS = 1000


class Stream(io.RawIOBase):
    """A file read up to a number of bytes.

    Attributes:
        cut: whether the end was reached before that of the file.
    """

    def __init__(self, file: IO[bytes], name: str, most: int | None) -> None:
        super().__init__()
        self._file, self._name, self._most, self._done = file, name, most, 0
        self.cut = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, b"" at the end.

        Raises:
            FormatError: the file is damaged, or unpacks to too much.
        """
        if self._most is not None and self._done >= self._most:
            self.cut = True
            return b""
        try:
            found = self._file.read(size)
        except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
            raise FormatError(
                f"{self._name} is damaged: {error}.", "Download or copy it again."
            ) from error
        self._done += len(found)
        if self._done > MOST_UNPACKED:
            raise FormatError(
                f"{self._name} unpacks to more than {human_bytes(MOST_UNPACKED)}, the limit.",
                "Unpack it yourself and import a part of the users.",
            )
        return found


@dataclass(frozen=True)
class Source:
    """A file, or a member of a zip."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """The name for messages."""
        return f"{self.path.name}: {Path(self.member).name}" if self.member else self.path.name

    @property
    def suffix(self) -> str:
        """The suffix of the content, without that of the compression, in lower case."""
        inner = Path(self.member or self.path.name)
        inner = Path(inner.stem) if inner.suffix.lower() == ".gz" else inner
        return inner.suffix.lower()

    @contextmanager
    def open(self, most: int | None = None) -> Iterator[Stream]:
        """Open the content, reading at most ``most`` bytes.

        Raises:
            FormatError: it is damaged.
            OSError, StoreError: it cannot be opened.
        """
        with open_regular(self.path) as file:
            if self.member:
                try:
                    with zipfile.ZipFile(file) as archive, archive.open(self.member) as inner:
                        yield Stream(inner, self.name, most)
                except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                    raise FormatError(f"{self.name} cannot be unpacked: {error}.") from error
            elif self.path.suffix.lower() == ".gz":
                with gzip.GzipFile(fileobj=file) as inner:
                    yield Stream(inner, self.name, most)  # type: ignore[arg-type]  # GzipFile reads bytes
            else:
                yield Stream(file, self.name, most)

    def head(self, most: int = 2**16) -> str:
        """Return the first bytes as text."""
        with self.open(most) as file:
            raw = file.read(most).removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")


def sources_of(path: Path) -> list[Source]:
    """Return a file as a source, or the members of a zip, without hidden ones.

    Raises:
        FormatError: the zip is damaged or has too many members.
    """
    if path.suffix.lower() != ".zip":
        return [Source(path)]
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except BROKEN as error:
        raise FormatError(f"{path.name} is no zip that can be read: {error}.") from error
    if len(names) > MOST_MEMBERS:
        raise FormatError(f"{path.name} has more than {MOST_MEMBERS:,} files.")
    return [Source(path, name) for name in names if not Path(name).name.startswith((".", "__"))]
