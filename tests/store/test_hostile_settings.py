"""What a hostile file, a set clock or a received folder may do to the store: nothing."""

import os
import resource
import sys
from pathlib import Path

import psutil
import pytest

from studio.store import lines, links, process
from studio.store.atomic import make_folder
from studio.store.errors import StoreError


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="boot time is of Linux")
def test_a_clock_that_is_set_makes_no_writer_look_dead(monkeypatch) -> None:
    pid, started = process.this_process()
    assert process.is_same(pid, started)
    assert not process.is_same(pid, started + 5)
    old = psutil.Process().create_time()
    assert process.is_same(pid, old), "as earlier versions wrote it"
    boot, create = psutil.boot_time, psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot() + 5)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create(self) + 5)
    assert process.is_same(pid, started)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_marker_behind_a_link_hides_no_link_that_leads_out(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    (other / "inner").mkdir(parents=True)
    for folder in (project, other, other / "inner"):
        folder.mkdir(exist_ok=True)
        (folder / "project.toml").touch()
    (project / "runs").symlink_to(other)
    with pytest.raises(StoreError, match="leads out"):
        links.stay_inside(project / "runs" / "inner" / "file")


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced there")
def test_a_new_folder_is_forced_to_the_disk(tmp_path: Path, monkeypatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("studio.store.atomic.sync_folder", synced.append)
    make_folder(tmp_path / "new")
    make_folder(tmp_path / "new")
    assert synced == [tmp_path]


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in kilobytes there")
def test_lines_cost_little_more_than_their_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 4_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, end = lines.complete(path)
    assert sum(1 for _ in found) == 4_000_000
    assert end == path.stat().st_size
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < 2.5 * path.stat().st_size
