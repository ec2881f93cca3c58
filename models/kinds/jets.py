"""Jets: clouds of at most N constituents, each at a point of the eta-phi plane with a pT."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec, Given, choose_condition_rows
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator, real_places
from pushforward.observables.jets import cone, kinematics

__all__ = ["FEATURES", "TYPES", "JetSet", "constituents", "jets", "masses", "within"]

TYPES = ("gluon", "light quark", "top", "W", "Z")
FEATURES = ("eta", "phi", "log(1 + pT)")
_OPTIMIZER = {
    "kind": "adamw",
    "lr": 2e-3,
    "beta2": 0.99,
    "weight_decay": 1e-4,
    "schedule": "cosine",
    "warmup": 200,
    "clip": 1.0,
}
_LIGHTEST = 1e-3  # GeV: a mass is seen by its logarithm


@dataclass(frozen=True)
class JetSet:
    """Jets; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, N, 3) float32: eta and phi relative to the jet's axis, log(1 + pT/GeV); hardest
            first, 0 where a place is padded.
        size: (n,) int64, how many constituents each has.
        label: (n,) int64, its type, one of ``names``.
        pt, eta, mass: (n,) float32, of the jet; pT and mass in GeV.
        names: of the types.
        radius: R that they were clustered with.
    """

    x: Tensor
    size: Tensor
    label: Tensor
    pt: Tensor
    eta: Tensor
    mass: Tensor
    names: tuple[str, ...] = TYPES
    radius: float = cone.USUAL

    columns: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of_jetnet(
        cls, particles: Tensor, size: Tensor, label: Tensor, jet: Tensor, names: tuple[str, ...]
    ) -> "JetSet":
        """Return jets from the numbers of JetNet (Kansal et al. 2021, arXiv:2106.11535, section 3).

        Args:
            particles: (n, N, 3): eta_rel, phi_rel, pT_rel, those that are real first.
            size: (n,), how many are real.
            label: (n,), the type of each jet, one of ``names``.
            jet: (n, 3): pT in GeV, eta, mass in GeV.
            names: of the types.
        """
        pt, eta, mass = jet[:, 0], jet[:, 1], jet[:, 2].clamp_min(_LIGHTEST)
        most = cone.widest(cone.USUAL)
        angles = particles[..., :2].clamp(-most, most)
        momenta = torch.log1p(particles[..., 2].clamp_min(0.0) * pt[:, None])
        mask = real_places(size, particles.shape[1])
        x = torch.cat([angles, momenta[..., None]], dim=2) * mask[..., None]
        return cls(x, size, label, pt, eta, mass, names)

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec: features standardised over real constituents, conditions over jets."""
        places = self.x.shape[1]
        masks = real_places(torch.arange(places + 1), places)
        real = self.x[masks[self.size]]
        mean = real.mean(dim=0).expand(places, -1).contiguous()
        std = real.std(dim=0).clamp_min(1e-6).expand(places, -1).contiguous()
        given = {
            LABEL: Given(classes=len(self.names), names=self.names),
            "pt": _measured(self.pt, log=True, unit="GeV"),
            "eta": _measured(self.eta),
            "mass": _measured(self.mass, log=True, unit="GeV"),
            SIZE: Given(),
        }
        spec = DataSpec("jets", tuple(self.x.shape[1:]), mean, std, masks=masks, given=given)
        some = choose_condition_rows(len(self))
        return replace(spec, law=spec.standard_given(self.rows(some).given))

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some jets, with their type, pT, eta, mass and size."""
        size = self.size[index]
        mask = real_places(size, self.x.shape[1])
        given = {
            LABEL: self.label[index],
            "pt": self.pt[index],
            "eta": self.eta[index],
            "mass": self.mass[index],
            SIZE: size,
        }
        return Batch(self.x[index], mask, given)

    def take(self, index: Tensor | slice) -> "JetSet":
        """Return the jets of some rows."""
        names = ("x", "size", "label", "pt", "eta", "mass")
        return replace(self, **{name: getattr(self, name)[index] for name in names})


def _measured(values: Tensor, *, log: bool = False, unit: str = "") -> Given:
    seen = values.log() if log else values
    return Given(mean=seen.mean(), std=seen.std().clamp_min(1e-6), log=log, unit=unit)


def masses(x: Tensor, mask: Tensor) -> Tensor:
    """Return the invariant mass of massless constituents, in GeV: x (n, N, 3) -> (n,)."""
    return torch.from_numpy(kinematics.masses(*constituents(x, mask))).to(x)


def constituents(x: Tensor, mask: Tensor | None) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return clouds x (n, N, 3) as `observables.jets` has them: eta and phi, (n, N, 2), and pT in
    GeV, (n, N), 0 where a place is padded.
    """
    pt = torch.expm1(x[..., 2].double().clamp_min(0.0))
    if mask is not None:
        pt = pt * mask
    return x[..., :2].detach().cpu().numpy(), pt.detach().cpu().numpy()


