"""Help > About, and Preferences > Device > Add GPU support."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from pushforward.studio import gpu_support, launch
from pushforward.studio.app.core import preferences
from pushforward.studio.app.shell import about_dialog, gpu_dialog
from pushforward.studio.app.shell.about_dialog import AboutDialog
from pushforward.studio.app.shell.gpu_dialog import GpuDialog
from pushforward.studio.app.shell.preferences_sheet import PreferencesSheet
from pushforward.studio.updates import FEED_VARIABLE
from tests.test_gpu_support import DRIVER, HERE, make_wheel


def opened_about(bench):
    made = AboutDialog(bench.state, bench.window)
    made.open()
    return made


async def test_about_names_versions_and_the_licence_of_a_selected_part(bench):
    about = opened_about(bench)
    facts = dict(about.facts)
    assert {"Version", "Commit", "Python", "Qt", "PyTorch", "Device"} <= facts.keys()
    assert all(facts.values())
    row = next(n for n, part in enumerate(about.parts) if part.name == "numpy")
    about.table.selectRow(row)
    assert "Redistribution" in about.text.toPlainText()


async def test_the_menu_opens_about(bench):
    assert bench.window.registry.trigger("about")
    assert bench.window.findChildren(AboutDialog)


@pytest.mark.parametrize(
    ("version", "said", "page"),
    [("99.0", "Version 99.0 is available. Faster.", True), ("0.0.1", "newest", False)],
)
async def test_updates_are_checked_when_asked(
    bench, wait, tmp_path, monkeypatch, version, said, page
):
    about = opened_about(bench)
    monkeypatch.delenv(FEED_VARIABLE, raising=False)
    monkeypatch.setattr(about_dialog, "program_version", lambda: "0.1.0")
    opened: list[QUrl] = []
    monkeypatch.setattr(about_dialog.QDesktopServices, "openUrl", opened.append)
    assert about.outcome.text() == ""
    feed = tmp_path / "feed.json"
    address = "https://example.org/release"
    feed.write_text(json.dumps({"version": version, "url": address, "notes": "Faster."}))
    preferences.change(updates=str(feed))
    about.check.click()
    await wait(lambda: said in about.outcome.text())
    assert about.open_page.isVisible() is page
    if page:
        about.open_page.click()
        assert opened == [QUrl(address)]


async def test_without_a_feed_the_check_says_where_to_name_one(bench, wait, monkeypatch):
    about = opened_about(bench)
    monkeypatch.delenv(FEED_VARIABLE, raising=False)
    about.check.click()
    await wait(lambda: "preferences.toml" in about.outcome.text())
    assert about.check.isEnabled()


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder with one build that fits the driver of this machine."""
    monkeypatch.setattr(gpu_support, "find_driver", lambda: DRIVER)
    monkeypatch.setattr(gpu_dialog, "torch_version", lambda: HERE)
    make_wheel(tmp_path, "torch", "2.13.0+cu128")
    return tmp_path


async def opened_gpu(bench, wait):
    made = GpuDialog(bench.window)
    made.open()
    await wait(lambda: made.choose.isEnabled())
    return made


async def test_gpu_support_shows_its_plan_and_is_installed(bench, wait, wheels):
    gpu = await opened_gpu(bench, wait)
    assert not gpu.add.isEnabled()
    gpu.show_plan(wheels)
    facts = dict(gpu.facts._shown)
    assert facts["Build"] == "PyTorch 2.13.0+cu128"
    assert facts["Folder"] == str(gpu_support.support_folder())
    gpu.add.click()
    await wait(lambda: "is installed" in gpu.note.text())
    assert gpu_support.installed_build() == "2.13.0+cu128"
    assert not gpu.add.isEnabled()


async def test_cancel_stops_the_installation(bench, wait, wheels, monkeypatch):
    gpu = await opened_gpu(bench, wait)
    gpu.show_plan(wheels)

    def install(plan, progress, cancel):
        progress(0.5)
        assert cancel.wait(30)
        raise gpu_support.Cancelled

    monkeypatch.setattr(gpu_support, "install", install)
    gpu.add.click()
    await wait(lambda: gpu.bar.value() == 500)
    gpu.close_button.click()
    await wait(lambda: "Cancelled" in gpu.note.text())
    assert gpu.add.isEnabled()
    assert gpu.isVisible()


async def test_a_folder_without_wheels_says_what_is_missing(bench, wait, wheels: Path):
    gpu = await opened_gpu(bench, wait)
    (wheels / "empty").mkdir()
    gpu.show_plan(wheels / "empty")
    assert "has no wheel of PyTorch 2.13.0" in gpu.note.text()
    assert not gpu.add.isEnabled()


async def test_without_a_driver_nothing_can_be_chosen(bench, wait, monkeypatch):
    monkeypatch.setattr(gpu_support, "find_driver", lambda: None)
    made = GpuDialog(bench.window)
    made.open()
    await wait(lambda: "No NVIDIA driver" in made.note.text())
    assert not made.choose.isEnabled()


async def test_preferences_offer_gpu_support_in_a_bundle_only(bench, monkeypatch):
    sheet = PreferencesSheet(preferences.load(), lambda share: None, bench.window)
    assert not sheet.add_gpu.isEnabled()
    monkeypatch.setattr(launch, "is_bundle", lambda: True)
    monkeypatch.setattr(gpu_support, "find_driver", lambda: None)
    sheet = PreferencesSheet(preferences.load(), lambda share: None, bench.window)
    sheet.open()
    sheet.add_gpu.click()
    assert sheet.dialog.findChildren(GpuDialog)
