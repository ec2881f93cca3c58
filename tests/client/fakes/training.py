"""A training in name only: exact toy dynamics that cost nothing, for the engine in memory.

The particles start at a unit normal and flow along straight lines to the modes of the data set;
with the training step the end points approach the modes, so every picture of the screen has
something true to show. No random number is drawn outside a generator seeded by the spec.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pushforward.studio.protocol.messages import ErrorInfo, JobInfo
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["FakeTraining", "points"]

_MODES = {"eight-gaussians": 8, "ring-of-five": 5}


def points(slug: str, config: dict[str, Any], n: int, seed: int) -> np.ndarray:
    """Draw (n, 2) float32 points of a ring of Gaussians."""
    random = np.random.default_rng(seed)
    k = _MODES[slug]
    angle = 2 * np.pi * random.integers(k, size=n) / k
    centre = config["radius"] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x: np.ndarray = centre + config["std"] * random.standard_normal((n, 2))
    return x.astype(np.float32)


@dataclass
class FakeTraining:
    """The state of one job. ``spec`` is resolved: all defaults are filled in."""

    job: str
    run: str
    spec: RunSpec
    step: int = 0
    state: str = "queued"
    left: int | None = None  # steps until it pauses by itself
    error: ErrorInfo | None = None
    kept: list[int] = field(default_factory=list)
    watched: bool = False
    credits: int = 0
    layers: list[str] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    resolution: int = 16
    delay: float = 0.0
    race: str = ""
    parent: str = ""
    branch_step: int | None = None

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.spec.training["seed"])
        self._latents = random.standard_normal((self.spec.training["particles"], 2))
        config = self.spec.dataset.config
        self._radius = config["radius"]
        k = _MODES[self.spec.dataset.slug]
        nearest = np.round(np.arctan2(*self._latents.T[::-1]) / (2 * np.pi / k)) * 2 * np.pi / k
        self._modes = self._radius * np.stack([np.cos(nearest), np.sin(nearest)], axis=1)

    @property
    def total(self) -> int:
        """How many steps it takes."""
        return int(self.spec.training["steps"])

    @property
    def info(self) -> JobInfo:
        """The job as everybody sees it."""
        return JobInfo(
            job=self.job,
            kind="training",
            state=self.state,
            title=self.spec.name,
            run=self.run,
            step=self.step,
            total=self.total,
            family=self.spec.family.slug,
            spec=self.spec,
            error=self.error,
            race=self.race,
            parent=self.parent,
            branch_step=self.branch_step,
        )

    @property
    def skill(self) -> float:
        """How much is learnt, from 0 to 1."""
        return 1.0 - float(np.exp(-5.0 * self.step / self.total))

    def loss(self, step: int) -> float:
        """The loss of a step: it falls, with a ripple."""
        ripple = 0.05 * np.sin(12.9898 * step + self.spec.training["seed"])
        return float(np.exp(-5.0 * step / self.total) + 0.1 + ripple)

    def run_some(self, n: int) -> Iterator[tuple[int, float]]:
        """Advance by n steps at most, yielding each step and its loss."""
        for _ in range(n):
            if self.step >= self.total or self.left == 0:
                return
            self.step += 1
            if self.left is not None:
                self.left -= 1
            yield self.step, self.loss(self.step)

    def keeps(self, step: int) -> bool:
        """Whether a record of this step is kept: powers of two, and the last."""
        return step & (step - 1) == 0 or step == self.total

    def record(self) -> dict[str, np.ndarray]:
        """The arrays of a `studio.protocol.messages.Record` of the current step."""
        flows = self.spec.family.slug == "edm"
        t = np.linspace(0.0, 1.0, self.spec.training["frames"]) if flows else np.ones(1)
        end = self._latents + self.skill * (self._modes - self._latents)
        x = self._latents + t[:, None, None] * (end - self._latents)
        arrays = {"t": t.astype(np.float32), "x": x.astype(np.float32)}
        for name in self.layers:
            arrays[f"layer:{name}"] = self.layer(name, self.view, self.resolution)[None]
        return arrays

    @property
    def view(self) -> list[float]:
        """The region of the layers: what the watcher asked for, or all of the data."""
        reach = 2.0 * self._radius
        return self.bounds or [-reach, reach, -reach, reach]

    def layer(self, name: str, bounds: list[float], resolution: int) -> np.ndarray:
        """A field over a grid: "velocity" (r, r, 2) towards the ring, "critic" (r, r) of it."""
        x0, x1, y0, y1 = bounds
        x, y = np.meshgrid(np.linspace(x0, x1, resolution), np.linspace(y0, y1, resolution))
        radius = np.hypot(x, y) + 1e-6
        outward: np.ndarray = self.skill * (self._radius - radius)
        if name == "velocity":
            return np.stack([outward * x / radius, outward * y / radius], -1).astype(np.float32)
        critic: np.ndarray = -(outward**2)
        return critic.astype(np.float32)
