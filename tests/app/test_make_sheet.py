"""The sheet that has data made: what is asked of the engine, and what stands against it."""

from typing import Any

import msgspec

from pushforward.studio.app.places.data.dataset_page import DataSetPage
from pushforward.studio.app.places.data.generator_sheet import MakeSheet
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.project import Project

MAKER = EntrySpec(
    kind="maker", slug="jets", title="Make jets", summary="New jets.", source="", kinds=["jets"],
    fields=[FieldSpec(path="n", kind="int", title="Jets", help="", default=5000, low=10)],
)  # fmt: skip
JETS = EntrySpec(
    kind="dataset", slug="some-jets", title="Jets", summary="", source="", kinds=["jets"], fields=[]
)


async def begun(bench: Any, wait: Any, lacks: str = "") -> None:
    await bench.start()
    await wait(lambda: bench.state.catalog is not None)
    maker = msgspec.structs.replace(MAKER, lacks=lacks)
    entries = [*bench.state.catalog.entries, maker, JETS]
    bench.state.catalog = msgspec.structs.replace(bench.state.catalog, entries=entries)


def sheet(bench: Any) -> MakeSheet:
    (found,) = bench.window.findChildren(MakeSheet)
    return found


async def test_data_are_made_with_the_settings_under_the_name(
    bench: Any, wait: Any, tmp_path: Any
) -> None:
    bench.script[m.MakeData] = lambda command: {"job": "9"}
    await begun(bench, wait)
    await bench.actions.project.show(Project.create(tmp_path / "p", "p").path)
    assert bench.window.registry.trigger("make-jets")
    shown = sheet(bench)
    assert shown.name.text() == "new-jets"
    assert shown.go.isEnabled()
    shown.form.rows["n"].editor.edited.emit(200)
    shown.name.setText("../up")
    assert not shown.go.isEnabled()
    assert "name may contain" in shown.trouble.text()
    shown.name.setText("two hundred")
    shown.go.click()
    await wait(lambda: [c for c in bench.engine.received if isinstance(c, m.MakeData)])
    (asked,) = [c for c in bench.engine.received if isinstance(c, m.MakeData)]
    assert (asked.maker, asked.name) == (Pick(slug="jets", config={"n": 200}), "two hundred")
    assert asked.project == str(tmp_path / "p")


async def test_what_is_missing_is_said_and_nothing_can_be_asked(bench: Any, wait: Any) -> None:
    await begun(bench, wait, lacks="pythia8mc is not installed: pip install it.")
    bench.window.registry.trigger("make-jets")
    shown = sheet(bench)
    assert shown.trouble.text() == "pythia8mc is not installed: pip install it."
    assert not shown.go.isEnabled()
    assert not shown.form.isEnabled()
    shown.reject()


async def test_the_page_of_a_set_leads_to_what_makes_more(bench: Any, wait: Any) -> None:
    await begun(bench, wait)
    page = DataSetPage(bench.state, bench.actions)
    wanted: list[str] = []
    bench.state.window.generate_data.disconnect(bench.window._asks.make)
    bench.state.window.generate_data.connect(wanted.append)
    bench.state.place, bench.state.dataset = "data", "some-jets"
    page.refresh()
    assert not page.more.isHidden()
    assert page.more.text() == "Make jets…"
    page.more.click()
    assert wanted == ["jets"]
    bench.state.dataset = "two-moons"
    page.refresh()
    assert page.more.isHidden()
    page.deleteLater()
