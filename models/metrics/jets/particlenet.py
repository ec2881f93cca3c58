"""The ParticleNet by whose features JetNet compares jets, with the weights of the package jetnet.

Qu and Gouskos 2020, arXiv:1902.08570, as in Kansal et al. 2021, arXiv:2106.11535: three blocks in
which each constituent takes the mean over its 16 nearest of what a small network makes of both;
nearest in the plane first, then in what the block before has found. Weights, and what they found in
JetNet's jets, are read from where the package is installed; it is never imported, as what it needs
itself does not go with what we need (NumPy 1).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pushforward.models.metrics.torch_file import read_weights
from pushforward.observables.jets.kinematics import Floats

__all__ = ["PLACES", "TYPES", "ParticleNet", "Reference", "installed"]

PLACES = 30
TYPES = {"gluon": "g", "light quark": "q", "top": "t"}
_NEAREST = 16
_WIDTHS = (64, 128, 256)
_FEATURES = 256
_LARGEST = (1.6211985349655151, 0.520724892616272, 0.8934717178344727)
_SHIFT = (0.0, 0.0, -0.5)
_PACKAGE = "jetnet"
_FOLDER = "jetnet/evaluation/fpnd_resources/jetnet/30_particles"
_SHA256 = "1dabf0e64088840d2d46ca6168a34957c555f0b2419b8d4ea5f70b4108f86f98"  # of 0.2.5
_BATCH = 64


class ParticleNet(nn.Module):
    """Features of jets of 30 constituents; its parts have the names that the weights have."""

    def __init__(self) -> None:
        super().__init__()
        self.edge_nets = nn.ModuleList()
        inside = len(_LARGEST)
        for width in _WIDTHS:
            self.edge_nets.append(_EdgeNet(inside, width))
            inside += width
        self.fc1 = nn.Sequential(nn.Linear(inside, _FEATURES))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features (n, 256) of constituents (n, 30, 3): eta, phi and relative pT, all 0
        where a place is padded.
        """
        x = x / x.new_tensor(_LARGEST) + x.new_tensor(_SHIFT)
        places = x[..., :2]
        for net in self.edge_nets:
            x = torch.cat([net(x, places), x], dim=2)
            places = x
        found: Tensor = self.fc1(x.mean(dim=1))
        return found

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Return the features of many jets, (n, 256)."""
        return torch.cat([self(part) for part in torch.split(x, _BATCH)])


class _EdgeNet(nn.Module):
    """What each constituent has of its nearest."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size in (2 * inside, width, width):
            layers += [nn.Linear(size, width), nn.BatchNorm1d(width), nn.ReLU()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        n, count, size = x.shape
        apart = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
        apart.diagonal(dim1=1, dim2=2).fill_(torch.inf)
        nearest = apart.topk(_NEAREST, dim=2, largest=False).indices
        rows = torch.arange(n)[:, None, None]
        others = x[rows, nearest]
        own = x[:, :, None].expand_as(others)
        pairs = torch.cat([own, others - own], dim=3).reshape(-1, 2 * size)
        found: Tensor = self.model(pairs).reshape(n, count, _NEAREST, -1).mean(dim=2)
        return found


@dataclass(frozen=True)
class Reference:
    """The network, and mean (256,) and covariance (256, 256) of the features of JetNet's jets by
    type.
    """

    net: ParticleNet
    moments: dict[str, tuple[Floats, Floats]]


@lru_cache(maxsize=1)
def installed() -> Reference | None:
    """Return what the package jetnet brings, None where it is not installed, or another version
    whose weights are not known.
    """
    try:
        folder = Path(str(distribution(_PACKAGE).locate_file(_FOLDER)))
        data = (folder / "pnet_state_dict.pt").read_bytes()
        moments = {
            name: (
                np.loadtxt(folder / f"{short}_mu.txt"),
                np.loadtxt(folder / f"{short}_sigma.txt"),
            )
            for name, short in TYPES.items()
        }
    except (PackageNotFoundError, OSError):
        return None
    if hashlib.sha256(data).hexdigest() != _SHA256:
        return None
    net, found = ParticleNet(), read_weights(data)
    net.load_state_dict({k: found[k].reshape(v.shape) for k, v in net.state_dict().items()})
    return Reference(net.eval().requires_grad_(False), moments)
