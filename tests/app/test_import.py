"""Bringing files in: what is refused before the engine is asked."""

import os

from PySide6.QtWidgets import QFileDialog

from studio.protocol import messages as m


async def test_a_name_that_is_not_utf_8_is_refused_in_words(bench, wait, tmp_path):
    await bench.start()
    bench.actions.data.inspect_files([str(tmp_path / os.fsdecode(b"caf\xe9.csv"))])
    await wait(lambda: bench.state.notices.banners or bench.state.notices.history)
    notices = [*bench.state.notices.banners, *bench.state.notices.history]
    words = " ".join(str(n) for n in notices)
    assert "caf?.csv cannot be imported" in words
    assert "has a name that is not valid UTF-8" in words
    assert "Rename it" in words


async def test_the_files_that_can_be_chosen_are_those_that_importers_take(bench, wait):
    bench.script[m.InspectData] = lambda command: {}
    await bench.start()
    bench.state.inspected.disconnect(bench.window._show_import)
    seen = []
    bench.state.inspected.connect(lambda files, _: seen.append(files))
    bench.window._asks.import_data()
    dialog = bench.window.findChild(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.ExistingFiles
    assert all(f"*{suffix}" in dialog.nameFilters()[0] for suffix in (".csv", ".npz", ".h5"))
    dialog.filesSelected.emit(["/x/a.csv", "/x/b.csv"])
    await wait(lambda: seen)
    assert seen == [["/x/a.csv", "/x/b.csv"]]
    dialog.close()
