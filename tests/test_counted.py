"""Numbers of things in words."""

import pytest

from pushforward.studio.counted import shared_out


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({}, ""),
        ({"learned": 5, "measured": 0, "tested": 0}, ""),
        (
            {"learned": 1297, "measured": 500},
            "1,297 of 1,797 are learned from, 500 are held out for validation",
        ),
        (
            {"learned": 64063, "measured": 8014, "tested": 7923},
            "64,063 of 80,000 are learned from, 8,014 are held out for validation and "
            "7,923 for a last test",
        ),
    ],
)
def test_what_becomes_of_the_rows_is_one_sentence(shares, words):
    assert shared_out(shares) == words
