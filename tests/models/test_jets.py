"""Jets: their masses, and conditions that a model is given."""

import math

import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.jets import JetSet, jets, masses, mirrored
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.jets.by_type import DrawingConfig
from pushforward.models.metrics.jets.w1 import W1Constituents, W1Mass, W1Momentum
from pushforward.models.tensors import make_generator


def test_two_back_to_back_halves_have_the_mass_of_their_opening() -> None:
    # m^2 = 2 pT1 pT2 (cosh deta - cos dphi) for two massless particles.
    pt1, pt2, eta, phi = 300.0, 500.0, 0.2, -0.1
    x = torch.tensor([[[eta, 0.0, math.log1p(pt1)], [0.0, phi, math.log1p(pt2)]]])
    expected = math.sqrt(2 * pt1 * pt2 * (math.cosh(eta) - math.cos(phi)))
    assert masses(x, torch.ones(1, 2).bool()).item() == pytest.approx(expected, rel=1e-6)


def test_a_single_massless_particle_has_no_mass_and_padding_none_either() -> None:
    x = torch.tensor([[[0.1, 0.2, 5.0], [0.3, 0.3, 4.0]]])
    mask = torch.tensor([[True, False]])
    assert masses(x, mask).item() == pytest.approx(0.0, abs=0.05)


def test_conditions_come_back_in_the_units_of_the_data() -> None:
    data = jets(200, 2)
    spec, batch = data.spec(), data.rows(slice(None))
    back = spec.restored(spec.standardised(batch))
    for name, values in batch.given.items():
        torch.testing.assert_close(back.given[name], values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(back.x, batch.x, rtol=1e-4, atol=1e-4)
    standard = spec.standardised(batch)
    assert standard.given["mass"].mean().abs() < 0.05
    assert standard.given["mass"].std() == pytest.approx(1.0, abs=0.05)


def test_half_of_the_jets_are_turned_over_in_eta_with_their_axis_and_half_in_phi() -> None:
    data = jets(400, 6)
    spec = data.spec()
    before = spec.standardised(data.rows(slice(None)))
    after = mirrored(before, spec, make_generator(3))
    there, here = spec.restored(after), spec.restored(before)
    assert there.mask is not None
    assert torch.equal(after.zeroed(after.x), after.x)
    # A mirror image has the same mass, pT and constituents' distances from the axis.
    torch.testing.assert_close(
        masses(there.x, there.mask), masses(here.x, there.mask), rtol=1e-3, atol=1e-2
    )
    torch.testing.assert_close(there.x.abs(), here.x.abs(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(there.x[..., 2], here.x[..., 2])
    turned = (there.x[:, 0, :2] * here.x[:, 0, :2] < 0).float()
    assert ((turned.mean(dim=0) - 0.5).abs() < 0.08).all()
    assert abs(float((turned[:, 0] * turned[:, 1]).mean()) - 0.25) < 0.08
    # The axis goes with the constituents' eta, not with their phi.
    axis = there.given["eta"] * here.given["eta"] < 0
    assert torch.equal(axis, turned[:, 0] > 0)
    assert {"label", "pt", "mass", "size"} == {
        name for name, values in before.given.items() if torch.equal(values, after.given[name])
    }
    again = mirrored(after, spec, make_generator(3))
    torch.testing.assert_close(again.x, before.x, rtol=1e-4, atol=1e-4)


def test_jetnets_numbers_become_jets_again_when_written(tmp_path) -> None:
    import h5py

    from pushforward.studio.engine.kinds.jets import Jets

    data = jets(20, 4)
    path = tmp_path / "made.h5"
    Jets("jets").write(path, data.rows(slice(None)), (), {"run": "none"})
    with h5py.File(path) as file:
        clouds = torch.from_numpy(file["particle_features"][:])
        properties = torch.from_numpy(file["jet_features"][:])
        label = torch.from_numpy(file["label"][:])
    size = clouds[..., 3].sum(dim=1).long()
    again = JetSet.of_jetnet(clouds[..., :3], size, label, properties[:, :3], data.names)
    torch.testing.assert_close(again.x, data.x, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(again.mass, data.mass, rtol=1e-3, atol=1e-2)


def test_the_w1_of_constituents_is_the_mean_of_eta_phi_and_pt() -> None:
    """All constituents moved by .03 in eta: no mass and no pT changes, and of W1P a third does."""
    data = jets(400, 5)
    rows = data.rows(slice(None))
    moved = rows.x.clone()
    moved[..., 0] += 0.03 * rows.mask
    evidence = Evidence(data, make_generator(0), made=Batch(moved, rows.mask, rows.given))
    constituents = W1Constituents(DrawingConfig()).measure(evidence)
    assert constituents.value == pytest.approx(0.01, rel=1e-3)
    assert set(constituents.parts) == {"narrow", "wide"}
    assert W1Mass(DrawingConfig()).measure(evidence).value < 1e-4
    assert W1Momentum(DrawingConfig()).measure(evidence).value < 1e-6
    softer = rows.x.clone()
    softer[..., 2] = torch.log1p(0.9 * torch.expm1(rows.x[..., 2]))
    evidence = Evidence(data, make_generator(0), made=Batch(softer, rows.mask, rows.given))
    share = (torch.expm1(rows.x[..., 2]) / rows.given["pt"][:, None])[rows.mask]
    assert W1Momentum(DrawingConfig()).measure(evidence).value == pytest.approx(
        0.1 * share.mean().item(), rel=0.05
    )
