"""Plain text becomes pieces in one alphabet; what cannot says why."""

from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.formats.texts.alphabets import LETTERS, cut, folded
from pushforward.studio.formats.texts.plain import PlainText
from pushforward.studio.formats.texts.writing import spelled, write_texts

DEFAULT = {option.path: option.default for option in PlainText.options}


def options(**chosen):
    return {**DEFAULT, **chosen}


def file(tmp_path: Path, content: str | bytes, name: str = "some.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def words(blocks) -> list[str]:
    return ["".join(map(chr, row)) for block in blocks for row in block["x"].tolist()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_text_is_folded_alike_however_it_comes(size):
    text = "  Él dijo:\n\n«Hola,  Ana!» — 3 veces.\t "
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    assert "".join(folded(parts, "letters")) == "el dijo hola ana veces"
    assert "".join(folded(parts, "written")) == "Él dijo: «Hola, Ana!» — 3 veces."


def test_pieces_begin_a_step_apart(tmp_path: Path):
    x = np.concatenate(list(cut(["abcd", "e", "fghij"], 4, 3)))
    assert words([{"x": x}]) == ["abcd", "defg", "ghij"]
    path = file(tmp_path, "The cat, the hat. " * 4)
    rows = PlainText().rows([path], options(length=8, step=5))
    found = words(rows.blocks)
    text = ("the cat the hat " * 4).strip()
    assert found == [text[i : i + 8] for i in range(0, len(text) - 7, 5)]
    assert len(found) == rows.total
    assert rows.schema.facts == {"alphabet": LETTERS}


def test_pieces_never_cross_files(tmp_path: Path):
    paths = [file(tmp_path, "a" * 10, "a.txt"), file(tmp_path, "b" * 10, "b.txt")]
    rows = PlainText().rows(paths, options(length=6, step=2))
    assert words(rows.blocks) == ["aaaaaa"] * 3 + ["bbbbbb"] * 3
    assert rows.total == 6


def test_characters_may_stay_as_they_are(tmp_path: Path):
    path = file(tmp_path, "Straße № 7! " * 5)
    rows = PlainText().rows([path], options(alphabet="written", length=12, step=12))
    assert words(rows.blocks)[0] == "Straße № 7! "
    assert rows.schema.facts["alphabet"] == "".join(sorted(set("Straße № 7! ")))


@pytest.mark.parametrize(
    ("content", "chosen", "said"),
    [
        (b"", {}, "has no letter from a to z"),
        (
            "Привет, мир",
            {"alphabet": "letters"},
            "has no letter from a to z. Choose All characters.",
        ),
        (" \n\t ", {"alphabet": "written"}, "has nothing but white space"),
        ("too short", {}, "has 9 characters of the alphabet, and a piece has 64"),
        (b"\xff\xfe\x00bin", {}, "is not UTF-8 text"),
        (b"some\0thing", {}, "is not text: it has zero bytes"),
        ("".join(map(chr, range(0x4E00, 0x4F00))), {"alphabet": "written"}, "the limit is 200"),
    ],
)
def test_what_cannot_be_taken_says_why(tmp_path: Path, content, chosen, said):
    path = file(tmp_path, content)
    with pytest.raises(FormatError) as caught:
        PlainText().rows([path], options(**chosen))
    assert said in f"{caught.value.message} {caught.value.hint}"
    inspected = PlainText().inspect([path], options(**chosen))
    assert said in inspected.problems[0]
    assert inspected.rows == 0


def test_what_is_in_a_file_is_said_before_it_is_taken(tmp_path: Path):
    found = PlainText().inspect([file(tmp_path, "Hello, world! " * 20)], options(length=16))
    assert (found.rows, found.kind, found.problems) == (14, "texts", [])
    assert found.preview["x"][0] == "hello world hell"
    assert found.notes == [
        "239 characters, 8 different ones.",
        "40 characters become blanks: , 20, ! 20.",
    ]


def test_what_is_lost_of_a_text_is_counted_before_it_is_taken(tmp_path: Path):
    path = file(tmp_path, "Über naïve Ümlaute, 12 an der Zahl\x07 " * 3)
    said = PlainText().inspect([path], options(length=16)).notes[1:]
    assert said == [
        "9 characters lose their accents: Ü 6, ï 3.",
        "12 characters become blanks: , 3, 1 3, 2 3, \\x07 3.",
    ]
    kept = PlainText().inspect([path], options(length=16, alphabet="written")).notes[1:]
    assert kept == ["3 characters are removed: they cannot be displayed: \\x07 3."]
    assert "".join(folded(["Über naïve"], "letters")) == "uber naive"


def test_words_are_claimed_and_numbers_are_not(tmp_path: Path):
    assert PlainText().claims(file(tmp_path, "Once upon a time, in 1865."))
    assert PlainText().claims(file(tmp_path, "Привет, мир"))
    for content in ("1.5 2.5\n3.5 4.5\n", "", b"PK\x03\x04\0\0\0"):
        assert not PlainText().claims(file(tmp_path, content))
    discover()
    assert "plain-text" in {each.slug for each in importers.all()}


def slugs(path: Path) -> list[str]:
    return [each.slug for each in importers.offered([path])]


def test_of_numbers_and_of_digits_a_person_may_choose_and_the_better_guess_is_first(
    tmp_path: Path,
) -> None:
    """A file of digits was taken as points, and nobody was asked."""
    discover()
    words = slugs(file(tmp_path, "Once upon a time, in 1865.", "words.txt"))
    numbers = slugs(file(tmp_path, "0.5 1.25\n3 4e-3\n" * 9, "numbers.txt"))
    listed = slugs(file(tmp_path, "1.50,2.25,3.75," * 40, "list.txt"))
    digits = slugs(file(tmp_path, "31415926535897932384626433832795028841971\n" * 9, "pi.txt"))
    assert words[0] == digits[0] == "plain-text"
    assert numbers[0] == listed[0] == "points"
    for each in (words, numbers, listed, digits):
        assert {"plain-text", "points"} <= set(each)
        assert len(each) == len(set(each))
    other = file(tmp_path, b"1 2\n\0\0", "other.txt")
    assert "plain-text" not in slugs(other)
    assert "plain-text" not in slugs(file(tmp_path, "0.5,1.25\n3,4\n", "table.csv"))


def test_digits_are_text_in_their_own_characters(tmp_path: Path) -> None:
    path = file(tmp_path, "3141592653589793238462643383279502\n" * 9)
    found = PlainText().inspect([path], options(alphabet="letters"))
    assert found.problems == [f"{path.name} has no letter from a to z. Choose All characters."]
    for chosen in ({}, {"alphabet": "written"}):
        taken = PlainText().inspect([path], options(**chosen))
        assert not taken.problems
        assert taken.rows > 1
        assert set("".join(taken.preview["x"])) <= set("0123456789 ")
    words = file(tmp_path, "It was 1865, and a rabbit ran by: 3.14 of them! " * 4, "words.txt")
    said = PlainText().inspect([words], options()).preview["x"]
    assert said == PlainText().inspect([words], options(alphabet="letters")).preview["x"]


def test_texts_are_written_a_line_each(tmp_path: Path):
    x = np.array([[72, 105, 33], [97, 10, 0]])
    write_texts(tmp_path / "made.txt", x)
    assert (tmp_path / "made.txt").read_text(encoding="utf-8") == "Hi!\na □\n"
    assert spelled(x[1]) == "a □"
