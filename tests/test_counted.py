"""Numbers of things in words."""

import pytest

from pushforward.studio.counts import format_split


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({}, ""),
        ({"learned": 5, "measured": 0, "tested": 0}, ""),
        (
            {"learned": 1297, "measured": 500},
            "train 1,297, validation 500",
        ),
        (
            {"learned": 64063, "measured": 8014, "tested": 7923},
            "train 64,063, validation 8,014, test 7,923",
        ),
    ],
)
def test_what_becomes_of_the_rows_is_one_sentence(shares, words):
    assert format_split(shares) == words
