"""Generated spectra of scenes: back to bands, compared with real ones, added to few labels."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from pushforward.models.config import NoConfig, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL, POSITION
from pushforward.models.kinds.cubes import CubeSet, cubes
from pushforward.models.kinds.scene_spectra import SpectrumDecoder, middle_of, spectral_angle
from pushforward.models.kinds.scenes import principal
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.scenes.generated_spectra import (
    BandStatistics,
    SpectralAngle,
    SpectralTwoSample,
    SpectralTwoSampleConfig,
    separate_by_kernel,
)
from pushforward.models.nets.pick import filled
from pushforward.models.operators.base import Operation
from pushforward.models.operators.generate_spectra import GenerateSpectra, GenerateSpectraConfig
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator


def pixels(n: int = 200, components: int = 0) -> CubeSet:
    data = cubes(n, 0)
    scene = data.scene
    seen = principal(scene.cube, components) if components else scene.cube
    return CubeSet(replace(scene, seen=seen), data.pixels, 1)


def family(slug: str, data: CubeSet, steps: int = 0, **config: Any) -> Any:
    entry = registry.get("family", slug)
    settings = filled(entry, config, "cubes")
    spec = data.spec()
    made = entry.make(
        decode(entry.config, settings), spec, horizon=40, seed=0, device=torch.device("cpu")
    )
    rows = spec.standardised(data.rows(slice(None)))
    for _ in range(steps):
        made.step(rows)
    return made


def test_the_angle_ignores_brightness() -> None:
    x, y = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])
    assert spectral_angle(x, y) == pytest.approx(45.0)
    assert spectral_angle(x, 7.0 * x) == 0.0
    assert spectral_angle(x, torch.tensor([1.0, 1e-4])) == pytest.approx(5.7296e-3, rel=1e-3)


@pytest.mark.parametrize("components", [0, 12])
def test_components_are_decoded_to_the_bands_that_they_are_of(components: int) -> None:
    data = pixels(50, components)
    spectra = SpectrumDecoder(data.scene).decode(middle_of(data.rows(slice(None)).x))
    torch.testing.assert_close(spectra, data.plain(), rtol=1e-4, atol=1e-2)


def test_a_kernel_tells_a_ring_from_a_gaussian_and_not_two_gaussians() -> None:
    g = make_generator(0)
    first, second = (torch.randn((400, 2), generator=g) for _ in range(2))
    same = separate_by_kernel(first, second, g).double().mean()
    assert 0.43 < float(same) < 0.57
    ring = first / first.norm(dim=1, keepdim=True) * 2**0.5  # equal mean and covariance
    assert float(separate_by_kernel(first, ring, g).double().mean()) > 0.7


def test_each_metric_is_worse_for_what_it_looks_at() -> None:
    data = pixels(1000)
    real, other = data.take(slice(0, 500)), data.take(slice(500, None))
    rows = other.rows(slice(None))
    shifted = Batch(rows.x + torch.linspace(0, 30, 12)[:, None, None], given=rows.given)
    metrics = (
        SpectralAngle(NoConfig()),
        BandStatistics(NoConfig()),
        SpectralTwoSample(SpectralTwoSampleConfig()),
    )
    for metric in metrics:
        evidence = Evidence(real, make_generator(0), other=other)
        floor = metric.bar(evidence).value
        found = metric.measure(replace(evidence, made=shifted))
        assert found.value > floor + 0.2, metric
        assert set(found.parts) == {"rising", "falling"}
    brighter = Batch(2.0 * rows.x, given=rows.given)
    evidence = Evidence(real, make_generator(0), made=brighter)
    assert metrics[0].measure(evidence).value < 1.0
    assert metrics[1].measure(evidence).value > 1.0


def test_generated_rows_come_after_the_pixels() -> None:
    data = pixels(10)
    given = {LABEL: torch.tensor([1, 0, 1]), POSITION: torch.zeros((3, 2))}
    more = data.with_added(Batch(torch.full((3, 12, 1, 1), 5.0), given=given))
    assert len(more) == 13
    rows = more.rows(torch.tensor([11, 0, 12, 3]))
    assert rows.x[0].eq(5.0).all()
    assert rows.x[2].eq(5.0).all()
    torch.testing.assert_close(rows.x[[1, 3]], data.rows(torch.tensor([0, 3])).x)
    assert rows.given[LABEL].tolist()[::2] == [0, 1]
    part = more.take(torch.tensor([2, 12]))
    assert len(part) == 2
    assert part.rows(slice(None)).x[1].eq(5.0).all()
    assert len(more.at(data.pixels)) == 10
    assert len(more.rows(slice(None))) == 13


def test_the_operator_compares_spectra_of_each_class_with_unseen_pixels() -> None:
    data = pixels(200)
    model = family("edm", data, 1, net={"slug": "patch-layers", "config": {"width": 8}})
    operation = Operation(model, data=lambda: data)
    config = GenerateSpectraConfig(each=5)
    outcome = finish(GenerateSpectra(config).work(operation))
    found = outcome.arrays
    assert found["spectra"].shape == (10, 12)
    assert found["label"].tolist() == [1] * 5 + [2] * 5
    unseen = data.unseen()
    rising = data.scene.cube.flatten(1).T[unseen[data.scene.truth.flatten()[unseen] == 0]]
    torch.testing.assert_close(found["real_mean"][0], rising.mean(dim=0))
    assert bool((found["low"] <= found["high"]).all())
    assert "2 classes" in outcome.note
    again = finish(GenerateSpectra(config).work(operation)).arrays["spectra"]
    assert torch.equal(again, found["spectra"])


def test_a_semi_supervised_diffusion_learns_from_pixels_without_a_class() -> None:
    data = pixels(64)
    context = data.context()
    assert bool((context.classes() < 0).all())
    model = family("edm", data, net={"slug": "patch-layers", "config": {"width": 8}})
    rows = data.spec().standardised(context.take(slice(0, 32)).rows(slice(None)))
    assert float(model.step(rows)["loss"]) > 0.0
