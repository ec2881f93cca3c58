"""Bringing files in: what is refused before the engine is asked."""

import os

import msgspec
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QListView, QPushButton

from pushforward.studio.app.places.data.found_parts import FoundParts
from pushforward.studio.app.places.data.import_dialog import ImportDialog
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.parts import Part
from pushforward.studio.store.project import Project
from tests.client.fakes.engine import Refusal


async def test_a_name_that_is_not_utf_8_is_refused_in_words(bench, wait, tmp_path):
    await bench.start()
    bench.actions.data.inspect_files([str(tmp_path / os.fsdecode(b"caf\xe9.csv"))])
    await wait(lambda: bench.state.notices.banners or bench.state.notices.history)
    notices = [*bench.state.notices.banners, *bench.state.notices.history]
    words = " ".join(str(n) for n in notices)
    assert "caf?.csv cannot be imported" in words
    assert "has a name that is not valid UTF-8" in words
    assert "Rename it" in words


async def test_of_files_that_cannot_be_imported_the_last_are_said_until_others_can(bench, wait):
    def look(command):
        if command.files != ["/x/c.csv"]:
            raise Refusal("It is empty.")
        return {}

    bench.script[m.InspectData] = look
    await bench.start()
    bench.state.inspected.disconnect(bench.window.imports.found)
    for name in ("a.csv", "b.csv"):
        bench.actions.data.inspect_files([f"/x/{name}"])
        await wait(lambda name=name: said(bench) == [f"{name} cannot be imported"])
    bench.actions.data.inspect_files(["/x/c.csv"])
    await wait(lambda: said(bench) == [])


async def test_files_that_were_mended_are_looked_into_again_and_imported_again(
    bench, wait, tmp_path
):
    good = []

    def unless_good(result):
        def answer(command):
            if not good:
                raise Refusal("It ends too early.")
            return result

        return answer

    bench.script[m.InspectData] = unless_good({})
    bench.script[m.ImportData] = unless_good({"job": "3"})
    await bench.start()
    await bench.actions.project.show(Project.create(tmp_path / "jets", "jets").path)
    bench.state.inspected.disconnect(bench.window.imports.found)
    seen = []
    bench.state.inspected.connect(lambda files, _: seen.append(files))
    bench.actions.data.inspect_files(["/x/big.csv"])
    bench.actions.data.import_data(["/x/big.csv"], "big", "points", {})
    await wait(lambda: len(said(bench)) == 2)
    good.append(True)
    for banner in bench.state.notices.banners:
        (again,) = banner.actions
        again.run()
    await wait(lambda: seen == [["/x/big.csv"]] and not said(bench))
    broken = m.ErrorInfo(kind="user", message="Row 7 is no jet.")
    bench.engine.emit(importing("3"))
    failed = m.JobInfo(job="3", kind="import", state="failed", title="Import of big.csv",
                       error=broken)  # fmt: skip
    bench.engine.emit(m.JobChanged(info=failed))
    await wait(lambda: said(bench) == ["Import of big.csv failed"])
    assert [each.title for each in bench.state.notices.banners[0].actions] == ["Import again"]
    bench.state.notices.banners[0].actions[0].run()
    await wait(lambda: len(imports(bench)) == 3)


def said(bench):
    return [banner.text for banner in bench.state.notices.banners]


async def test_the_files_that_can_be_chosen_are_those_that_importers_take(bench, wait):
    bench.script[m.InspectData] = lambda command: {}
    await bench.start()
    bench.state.inspected.disconnect(bench.window.imports.found)
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


async def test_what_stands_for_its_folder_is_imported_as_that(bench, wait):
    bench.script[m.InspectData] = lambda command: {"instead": "/x/ml"}
    await bench.start()
    bench.state.inspected.disconnect(bench.window.imports.found)
    seen = []
    bench.state.inspected.connect(lambda files, _: seen.append(files))
    bench.actions.data.inspect_files(["/x/ml/README.txt"])
    await wait(lambda: seen)
    assert seen == [["/x/ml"]]


async def test_a_folder_is_imported_from_the_dialog_for_files_and_by_a_command(
    bench, wait, tmp_path
):
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3,4\n")
    bench.script[m.InspectData] = lambda command: {}
    await bench.start()
    bench.state.inspected.disconnect(bench.window.imports.found)
    seen = []
    bench.state.inspected.connect(lambda files, _: seen.append(files))

    async def ask(mark, typed=""):
        bench.window._asks.import_data()
        dialog = bench.window.findChild(QFileDialog)
        dialog.setDirectory(str(tmp_path))
        listed = dialog.findChild(QListView, "listView")
        await wait(lambda: listed.model().rowCount(listed.rootIndex()) == 1)
        if mark:
            listed.setCurrentIndex(listed.model().index(0, 0, listed.rootIndex()))
        if typed:
            dialog.findChild(QLineEdit, "fileNameEdit").setText(typed)
        (whole,) = (b for b in dialog.findChildren(QPushButton) if b.text() == "Import the folder")
        count = len(seen)
        whole.click()
        await wait(lambda: len(seen) > count and not bench.window.findChildren(QFileDialog))

    await ask(mark=True)
    await ask(mark=False)
    assert seen == [[str(tmp_path / "ml")], [str(tmp_path)]]
    await ask(mark=False, typed=str(tmp_path / "ml"))
    assert seen.pop() == [str(tmp_path / "ml")], "what was typed, and not what is shown"
    bench.window.registry.trigger("import-folder")
    dialog = bench.window.findChild(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(tmp_path / "ml"))
    await wait(lambda: len(seen) == 3)
    assert seen[2] == [str(tmp_path / "ml")]
    dialog.close()


