"""A scene that was imported stays on the disk: models read their windows, and maps strips of it."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds import scenes
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.operators import scene_maps
from pushforward.models.operators.base import Operation
from pushforward.models.operators.classify_scene import ClassifyScene, ClassifySceneConfig
from pushforward.models.registry import registry
from pushforward.studio.engine.data import imported_data
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.messages import ImportData
from tests.engine.fakes import MemorySink

discover()
SETTINGS = {"split": "random", "labels": 60, "window": 5, "components": 8}


def imported(folder: Path, height: int, width: int, bands: int) -> Path:
    """Import an ENVI scene whose spectra rise in the left half, and fall in the right one."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    truth = np.zeros((height, width), np.uint8)
    truth[::5, : width // 2], truth[::5, width // 2 :] = 1, 2
    slope = np.where(np.arange(width) < width // 2, 1.0, -1.0)[:, None] * np.linspace(0, 1, bands)
    head = f"ENVI\nsamples = {width}\nlines = {height}\nbands = {bands}\ninterleave = bip\n"
    with (folder / "scene.img").open("wb") as file:
        for _ in range(height):
            noise = rng.standard_normal((width, bands), dtype=np.float32)
            file.write((slope + noise).astype("<f4").tobytes())
    (folder / "scene.hdr").write_text(f"{head}data type = 4\n")
    np.save(folder / "gt.npy", truth)
    files = [str(folder / name) for name in ("scene.hdr", "gt.npy")]
    command = ImportData(files=files, project=str(folder), name="mine", options={})
    for _ in ImportJob("job", command, MemorySink()).work():
        pass
    return folder


def classify(data: CubeSet, steps: int) -> dict[str, torch.Tensor]:
    """Train a network on a scene, and return the arrays of its map."""
    entry, spec = registry.get("family", "classifier"), data.spec()
    config = decode(entry.config, {"net": {"slug": "patch-discriminator"}, "noise": 0.1})
    learner = entry.make(config, spec, horizon=steps, seed=0, device=torch.device("cpu"))
    rows = spec.standardised(data.rows(slice(None)))
    for _ in range(steps):
        learner.step(rows)
    operation = Operation(learner, data=lambda: data)
    return finish(ClassifyScene(ClassifySceneConfig()).work(operation)).arrays


def test_a_map_of_strips_is_that_of_the_whole_scene(tmp_path: Path, monkeypatch) -> None:
    data = find_imported("mine", imported(tmp_path, 40, 30, 12), SETTINGS).rows
    assert isinstance(data, CubeSet)
    stored = np.fromfile(tmp_path / "scene.img", "<f4").reshape(40, 30, 12)
    np.testing.assert_array_equal(data.scene.cube.movedim(0, 2).numpy(), stored)
    whole = classify(data, 30)
    scene_maps._last.clear()
    monkeypatch.setattr(scene_maps, "_STRIP", 7 * 30)
    strips = classify(data, 30)
    assert torch.equal(whole["map"], strips["map"])
    torch.testing.assert_close(whole["confidence"], strips["confidence"])
    truth = data.scene.truth[data.scene.truth >= 0]
    assert float((whole["map"][data.scene.truth >= 0] - 1 == truth).double().mean()) > 0.9


class AnonymousMemory:
    """The largest memory of the process, in bytes, other than pages of files, while it is open."""

    def __init__(self) -> None:
        self.largest = self.before = read_anonymous()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "AnonymousMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> int:
        """By how many bytes it grew at most."""
        return self.largest - self.before

    def _watch(self) -> None:
        while not self._over.wait(0.001):
            self.largest = max(self.largest, read_anonymous())


def read_anonymous() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise AssertionError("no RssAnon")


def measure(work: Callable[[], Any]) -> tuple[Any, int]:
    with AnonymousMemory() as memory:
        found = work()
    return found, memory.grown


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_training_and_classifying_a_large_scene_need_little_memory(
    tmp_path: Path, monkeypatch
) -> None:
    """Of a scene of 115 MB, a tenth is in memory as components, and less than a third in all."""
    for module, name in ((scenes, "_AT_ONCE"), (scene_maps, "_STRIP")):
        monkeypatch.setattr(module, name, 2**20 if module is scenes else 2**13)
    classify(find_imported("mine", imported(tmp_path / "a", 40, 30, 12), SETTINGS).rows, 3)
    project = imported(tmp_path / "b", 400, 300, 240)
    size = 400 * 300 * 240 * 4
    imported_data._split_remembered.cache_clear()

    def work() -> dict[str, torch.Tensor]:
        scene_maps._last.clear()
        return classify(find_imported("mine", project, SETTINGS).rows, 3)

    found, grown = measure(work)
    assert found["map"].shape == (400, 300)
    assert grown < size / 3
    # What reads the whole scene does need it.
    data = find_imported("mine", project, SETTINGS).rows
    assert measure(lambda: data.scene.cube.contiguous())[1] > 0.9 * size
