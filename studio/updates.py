"""Compare this version with a release feed. The feed is configured; nothing here runs by itself.

A feed is a JSON object, a file or an https address:
``{"version": "0.2.0", "url": "https://…", "notes": "…"}``.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

__all__ = [
    "FEED_VARIABLE",
    "FeedError",
    "Release",
    "configured_feed",
    "find_update",
    "is_newer",
    "read_feed",
]

FEED_VARIABLE = "PUSHFORWARD_UPDATES"
"""Environment variable that names the feed; the preference ``updates`` does too."""
_LIMIT = 65_536  # bytes
_TIMEOUT = 10.0  # seconds
_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?\Z")


class FeedError(Exception):
    """A feed cannot be read; the message says why and what to do."""


class Release(msgspec.Struct, kw_only=True):
    """The newest release of a feed."""

    version: str
    url: str = ""
    notes: str = ""


@dataclass(frozen=True)
class _Number:
    """A version as numbers; a pre-release is before its release."""

    release: tuple[int, ...]
    pre: tuple[str, int]

    def __gt__(self, other: "_Number") -> bool:
        return (self.release, self.pre) > (other.release, other.pre)


def find_update(feed: str, version: str) -> Release | None:
    """Return the release of a feed if it is newer than a version, else None.

    Raises:
        FeedError: no feed is configured, or it cannot be read.
    """
    release = read_feed(feed)
    return release if is_newer(release.version, version) else None


def read_feed(feed: str) -> Release:
    """Read a feed.

    Raises:
        FeedError: it is not configured, cannot be reached, or is not a feed.
    """
    if not feed:
        raise FeedError(
            "No release feed is configured. Set `updates` in preferences.toml to a file or an "
            "https address."
        )
    try:
        release = msgspec.json.decode(_read(feed), type=Release)
    except msgspec.MsgspecError as error:
        raise FeedError(f"{feed} is not a release feed: {error}.") from error
    if not _VERSION.match(release.version):
        raise FeedError(f"{feed}: {release.version!r} is not a version such as 1.2.0.")
    if release.url and urlsplit(release.url).scheme != "https":
        raise FeedError(f"{feed}: the address of the release must start with https.")
    return release


def is_newer(version: str, than: str) -> bool:
    """Whether a version is later than another, False if that is no number, as "from source"."""
    if not _VERSION.match(than):
        return False
    return _parse(version) > _parse(than)


def configured_feed(preference: str) -> str:
    """Return the feed of the environment, else of the preference."""
    return os.environ.get(FEED_VARIABLE, "") or preference


def _parse(version: str) -> _Number:
    pre = re.search(r"(a|b|rc)(\d+)", version)
    numbers = [int(part) for part in re.sub(r"(a|b|rc)\d+", "", version).split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()  # 1.0 equals 1.0.0
    return _Number(tuple(numbers), (pre[1], int(pre[2])) if pre else ("release", 0))


def _read(feed: str) -> bytes:
    scheme = urlsplit(feed).scheme
    try:
        if scheme == "https":
            import urllib.request

            with urllib.request.urlopen(feed, timeout=_TIMEOUT) as answer:
                data: bytes = answer.read(_LIMIT + 1)
        elif scheme in ("", "file") or os.path.isabs(feed):
            path = Path(feed if scheme != "file" else urlsplit(feed).path)
            with path.open("rb") as file:
                data = file.read(_LIMIT + 1)
        else:
            raise FeedError(f"{feed} must be a file or start with https.")
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or error
        raise FeedError(f"{feed} cannot be read: {reason}.") from error
    if len(data) > _LIMIT:
        raise FeedError(f"{feed} is not a release feed: it is larger than 64 kB.")
    return data
