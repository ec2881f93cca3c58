"""Of costly tests those stay in the short suite that reach what no other does."""

from tests.reach import Tests, left_out

TESTS: Tests = {
    "a.py::cheap": (0.1, 0.0, {"f"}),
    "a.py::same": (1.0, 0.0, {"f"}),
    "a.py::wide": (2.0, 0.0, {"f", "g", "h"}),
    "a.py::narrow": (1.5, 0.0, {"g"}),
    "a.py::process": (1.0, 3.0, {"f"}),
    "b.py::only": (1.0, 0.0, {"f"}),
}


def test_what_others_reach_is_left_out_but_no_whole_file_and_no_test_with_a_process() -> None:
    assert left_out(TESTS, cheap=0.3, times=1) == ["a.py::narrow", "a.py::same"]


def test_a_function_may_have_to_be_reached_more_often() -> None:
    assert left_out(TESTS, cheap=0.3, times=2) == ["a.py::same"]


def test_cheap_tests_stay() -> None:
    assert left_out(TESTS, cheap=5.0) == []
