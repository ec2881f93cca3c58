"""A trained model as a `torch.nn.Module`."""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from pushforward.models.contracts.abilities import (
    Classifies,
    HasConsistency,
    HasDenoiser,
    HasLatent,
    HasTransport,
    Recommends,
)
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.training.trained import Trained

__all__ = ["Model", "Units"]

Units = Literal["data", "standardised"]

_CALLS = (
    (HasDenoiser, "denoiser", "D(x, s): the expected data without noise, x with noise of level s"),
    (
        HasConsistency,
        "consistency",
        "f(x, s): the end of the path through x at noise level s",
    ),
    (HasTransport, "transport", "the end of the line through x at time u, 1 at the noise"),
    (HasLatent, "generator", "g(z): the sample of a latent"),
    (Classifies, "classifier", "log p(class | x)"),
    (Recommends, "recommender", "the scores of all items after histories"),
    (Family, "sampler", "the sample that a latent flows to"),
)
"""What a call computes, by the first ability that the model has."""


class Model(nn.Module):
    """The averaged networks of a checkpoint, and what they compute.

    `forward` depends on the model; ``role`` and ``help`` name it: a denoiser D(x, s), a generator
    g(z), a classifier log p(class | x), …

    Args:
        family: the trained model.
        units: of x: "standardised" (zero mean and unit variance per feature, as in training) or
            "data". Noise levels and latents are always standardised.

    Attributes:
        family: the model with everything that it can do.
        spec: of the data, with mean and standard deviation.
        role: such as "denoiser" or "generator".
        help: what a call returns.
    """

    def __init__(self, family: Learner[Any], units: Units = "standardised") -> None:
        super().__init__()
        self.family, self.spec, self.units = family, family.spec, units
        found = next((each for each in _CALLS if isinstance(family, each[0])), None)
        if found is None:
            raise TypeError(f"{type(family).__name__} has no network that can be called")
        _, self.role, self.help = found
        for name, part in family.parts.items():
            trained = getattr(part, "trained", part)
            if isinstance(trained, Trained):
                self.add_module(name.replace(".", "_"), trained.averaged)

    def extra_repr(self) -> str:
        """Name the role and the units."""
        return f"role={self.role!r}, units={self.units!r}: {self.help}"

    def standardise(self, x: Tensor) -> Tensor:
        """Return x of the data in model units."""
        return self.spec.standardise(x)

    def restore(self, x: Tensor) -> Tensor:
        """Return x of the model in the units of the data."""
        return self.spec.restore(x)

    def forward(self, x: Tensor, s: Tensor | float | None = None) -> Tensor:
        """Evaluate the model; see ``help``.

        Args:
            x: (n, *shape); latents for a generator.
            s: noise level or time, (n,) or a number; only for the roles that have one.

        Raises:
            TypeError: ``s`` is missing, or the role has none.
        """
        timed = self.role in ("denoiser", "consistency", "transport")
        if timed != (s is not None):
            needs = "needs a second argument" if timed else "takes no second argument"
            raise TypeError(f"This {self.role} {needs}: it computes {self.help}.")
        x = x.to(self.family.device)
        takes_data = self.role not in ("generator", "sampler")
        if self.units == "data" and takes_data:
            x = self.spec.standardise(x)
        found = self._call(x, s)
        returns_data = self.role not in ("classifier", "recommender")
        return self.spec.restore(found) if self.units == "data" and returns_data else found

    def _call(self, x: Tensor, s: Tensor | float | None) -> Tensor:
        family: Any = self.family
        if s is not None:
            level = torch.as_tensor(s, dtype=x.dtype, device=x.device)
            found: Tensor = getattr(family, self.role)()(x, level)
            return found
        match self.role:
            case "generator":
                found = family.push(x)
            case "classifier":
                found = family.classify(x)
            case "recommender":
                found = family.recommend(x)
            case _:
                *_, last = family.flow(x)
                found = last.x
        return found
