"""What a run can do stands in parts of its menu: what it makes, what is measured, what rows get."""

from studio.app.state.operator_groups import LABS, grouped
from studio.protocol.catalog import EntrySpec, SlotSpec

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