def within(rows: Batch) -> Batch:
    """Return generated jets of the usual cone as they are measured (Leigh et al. 2023,
    arXiv:2303.05376): angles cut where those of the data are, and no constituent with more than
    the pT of its jet.
    """
    most, far = torch.log1p(rows.given["pt"])[:, None].to(rows.x), cone.widest(cone.USUAL)
    eta, phi = (rows.x[..., place].clamp(-far, far) for place in (0, 1))
    return rows.holding(torch.stack([eta, phi, rows.x[..., 2].minimum(most)], dim=2))


def mirrored(rows: Batch, spec: DataSpec, generator: torch.Generator) -> Batch:
    """Return standardised jets, half of them mirrored in phi and half in eta, along with the eta of
    the jet: proton-proton collisions know neither from its mirror image.
    """
    shift, scale = spec.mean.to(rows.x), spec.std.to(rows.x)
    over = torch.rand((2, len(rows), 1), generator=generator).to(rows.x) < 0.5
    eta, phi, momentum = rows.x.unbind(dim=2)
    # What is turned over is the number in the units of the data, whose mean need not be 0.
    eta = torch.where(over[0], -eta - (2 * shift / scale)[:, 0], eta)
    phi = torch.where(over[1], -phi - (2 * shift / scale)[:, 1], phi)
    x = rows.zeroed(torch.stack([eta, phi, momentum], dim=2))
    known, told = spec.given["eta"], rows.given["eta"]
    turned = torch.where(over[0, :, 0], known.standardise(-known.restore(told)), told)
    return replace(rows, x=x, given={**rows.given, "eta": turned})


@kind(
    "jets",
    title="Jets",
    one="jet",
    many="jets",
    summary="Sprays of particles from a collider: clouds of constituents in the eta-phi plane.",
    gives=("continuous", "set", "labels", "told"),
    conditions={
        LABEL: "type",
        "pt": "pT",
        "eta": "eta",
        "mass": "mass",
        SIZE: "number of constituents",
    },
    networks={
        "denoiser": "set-transformer",
        "critic": "set-transformer",
        "generator": "set-transformer",
    },
    # Masses alone are soon those of real jets: prongs are learned last.
    metrics=("w1-jet-mass", "w1-tau21", "w1-tau32", "w1-constituent-pt", "authenticity"),
    training={
        "particles": 64,
        "frames": 16,
        "batch": 128,
        # Some 300 of each of five types: of fewer than 200 nothing is told of a type. They take
        # half as long again as 1,000 to draw, 12 s of one core, and that many only at the end.
        "evaluate_samples": 1500,
        "mirrored": True,
    },
    mirrored=mirrored,
    # Chosen on jets that only validate; claim D8 holds with it.
    samplers={"edm": ("dpmpp-2m", {"steps": 30, "grid": {"kind": "edm-rho"}})},
    families={
        "edm": {"optimizer": _OPTIMIZER},
        "consistency-distillation": {
            # PC-Droid has 30 levels, one step between them, and RAdam. On jets that validate Heun
            # steps of a teacher leave W1EFP of tops at 9e-5 by 18 levels, at 5.6e-5 by 30, which
            # are as many steps as here: no student is nearer than what it learns from. Claim D5
            # says how these were chosen.
            "levels": 11,
            "teacher_steps": 3,
            "optimizer": {**_OPTIMIZER, "warmup": 100},
            "teacher_optimizer": _OPTIMIZER,
        },
        "progressive-distillation": {"optimizer": _OPTIMIZER},
        "gan": {"latent": 64},
        "mmd-generator": {"latent": 64},
        # A cloud has ninety numbers: as for images, it is far from one to the next.
        "discriminator-flow": {"speed": 20.0},
        # Attention makes each particle dear: with fewer of them, here and below, a minute has more
        # steps. Number, speed and lowest noise were chosen on jets that only validate, with other
        # seeds than those of claim J3.
        "monoflow": {"speed": 0.3, "reach": 10.0, "population": 256},
        "mmd-flow": {"speed": 50.0, "reach": 10.0},
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.1, "population": 256},
        "score-gan": {"latent": 64, "s_low": 0.3},
    },
)
def jets(n: int, seed: int) -> JetSet:
    """Return n clouds of at most 6 constituents in two types: narrow and wide ones."""
    generator = make_generator(seed)
    label = torch.randint(2, (n,), generator=generator)
    size = torch.randint(2, 7, (n,), generator=generator)
    share = torch.rand((n, 6), generator=generator).sort(dim=1, descending=True).values
    mask = real_places(size, 6)
    pt = 800.0 + 400.0 * torch.rand(n, generator=generator)
    share = share * mask
    momenta = pt[:, None] * share / share.sum(dim=1, keepdim=True)
    width = torch.where(label == 1, 0.15, 0.05)[:, None, None]
    places = width * torch.randn((n, 6, 2), generator=generator) * mask[..., None]
    x = torch.cat([places, torch.log1p(momenta)[..., None]], dim=2)
    eta = torch.randn(n, generator=generator)
    return JetSet(x, size, label, pt, eta, masses(x, mask).clamp_min(1.0), ("narrow", "wide"))
