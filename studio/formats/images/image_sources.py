"""Images in folders and archives, with their class, which is the folder name.

Archives are read member by member and never unpacked to disk, so member names are harmless;
declared sizes were checked before (`studio.formats.archives`).
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from pushforward.studio.formats.archives import is_archive
from pushforward.studio.formats.folders import below
from pushforward.studio.formats.images.decoding import MOST_BYTES, PICTURES
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.npzarrays import refusing_damage
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.regular_files import open_regular

__all__ = ["MOST_PICTURES", "Picture", "Unreadable", "gathered"]

MOST_PICTURES = 500_000
_ENCRYPTED = 1


class Unreadable(ValueError):
    """An image file that cannot be read; the message continues its name."""


@dataclass(frozen=True)
class Picture:
    """Where a picture is.

    Attributes:
        name: for people.
        folder: that it lies in, "" where that is the one that was chosen.
        read: returns the bytes of its file; raises `Unreadable`.
    """

    name: str
    folder: str
    read: Callable[[], bytes]


@contextmanager
def gathered(paths: Sequence[Path]) -> Iterator[list[Picture]]:
    """Yield the pictures of folders, archives and files, in the order of names; archives stay open
    meanwhile.

    Raises:
        FormatError: there are none or far too many, or an archive is not what it should be.
    """
    found: list[Picture] = []
    with ExitStack() as stack:
        for path in paths:
            if path.is_dir():
                found += [_of_file(file, path) for file in below(path) if _is_picture(file.name)]
            elif is_archive(path):
                with refusing_damage(path):
                    found += _members(path, stack.enter_context(zipfile.ZipFile(path)))
            else:
                found.append(_of_file(path, path.parent))
            if len(found) > MOST_PICTURES:
                raise FormatError(
                    f"{path.name} has more than {MOST_PICTURES:,} pictures.",
                    "Import a part of them.",
                )
        if not found:
            raise FormatError(
                f"{paths[0].name} has no pictures.", f"Pictures end in {', '.join(PICTURES)}."
            )
        yield found


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES)


def _of_file(path: Path, chosen: Path) -> Picture:
    folder = "" if path.parent == chosen else path.parent.name
    name = path.relative_to(chosen).as_posix() if path.is_relative_to(chosen) else path.name
    return Picture(name, folder, partial(_read_file, path))


def _read_file(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror or error})") from error
    return _of_right_size(data)


def _of_right_size(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Unreadable(f"has more than {human_bytes(MOST_BYTES)}")
    return data


def _members(path: Path, archive: zipfile.ZipFile) -> list[Picture]:
    members = [each for each in archive.infolist() if not each.filename.endswith("/")]
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise FormatError(f"{path.name} is protected by a password.", "Unpack it first.")
    found = []
    for member in members:
        place = PurePosixPath(member.filename.replace("\\", "/"))
        named = [part for part in place.parts if part not in (".", "..")]
        hidden = any(part.startswith((".", "__MACOSX")) for part in named)
        if _is_picture(place.name) and not hidden:
            read = partial(_read_member, archive, member)
            # A name may lead anywhere, and is only ever a word here.
            folder = place.parent.name
            found.append(Picture(str(place), "" if folder in ("", ".", "..") else folder, read))
    if len({PurePosixPath(picture.name).parent for picture in found}) == 1:
        # All are in the one folder that was packed.
        found = [Picture(picture.name, "", picture.read) for picture in found]
    return sorted(found, key=lambda picture: picture.name)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > MOST_BYTES:
        raise Unreadable(f"has more than {human_bytes(MOST_BYTES)}")
    try:
        with archive.open(member) as file:
            return _of_right_size(file.read(MOST_BYTES + 1))
    except Exception as error:
        # The library says in any way that a member is damaged: by its own errors, those of each
        # method of compression, and OSError.
        why = str(error).rstrip(".") or type(error).__name__
        raise Unreadable(f"is damaged ({why})") from error
