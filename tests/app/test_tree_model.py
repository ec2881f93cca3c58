"""The tree of lines: which of them a view is told to paint anew."""

from pushforward.studio.app.core.run_tree import Line
from pushforward.studio.app.design.tree_model import LineModel


def test_lines_under_lines_are_told_too() -> None:
    """A view paints the rows that it is told, and not those under them."""
    model = LineModel(columns=3)
    above = Line("group", branches=2)
    model.fill([above, *(Line(key, 1, "group") for key in "ab"), Line("other")])
    told = set()
    model.dataChanged.connect(
        lambda first, last: told.update(
            model.line_at(model.index(row, 0, first.parent())).key
            for row in range(first.row(), last.row() + 1)
        )
    )
    model.tell_all()
    assert told == {"group", "a", "b", "other"}
