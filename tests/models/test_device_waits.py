"""No training step and no sampler waits for the device, but where it is said why.

A read of a tensor makes the host wait until a GPU has done all that it was told, and leaves the GPU
idle meanwhile. The device is that of `tests.models.accelerator`, which also refuses operations on
tensors of both places.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.couplings.couple import coupled_noise
from pushforward.models.entries import FamilyEntry, SamplerEntry
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.accelerator import GPU, MPS, accelerator
from tests.models.pairs import FAMILIES, TURNS, Pair, batch, build, lightest

GRAMMAR = "a language of graphs is Python: it reads the graphs, their sizes, and chance"
STEPS = {
    "gran": (1, "the edges of all graphs so far as a list; all pairs would take N^2 messages"),
    "cell": (8, "whether each row is known already, until as many as there is room for are"),
    "edge-list": (4, GRAMMAR),
    "motif-by-motif": (4, GRAMMAR),
    "rule-sequence": (4, GRAMMAR),
}
"""By family, how often a training step may read, and why; any other may not."""
FRAMES = {
    "gran": (1, STEPS["gran"][1]),
    "edge-list": (1, "the grammar says which symbols may follow the ones that were drawn"),
    "motif-by-motif": (1, "the grammar says which symbols may follow the ones that were drawn"),
    "rule-sequence": (1, "the grammar says which symbols may follow the ones that were drawn"),
}
"""By family, how often each frame of a flow may read, and why."""
FREE = {
    "adaptive-sde": "the error of a step says how long the next one is",
    "rk45": "SciPy integrates on the host",
}
"""Samplers that read in each step, and why."""

each_family = pytest.mark.parametrize("entry", FAMILIES, ids=lambda entry: entry.slug)


@pytest.fixture(autouse=True, scope="module")
def _known() -> Iterator[None]:
    with tracks.known():
        yield


@pytest.fixture(autouse=True)
def _no_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be captured on a device that does not exist."""
    monkeypatch.setattr("pushforward.models.training.accelerate.on_cuda", lambda tensors: False)


def pair_of(slug: str) -> Pair:
    return lightest(registry.get("family", slug))


@each_family
def test_a_family_never_waits_for_the_device_and_does_what_it_does_on_a_cpu(
    entry: FamilyEntry,
) -> None:
    pair = lightest(entry)
    step_reads, frame_reads = (reads.get(entry.slug, (0, ""))[0] for reads in (STEPS, FRAMES))
    on_cpu = build(pair)
    with accelerator() as device:
        family = build(pair, device=GPU)
        # Where a training has phases each of them is seen.
        for step in range(TURNS if family.phases else 2):
            rows = batch(pair, step).to(GPU)
            device.clear()
            found = family.step(rows)
            if step:  # the first one copies what never changes
                assert device.reads.total() <= step_reads, f"step {step}: {device.reads}"
                assert not device.copies, f"step {step}: {device.copies}"
            assert_close(found, on_cpu.step(batch(pair, step)))
        latents = family.prior(4, make_generator(0, 3))
        for _ in range(1 if family.phases else 2):
            device.clear()
            frames = list(family.flow(latents, generator=make_generator(0, 4)))
        assert device.reads.total() <= frame_reads * len(frames), device.reads
        assert not device.copies
        *_, last = on_cpu.flow(
            on_cpu.prior(4, make_generator(0, 3)), generator=make_generator(0, 4)
        )
        assert_close({"samples": frames[-1].x}, {"samples": last.x})


def assert_close(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Compare what a device said with what a CPU said."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name].cpu(), value, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("entry", registry.all("sampler"), ids=lambda entry: entry.slug)
def test_no_sampler_waits_for_the_device(entry: SamplerEntry) -> None:
    symbols = "posterior" in entry.needs
    with accelerator() as device:
        family = build(pair_of("d3pm" if symbols else "edm"), device=GPU)
        latents = family.prior(4, make_generator(0, 3))
        steps = {"steps": 4} if "steps" in entry.config.__struct_fields__ else {}
        sampler = entry.make(decode(entry.config, steps))
        frames = family.flow(latents, sampler=sampler, generator=make_generator(0, 4, GPU))
        for _ in range(2):
            next(frames)
        # A discrete sampler reads its seed once, before its first step.
        device.clear()
        assert sum(1 for _ in islice(frames, 8)) > 0
        if entry.slug in FREE:
            return
        assert not device.reads
        assert not device.copies


@pytest.mark.parametrize(
    "slug", ["autoregressive", "counted-flow", "vq-vae", "edge-list", "mmd-flow", "cld", "edm"]
)
def test_an_apple_gpu_is_never_asked_for_float64(slug: str) -> None:
    pair = pair_of(slug)
    with accelerator(MPS):
        family = build(pair, device=MPS)
        family.step(batch(pair, 0).to(MPS))
        latents = family.prior(4, make_generator(0, 3))
        assert sum(1 for _ in family.flow(latents, generator=make_generator(0, 4))) > 0


@pytest.mark.parametrize("slug", ["ancestral", "predictor-corrector"])
def test_no_sampler_asks_an_apple_gpu_for_float64(slug: str) -> None:
    entry = registry.get("sampler", slug)
    settings = {"steps": 4} | ({"variance": "analytic"} if slug == "ancestral" else {})
    with accelerator(MPS):
        family = build(pair_of("edm"), device=MPS)
        latents = family.prior(4, make_generator(0, 3))
        sampler = entry.make(decode(entry.config, settings))
        noise = make_generator(0, 4)
        assert sum(1 for _ in family.flow(latents, sampler=sampler, generator=noise)) > 1


@pytest.mark.parametrize(("name", "most"), [("minibatch-ot", 1), ("schroedinger", 200)])
def test_a_coupling_is_computed_on_the_device(name: str, most: int) -> None:
    """Only the assignment leaves it, as one matrix; a bridge reads whether it has converged."""
    real = batch(pair_of("flow-matching"), 0, 32)
    expected = coupled_noise(name, real, make_generator(1), 0.5)
    with accelerator() as device:
        found = coupled_noise(name, real.to(GPU), make_generator(1), 0.5)
        assert 1 <= device.reads.total() <= most
        assert all("couplings" in line for line in device.reads)
        assert found.x.cpu().tolist() == expected.x.tolist()