async def test_files_that_take_long_to_look_into_are_named_and_can_be_given_up(bench, wait):
    await bench.start()
    bench.engine.hang()
    bench.actions.data.inspect_files(["/data/big.csv"])
    strip = bench.window.canvas.jobs
    await wait(lambda: strip.lines and strip.isVisible())
    (line,) = strip.lines.values()
    assert line.text.accessibleName() == "Reading big.csv"
    assert line.bar.maximum() == line.bar.minimum() == 0, "nobody knows how long it takes"
    line.stop.click()
    await wait(lambda: not strip.isVisible())
    bench.engine.hang(False)
    await wait(lambda: [c for c in bench.engine.received if isinstance(c, m.GiveUp)])
    asked = next(c for c in bench.engine.received if isinstance(c, m.InspectData))
    (given_up,) = [c for c in bench.engine.received if isinstance(c, m.GiveUp)]
    assert given_up.re == asked.id
    assert bench.state.notices.banners == []


def importing(job, **more):
    info = m.JobInfo(job=job, kind="import", state="running", title="Import of big.csv", **more)
    return m.JobChanged(info=info)


def imports(bench):
    return [each for each in bench.engine.received if isinstance(each, m.ImportData)]


async def test_an_import_says_how_far_it_is_and_that_it_was_lost_with_the_engine(
    bench, wait, tmp_path
):
    project = Project.create(tmp_path / "rings", "rings")
    left = project.path / "data" / f".big.{2**22 + 7}-0123abcd.partial"
    left.mkdir(parents=True)
    bench.script[m.ImportData] = lambda command: {"job": "9"}
    await bench.start()
    await bench.actions.project.show(project.path)
    bench.actions.data.import_data(["/data/big.csv"], "big", "points", {"item": ""})
    await wait(lambda: imports(bench))
    (first,) = imports(bench)
    bench.engine.emit(importing("9"))
    facts = {"steps_per_second": 1.0, "memory": 1, "total": 6}
    bench.engine.emit(m.Progress(job="9", step=2, seconds_left=4.0, **facts))
    strip = bench.window.canvas.jobs
    await wait(lambda: strip.isVisible() and strip.lines["9"].facts.text())
    assert strip.lines["9"].facts.text() == "2 of 6, 4 s left"
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    (banner,) = bench.state.notices.banners
    assert banner.text == "big.csv was not imported"
    await wait(lambda: not left.exists())
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    banner.actions[0].run()
    await wait(lambda: imports(bench))
    (again,) = imports(bench)
    assert (again.files, again.options) == (first.files, first.options)
    bench.engine.emit(importing("9"))
    await wait(lambda: bench.state.notices.banners == [])


def test_classes_of_the_first_rows_are_named_as_in_the_file(qtbot):
    """Of classes 1 to 6 the rows of class 6 were said to be of 5, as they are kept."""
    label = Part(name="label", dtype="int64")
    found = Inspection(
        files=["/x/ENZYMES"], importer="tu", kind="labelled-graphs", format="TU", bytes=9, rows=3,
        parts=[Part(name="size", dtype="int64"), label], classes=[*"123456"],
        preview={"size": [37, 23, 25], "label": [5, 5, 0]},
    )  # fmt: skip
    shown = FoundParts()
    qtbot.addWidget(shown)
    shown.show_found(found)
    assert [shown.list.cell(line, 3).text() for line in range(2)] == ["37, 23, 25", "6, 6, 1"]


async def before_an_import(bench, wait):
    """Return the search, which has the keyboard; /x/a.csv can be looked into."""
    found = Inspection(files=["/x/a.csv"], importer="points", kind="points", format="csv", bytes=9)
    bench.script[m.InspectData] = lambda _: msgspec.to_builtins(found)
    await bench.start()
    search = bench.window.canvas.discover.search
    bench.window.activateWindow()
    search.setFocus()
    await wait(search.hasFocus)
    return search


async def test_a_dialog_takes_the_keyboard_from_nobody_who_types(bench, wait):
    search = await before_an_import(bench, wait)

    def typing():
        if bench.state.looks:  # they are being read
            QTest.keyClicks(search, "ring")

    bench.state.looks_changed.connect(typing)
    bench.actions.data.inspect_files(["/x/a.csv"])
    await wait(lambda: said(bench) == ["a.csv ready to import"])
    assert bench.window.findChild(ImportDialog) is None
    assert search.hasFocus()
    (show,) = bench.state.notices.banners[0].actions
    show.run()
    await wait(lambda: bench.window.findChild(ImportDialog) is not None)
    assert said(bench) == []
    bench.window.findChild(ImportDialog).reject()


async def test_who_has_typed_before_or_types_nowhere_is_shown_it_at_once(bench, wait):
    search = await before_an_import(bench, wait)
    QTest.keyClicks(search, "ring")
    bench.actions.data.inspect_files(["/x/a.csv"])
    await wait(lambda: bench.window.findChild(ImportDialog) is not None)
    bench.window.findChild(ImportDialog).reject()
