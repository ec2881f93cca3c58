"""How a training computes on a GPU, tried on the CPU."""

from collections.abc import Iterator

import pytest
import torch

from pushforward.models.registry import registry
from pushforward.studio.engine.data import batches
from pushforward.studio.engine.data.batches import Streamed
from pushforward.studio.engine.process.devices import GpuMode, configure
from pushforward.studio.engine.run.resolve import check
from tests.engine.fakes import spec
from tests.models.accelerator import GPU, accelerator
from tests.models.pairs import lightest

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    configure(CPU, before)


def switches() -> tuple[bool, str]:
    return torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision()


def test_a_gpu_is_fast_unless_it_is_to_repeat() -> None:
    training = check(spec("edm")).training
    assert training.gpu_mode() == GpuMode(deterministic=False, precision="high")
    configure(GPU, 1, training.gpu_mode())
    assert switches() == (False, "high")
    chosen = check(spec("edm", deterministic=True, matrix_precision="highest")).training
    configure(GPU, 1, chosen.gpu_mode())
    assert switches() == (True, "highest")


def test_a_cpu_computes_in_float32_whatever_a_gpu_did_before() -> None:
    configure(GPU, 1, GpuMode(deterministic=True, precision="medium"))
    configure(CPU, 1, GpuMode(deterministic=True, precision="medium"))
    assert switches() == (False, "highest")


@pytest.mark.parametrize("deterministic", [True, False])
def test_the_log_of_a_run_says_whether_it_repeats(deterministic: bool) -> None:
    said = GpuMode(deterministic=deterministic).describe()
    assert ("does not repeat" in said) is not deterministic
    assert "do not apply" in said


def test_a_batch_joined_from_two_shelves_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Streamed, "BLOCK", 120)
    monkeypatch.setattr(Streamed, "SHELF", 4)
    monkeypatch.setattr(batches, "_pinned", lambda batch: batch)  # there is no GPU to pin it for
    source = lightest(registry.get("family", "edm")).data
    expected = Streamed(source, source.spec(), 50, 3, CPU)
    with accelerator() as device:
        stream = Streamed(source, source.spec(), 50, 3, GPU)
        stream.batch(0)  # copies the mean of the data
        for step in range(1, 8):
            device.clear()
            found = stream.batch(step)
            assert not device.copies
            assert found.x.cpu().tolist() == expected.batch(step).x.tolist()
