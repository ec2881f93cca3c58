"""Release feeds, and the comparison of versions."""

import json
from pathlib import Path

import pytest

from pushforward.studio.updates import FeedError, find_update, is_newer


def write_feed(folder: Path, **fields: str) -> str:
    file = folder / "feed.json"
    file.write_text(json.dumps(fields))
    return str(file)


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.2.0", "0.1.9", True),
        ("0.10", "0.9.9", True),
        ("1.0", "1.0.0", False),
        ("1.0", "1.0rc2", True),
        ("1.0rc1", "1.0", False),
        ("9.9", "from source", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) is newer


def test_a_newer_release_is_found_and_an_older_one_is_not(tmp_path: Path) -> None:
    feed = write_feed(tmp_path, version="0.3.0", url="https://example.org/r", notes="Faster.")
    found = find_update(feed, "0.2.9")
    assert found is not None
    assert (found.version, found.notes) == ("0.3.0", "Faster.")
    assert find_update(Path(feed).as_uri(), "0.3.0") is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "missing required field"),
        ({"version": "new"}, "is not a version"),
        ({"version": "1.0", "url": "file:///etc/passwd"}, "must start with https"),
        ({"version": "1.0", "notes": "x" * 70_000}, "larger than 64 kB"),
    ],
)
def test_a_damaged_feed_is_refused(tmp_path: Path, fields: dict[str, str], why: str) -> None:
    with pytest.raises(FeedError, match=why):
        find_update(write_feed(tmp_path, **fields), "0.1.0")


@pytest.mark.parametrize(
    ("feed", "why"),
    [("", "No release feed"), ("http://a/b", "must be a file"), ("/no/such", "cannot be read")],
)
def test_a_feed_that_cannot_be_read_says_why(feed: str, why: str) -> None:
    with pytest.raises(FeedError, match=why):
        find_update(feed, "0.1.0")
