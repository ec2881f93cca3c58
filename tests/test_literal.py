"""Text from elsewhere, shown for what it is."""

import unicodedata

import pytest

from pushforward.studio.literal import NAME_LIMIT, lines, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Données 数据 données 🙂 R&D <b>x</b>", "Données 数据 données 🙂 R&D <b>x</b>"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("two\nlines\r\tand a tab", r"two\nlines\r\tand a tab"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("pay\u200bpal", r"pay\u200bpal"),
        ("\u2066x\u2069\ufeff", r"\u2066x\u2069\ufeff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half \udcff", r"half \udcff"),
    ],
)
def test_what_acts_or_hides_is_written_out(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert one_line(shown) == shown


def test_nothing_that_controls_or_formats_is_left() -> None:
    everything = "".join(map(chr, range(0x110000)))
    left = {
        unicodedata.category(character)
        for character in one_line(everything, None)
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character)
        in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    }
    assert left == set()


def test_a_long_name_is_cut_also_where_escapes_make_it_long() -> None:
    for text in ("x" * 1_000_000, "\x1b" * 1_000_000):
        shown = one_line(text)
        assert NAME_LIMIT - len(r"\x1b") < len(shown) <= NAME_LIMIT
        assert shown.endswith("…")
    assert len(one_line("x" * 1000, None)) == 1000


def test_no_escape_is_cut_in_two() -> None:
    for before in range(8):
        shown = one_line("x" * before + "\x1b" * 50, 20)
        assert len(shown) <= 20
        assert set(shown.removeprefix("x" * before).removesuffix("…").split(r"\x1b")) == {""}


def test_details_keep_their_lines() -> None:
    assert lines("Traceback\r\n\tx\x1b\nend") == "Traceback\n    x\\x1b\nend"
