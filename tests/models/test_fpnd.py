"""FPND: the network of others, its weights, and what is said where there are none."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds.jets import JetSet, jets
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.jets import fpnd, particlenet
from pushforward.models.metrics.jets.by_type import jets_of
from pushforward.models.metrics.jets.fpnd import FPND
from pushforward.models.metrics.jets.particlenet import ParticleNet, Reference
from pushforward.models.metrics.torch_file import read_weights
from pushforward.models.tensors import make_generator


def thirty(n: int, seed: int) -> JetSet:
    """Jets of gluons and W with places for 30 constituents."""
    some = jets(n, seed)
    x = torch.nn.functional.pad(some.x, (0, 0, 0, 24))
    return replace(some, x=x, names=("gluon", "W"))


@pytest.fixture(scope="module")
def net() -> ParticleNet:
    """A network with weights, and means and deviations of batches, that are nobody's."""
    torch.manual_seed(0)
    made = ParticleNet().train()
    made(torch.rand(20, 30, 3))
    return made.eval().requires_grad_(False)


def test_features_know_no_order_and_see_every_number(net) -> None:
    x = torch.rand(2, 30, 3, generator=make_generator(1))
    before = net.features(x)
    order = torch.randperm(30, generator=make_generator(2))
    torch.testing.assert_close(net.features(x[:, order]), before, rtol=1e-4, atol=1e-5)
    for number in range(3):
        moved = x.clone()
        moved[:, 4, number] += 0.3
        assert (net.features(moved) - before).abs().max() > 1e-4
    assert before.shape == (2, 256)


def test_each_block_takes_the_mean_over_the_nearest(net) -> None:
    """By hand for one constituent of one jet in the first block."""
    x = torch.rand(1, 30, 3, generator=make_generator(3))
    block = net.edge_nets[0]
    apart = [(float((x[0, 7, :2] - x[0, k, :2]).norm()), k) for k in range(30) if k != 7]
    near = [k for _, k in sorted(apart)[:16]]
    pairs = torch.stack([torch.cat([x[0, 7], x[0, k] - x[0, 7]]) for k in near])
    expected = block.model(pairs).mean(dim=0)
    torch.testing.assert_close(block(x, x[..., :2])[0, 7], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("zipped", [False, True], ids=["old", "zipped"])
def test_weights_are_read_from_a_file_without_executing_it(net, zipped) -> None:
    shared = torch.nn.ModuleDict({"edge_nets": net.edge_nets, "again": net.edge_nets})
    file = io.BytesIO()
    torch.save(shared.state_dict(), file, _use_new_zipfile_serialization=zipped)
    found = read_weights(file.getvalue())
    for name, values in net.edge_nets.state_dict().items():
        read = found[f"edge_nets.{name}"].reshape(values.shape)
        assert torch.equal(read, values)
        assert read.dtype == values.dtype
    for broken in (file.getvalue()[:2000], b"PK\x03\x04", b""):
        with pytest.raises(ValueError, match=r"."):
            read_weights(broken)


def test_where_the_package_is_missing_it_is_said_how_to_have_it(monkeypatch) -> None:
    particlenet.installed.cache_clear()
    monkeypatch.setattr(particlenet, "_PACKAGE", "no-such-package")
    data = thirty(80, 0)
    evidence = Evidence(data, make_generator(0), made=data.rows(slice(None)))
    with pytest.raises(NotApplicable, match=r"pip install --no-deps jetnet==0\.2\.5"):
        FPND(NoConfig()).measure(evidence)
    few = jets(80, 0)
    evidence = Evidence(few, make_generator(0), made=few.rows(slice(None)))
    with pytest.raises(NotApplicable, match="jets of 30 constituents only"):
        FPND(NoConfig()).measure(evidence)
    particlenet.installed.cache_clear()


def test_a_package_with_other_weights_is_none(monkeypatch, tmp_path) -> None:
    folder = tmp_path / particlenet._FOLDER
    folder.mkdir(parents=True)
    (folder / "pnet_state_dict.pt").write_bytes(b"other")
    for short in particlenet.TYPES.values():
        np.savetxt(folder / f"{short}_mu.txt", np.zeros(3))
        np.savetxt(folder / f"{short}_sigma.txt", np.eye(3))
    found = type("Found", (), {"locate_file": lambda self, path: tmp_path / path})()
    monkeypatch.setattr(particlenet, "distribution", lambda name: found)
    particlenet.installed.cache_clear()
    assert particlenet.installed() is None
    particlenet.installed.cache_clear()


def test_it_is_the_distance_of_gaussians_in_the_features_of_each_known_type(net, monkeypatch):
    data = thirty(60, 1)
    mine = jets_of(data.take(data.label == 0).rows(slice(None)))
    seen = np.concatenate([mine.angles, mine.share[..., None]], axis=2) * mine.there[..., None]
    x = net.features(torch.from_numpy(seen).float()).double().numpy()
    known = {"gluon": (x.mean(axis=0) + 0.5, np.cov(x.T))}
    monkeypatch.setattr(fpnd, "installed", lambda: Reference(net, known))
    evidence = Evidence(data, make_generator(0), made=data.rows(slice(None)))
    figure = FPND(NoConfig()).measure(evidence)
    assert set(figure.parts) == {"gluon"}
    assert figure.value == pytest.approx(256 * 0.25, rel=1e-4)
    assert finish(FPND(NoConfig()).walk_bar(replace(evidence, other=data))) == figure
    other = replace(data, names=("W", "Z"))
    with pytest.raises(NotApplicable, match="no type but gluon, light quark, top"):
        FPND(NoConfig()).measure(Evidence(other, make_generator(0), made=data.rows(slice(None))))
