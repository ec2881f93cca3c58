"""Rows are taken away: what is selected, as it is shown; and new ones take its place."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from pushforward.studio.app.core.run_tree import result_line
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.results import Results
from tests.e2e.conftest import Person
from tests.qtloop import until


async def test_what_is_selected_is_written_and_what_is_drawn_stands_under_the_run(
    person: Person, tmp_path: Path
) -> None:
    await person.open()
    run = await person.train("edm-eight-gaussians", steps=40, particles=300)
    await until(lambda: run.state == "finished", 60)
    person.state.window.show_lens.emit("samples")
    await until(lambda: person.state.selection.last_of_run(run.key) is not None, 20)
    source = person.state.selection.last_of_run(run.key)
    assert source is not None
    store = FlowStore(Path(run.key))
    x = store.load(store.steps()[-1]).x[-1]

    def shown() -> bool:
        known = person.state.selection.find_offered(source)
        return known is not None and np.allclose(known.arrays["x"], x, atol=1e-5)

    await until(shown, 20)
    left = np.flatnonzero(x[:, 0] < 0)
    person.state.selection.set(source, left, "lasso")

    person.window.registry.trigger("export-samples")
    sheet = person.window._export
    assert sheet is not None
    sheet._set_file(tmp_path / "left.npz", agreed=True)
    assert sheet.go.text().startswith(f"Export {len(left)}")
    person.click(sheet.go)
    await until(lambda: sheet.show_file.isEnabled(), 20)
    with np.load(tmp_path / "left.npz") as written:
        np.testing.assert_allclose(written["x"], x[left], atol=1e-5)

    person.press(Qt.Key.Key_Escape, sheet)
    assert not sheet.isVisible()
    person.window.registry.trigger("sample")
    await until(lambda: run.results, 30)
    (name,) = run.results
    await until(lambda: person.state.selection.last_of_run(run.key) != source, 20)
    newest = person.state.selection.last_of_run(run.key)
    assert newest is not None
    assert newest.of == str(Results(Path(run.key) / "results").get(name).arrays)
    line = person.window.sidebar.runs.words(result_line(run.key, name))
    assert line is not None
    assert line.text == "1 Generate"
