"""A terminal of a given width, for commands that run in the process of the tests."""

import sys

import pytest

__all__ = ["in_a_terminal"]


def in_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Make the captured output look like a terminal without colours."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
