"""What the import dialog says of the columns of a table."""

from pushforward.studio.app.places.data.import_text import left_out, reasons
from pushforward.studio.formats.inspection import Column, Item

WHOLE = Column(name="x", kind="number", count=9)
GAP = Column(name="y", kind="number", count=8, nan=1, problem="")
NAMES = Column(name="who", kind="text", count=9)
ITEM = Item(name="", rows=9, columns=[WHOLE, GAP, NAMES], preview=[])


def test_a_column_with_a_gap_that_is_left_out_says_why() -> None:
    """It was unticked without a word."""
    assert left_out(ITEM, [WHOLE]) == [
        "Column y: 1 cell is missing or not a number: it is left out."
    ]
    assert left_out(ITEM, [WHOLE, GAP]) == []


def test_one_that_is_chosen_stands_against_the_import() -> None:
    (why, *_) = reasons(ITEM, [WHOLE, GAP], "mine", [])
    assert why.startswith("Column y: 1 cell is missing or not a number. Fill or remove")
