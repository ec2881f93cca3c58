"""What a run can do stands in parts of its menu: what it makes, what is measured, what rows get."""

from types import SimpleNamespace

from PySide6.QtWidgets import QMenu, QWidget

from pushforward.studio.app.core.operator_groups import LABS, grouped
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views import operator_menu
from pushforward.studio.app.design import menu
from pushforward.studio.protocol.catalog import EntrySpec, SlotSpec

ROWS = SlotSpec(name="rows", title="Rows", help="")


def entry(slug: str, *takes: SlotSpec) -> EntrySpec:
    return EntrySpec(
        kind="operator", slug=slug, title=slug, summary="", source="", fields=[], takes=list(takes)
    )


def test_each_stands_in_one_part_and_what_is_made_from_nothing_comes_first() -> None:
    asks = ("likelihood", "ask-judge", "anomaly")
    slugs = ("sdedit", "film", "generate", "inpaint", "bound", "invert", "solver-lab", *asks)
    handed = ("sdedit", "inpaint", "invert", *asks)
    entries = [entry(slug, *([ROWS] if slug in handed else [])) for slug in slugs]
    parts = grouped(entries, "images")
    assert [(title, [each.slug for each in part]) for title, part in parts] == [
        ("", ["generate"]),
        (LABS, ["bound", "film", "solver-lab"]),
        ("Change images", ["inpaint", "invert", "sdedit"]),
        ("Ask about images", ["anomaly", "ask-judge", "likelihood"]),
    ]


def test_a_few_need_no_menu_of_their_own() -> None:
    assert grouped([entry("recommend", ROWS), entry("bound")], "people") == [
        ("", [entry("bound")]),
        ("", [entry("recommend", ROWS)]),
    ]
    assert grouped([], "images") == []


def test_what_a_run_cannot_do_is_greyed_and_says_why_beside_it(qtbot, monkeypatch) -> None:
    """Colourising was offered for grey images, and refused in the sheet that it opened."""
    why = "Its images are grey: the model knows no colour."
    entries = [entry("colourise", ROWS), entry("inpaint", ROWS)]
    monkeypatch.setattr(operator_menu, "offered", lambda *_: entries)
    monkeypatch.setattr(operator_menu, "kind_of_run", lambda *_: SimpleNamespace(many="images"))
    state = SimpleNamespace(catalog=None, unable={"/p/1": {"colourise": why, "inpaint": ""}})
    actions = SimpleNamespace(operating=SimpleNamespace(open=print))
    found = operator_menu.operator_entries(state, actions, RunState(key="/p/1", name="0001-r"))
    assert [(title, isinstance(do, menu.Greyed)) for title, do in found] == [
        ("colourise", True), ("inpaint…", False)
    ]  # fmt: skip
    parent = QWidget()
    qtbot.addWidget(parent)
    made = QMenu(parent)
    menu._fill(made, found)
    greyed, other = made.actions()
    assert not greyed.isEnabled()
    assert why in greyed.text()
    assert other.isEnabled()
