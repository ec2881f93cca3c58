"""Words in pictures, and the legend of a map that has them."""

import numpy as np

from pushforward.studio.formats.cubes.maps import legend
from pushforward.studio.formats.lettering import HIGH, lettered


def test_letters_are_drawn_dot_by_dot_and_accents_are_left_out():
    rows = ["".join("#" if dot else "." for dot in row) for row in lettered("L-")]
    assert rows == [
        "#...........", "#...........", "#...........", "#.....#####.",
        "#...........", "#...........", "#####.......", "............",
    ]  # fmt: skip
    assert lettered("ab", 2).shape == (2 * HIGH, 24)
    assert (lettered("é") == lettered("e")).all()
    assert (lettered("木") == lettered("?")).all()
    assert lettered("").shape == (HIGH, 0)
    known = [lettered(chr(code)).tobytes() for code in range(0x20, 0x7F)]
    assert len(set(known)) == len(known), "no two letters look alike"


def test_a_legend_has_the_names_of_the_classes_where_there_is_room():
    plain, named = legend(3, 200), legend(3, 200, ["Corn", "Woods", "x" * 50])
    assert named.shape[0] == plain.shape[0] == 200
    assert plain.shape[1] < named.shape[1] < 500
    ink = (named[:, 40:] == 32).all(axis=2)
    assert ink[8:40].any()
    assert not (ink[8:40] == ink[40:72]).all(), "another name"
    many = [f"class {i}" for i in range(100)]
    assert legend(100, 200, many).shape == legend(100, 200).shape, "a hundred names have no room"
    assert np.array_equal(legend(0, 50), np.full((50, 8, 3), 255))
