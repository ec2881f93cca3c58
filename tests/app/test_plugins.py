"""A plug-in brings a data type with a picture, and a view with a chart, as in models/README.md."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from pushforward.studio.app.charts.bar_chart import BarsPlot
from pushforward.studio.app.core import data_type_registry
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lab import Finding
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.shell.lens_tabs import discover
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick, RunSpec

README = Path(__file__).resolve().parents[2] / "models" / "README.md"
SCREEN = README.read_text(encoding="utf-8").partition("### On the screen")[2]
TYPE, VIEW, LAB, *MORE = re.findall(r"```python\n(.*?)```", SCREEN, re.S)
POINTS = re.findall(r"```toml\n(.*?)```", SCREEN, re.S)[0]
CACHED = (data_type_registry._modules, data_type_registry.all_kinds, data_type_registry.kind)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a distribution with the entry points of the README in a folder of its own."""
    package, info = tmp_path / "tables_plugin", tmp_path / "tables_plugin-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").touch()
    (package / "type.py").write_text(TYPE)
    (package / "names_view.py").write_text(VIEW)
    (package / "middle_lab.py").write_text(LAB)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tables-plugin\nVersion: 1.0\n")
    points = re.sub(r'\[project\.entry-points\."(.*?)"\]', r"[\1]", POINTS).replace('"', "")
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    for cached in CACHED:
        cached.cache_clear()
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "tables_plugin"]:
        del sys.modules[name]
    for cached in CACHED:
        cached.cache_clear()


def test_the_readme_has_no_example_that_is_not_tried() -> None:
    assert not MORE


@pytest.mark.usefixtures("plugin", "qapp")
def test_its_data_type_is_painted_by_its_own_picture() -> None:
    found = data_type_registry.kind("tables")
    assert found.title == "Tables"
    assert found in data_type_registry.all_kinds()
    image = QImage(100, 100, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        tiles = found.tiles({"x": np.array([[-4.0, 4.0]])})
        tiles.paint(painter, QRectF(0, 0, 100, 100), 0, DARK)
    assert image.pixelColor(2, 88).alpha() > 0  # from low on the left
    assert image.pixelColor(97, 12).alpha() > 0  # to high on the right
    assert image.pixelColor(2, 12).alpha() == 0
    labels = found.measures({"x": np.zeros((2, 2)), "label": np.array(["left", "right"])})
    assert [*labels["Class"]] == ["left", "right"]


@pytest.mark.usefixtures("plugin")
def test_its_view_is_offered_with_those_of_the_window(bench) -> None:
    [spec] = [spec for spec in discover(bench.state) if spec.id == "runs-by-model"]
    assert not spec.applies(bench.state)  # no run of such data is selected
    dataset = Pick(slug="project:mine", config={"kind": "tables"})
    for number, model in enumerate(("edm", "edm", "gan")):
        run = RunState(
            key=f"{number}",
            name=model,
            spec=RunSpec(name="", family=Pick(slug=model), dataset=dataset),
        )
        bench.state.runs.by_key[run.key] = run
    bench.state.runs.selection = "0"
    bench.state.catalog = Catalog(entries=[], devices=[])
    assert spec.applies(bench.state)
    view = spec.factory(bench.state, bench.actions)
    assert isinstance(view, BarsPlot)
    assert view.shown is not None
    assert view.shown.names == ("edm", "gan")
    assert [*view.shown.values] == [2.0, 1.0]


@pytest.mark.usefixtures("plugin")
def test_its_lab_shows_a_result_of_its_operator(bench) -> None:
    [spec] = [spec for spec in discover(bench.state) if spec.id == "middle"]
    view = spec.factory(bench.state, bench.actions)
    view.take(Finding({"middle": np.array([0.5, -1.0])}, {"rows": 64}, step=100, preview=True))
    view.draw()
    assert view.bars.shown.names == ("a", "b")
    assert [*view.bars.shown.values] == [0.5, -1.0]
    assert view.sample_count == 64
    with pytest.raises(KeyError, match="middle"):
        view.take(Finding({}, {}, step=100))


def test_a_module_that_fails_is_reported_and_left_out(plugin: Path, bench) -> None:
    (plugin / "names_view.py").write_text("raise ZeroDivisionError('of the plug-in')")
    sys.modules.pop("tables_plugin.names_view", None)  # the window has loaded the good one
    assert all(spec.id != "runs-by-model" for spec in discover(bench.state))
    [notice] = [n for n in bench.state.notices.history if "names_view" in n.text]
    assert "of the plug-in" in notice.why
