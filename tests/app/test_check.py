"""From typed text to a value and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import Choice, FieldSpec


def spec(kind="float", **more):
    return FieldSpec(
        **{"path": "lr", "kind": kind, "title": "Learning rate", "help": "", "default": 1.0} | more
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2e-4", 2e-4),
        ("0.05", 0.05),
        ("0,5", 0.5),  # a decimal comma
        ("4,000", 4000.0),
        ("4 000", 4000.0),
        ("1,234,567.5", 1234567.5),
        (" −3 ", -3.0),
    ],
)
def test_numbers_as_people_type_them(text, value):
    assert setting_values.parse(spec(), text) == value


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        (spec(), "fast", "must be a number, not “fast”"),
        (spec(), "", "needs a value"),
        (spec(), "inf", "must be finite"),
        (spec("int"), "1.5", "must be a whole number, not 1.5"),
        (
            spec("int"),
            "1,5",
            r"must be a whole number, not 1.5 \(the comma was read as a decimal point\)",
        ),
        (spec("int", high=1_048_576.0), "2,000,000", "must be at most 1,048,576"),
        (spec(low=1.0), "0", "must be at least 1"),
        (spec(high=4.0), "5", "must be at most 4"),
        (spec(above=0.0), "0", "must be greater than 0"),
        (spec(below=1.0), "1", "must be less than 1"),
    ],
)
def test_what_cannot_be_taken_says_why(field, text, reason):
    with pytest.raises(setting_values.Invalid, match=f"^{reason}$"):
        setting_values.parse(field, text)


def test_nothing_is_automatic_where_that_is_allowed():
    assert setting_values.parse(spec(optional=True, default=None), "") is None
    assert setting_values.title_of(spec(optional=True, default=None), None) == "automatic"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_number_is_read_back_to_its_last_bit(value):
    assert setting_values.parse(spec(), setting_values.format_value(spec(), value)) == value


@given(st.integers(-(10**12), 10**12))
def test_a_shown_integer_is_read_back(value):
    assert (
        setting_values.parse(spec("int"), setting_values.format_value(spec("int"), value)) == value
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(2e-4, "2e-4"), (0.05, "0.05"), (20000.0, "20,000"), (2e7, "20,000,000"), (1.5e-7, "1.5e-7")],
)
def test_floats_are_written_as_people_write_them(value, text):
    assert setting_values.format_value(spec(), value) == text


def test_ranges_in_words():
    assert setting_values.bounds(spec(low=1.0, high=8.0)) == "1 to 8"
    assert setting_values.bounds(spec(above=0.0)) == "above 0"
    assert setting_values.bounds(spec()) == ""


def test_titles_of_values():
    choice = spec("choice", choices=[Choice(value="ipm", title="Wasserstein")])
    assert setting_values.title_of(choice, "ipm") == "Wasserstein"
    assert setting_values.title_of(spec("bool"), True) == "on"
    assert setting_values.title_of(spec("int", unit="steps"), 4000) == "4,000 steps"
    assert setting_values.title_of(spec("int", unit="nodes"), 1) == "1 node"
    assert setting_values.title_of(spec("int", unit="communities"), 1) == "1 community"
    assert setting_values.title_of(spec("int", unit="s"), 1) == "1 s"
