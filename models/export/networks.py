"""Networks of a trained model with plain tensor inputs, ready for `torch.export` and ONNX.

Each `ExportedNetwork` is one ability of a learner (`models.contracts.abilities`) as a
`torch.nn.Module` of tensors: samples or latents, a noise level where it has one, a padding mask
and conditions where the data have them. Only averaged weights are used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from pushforward.models.contracts import abilities
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.tensors import make_generator

__all__ = ["ROLES", "ExportedNetwork", "ExportedRole", "exported_networks"]

_LEVELS = (0.3, 0.9)  # noise levels and line positions of example inputs, inside every range

Evaluate: TypeAlias = Callable[[Any, Batch, Tensor], Tensor]
"""From a learner, rows and noise levels (n,) to the output."""


def _recommend(learner: Any, rows: Batch) -> Tensor:
    at_mean = isinstance(learner, abilities.RecommendsAtMean)
    found: Tensor = learner.recommend_at_mean(rows) if at_mean else learner.recommend(rows)
    return found


@dataclass(frozen=True)
class ExportedRole:
    """What a network does, and in which units.

    Attributes:
        name: of the role, and of the exported file.
        ability: the protocol that a learner must have.
        evaluate: how the learner is called.
        summary: inputs and output, for the configuration file.
        level: whether it takes a noise level.
        latent: whether its input is a latent of the model's prior.
        conditions: whether conditions of the data are inputs.
        data_input: whether its input is in data units.
        data_output: whether its output is in data units.
    """

    name: str
    ability: type
    evaluate: Evaluate
    summary: str
    level: bool = False
    latent: bool = False
    conditions: bool = False
    data_input: bool = False
    data_output: bool = False


ROLES: tuple[ExportedRole, ...] = (
    ExportedRole(
        "denoiser",
        abilities.HasDenoiser,
        lambda learner, rows, level: learner.denoiser(rows)(rows.x, level),
        "D(x, level) = E[x0 | x0 + level * noise = x], in standardised coordinates",
        level=True,
        conditions=True,
    ),
    ExportedRole(
        "transport",
        abilities.HasTransport,
        lambda learner, rows, level: learner.transport(rows)(rows.x, level),
        "E[x0 | x], the end of the line through x at level u (1 noise, 0 data), standardised",
        level=True,
        conditions=True,
    ),
    ExportedRole(
        "consistency",
        abilities.HasConsistency,
        lambda learner, rows, level: learner.consistency(rows)(rows.x, level),
        "f(x, level), the end of the trajectory through x, in standardised coordinates",
        level=True,
        conditions=True,
    ),
    ExportedRole(
        "generator",
        abilities.HasLatent,
        lambda learner, rows, level: learner.push(rows),
        "g(latent): latents of the prior to samples in data units",
        latent=True,
        conditions=True,
        data_output=True,
    ),
    ExportedRole(
        "classifier",
        abilities.Classifies,
        lambda learner, rows, level: learner.classify(rows),
        "log p(class | x): samples in data units to (n, classes)",
        data_input=True,
    ),
    ExportedRole(
        "noisy-classifier",
        abilities.ClassifiesNoisy,
        lambda learner, rows, level: learner.classifier(rows)(rows.x, level),
        "log p(class | x; level) of noised samples in standardised coordinates",
        level=True,
    ),
    ExportedRole(
        "encoder",
        abilities.Represents,
        lambda learner, rows, level: learner.represent(rows),
        "Features of samples in data units, (n, features)",
        data_input=True,
    ),
    ExportedRole(
        "critic",
        abilities.HasCritic,
        lambda learner, rows, level: learner.critic(rows, 1.0),
        "log p(x)/q(x) of samples in data units at flow time 1, (n,)",
        conditions=True,
        data_input=True,
    ),
    ExportedRole(
        "recommender",
        abilities.Recommends,
        lambda learner, rows, level: _recommend(learner, rows),
        "Scores of all items after histories (n, length), items from 1, padded with 0 at the end; "
        "of models with latents at their mean",
    ),
)


class ExportedNetwork(nn.Module):
    """One role of a learner as a module of tensors, called with `inputs` in their order.

    Args:
        learner: the trained model.
        role: what it does.
        example: some inputs by name, all with as many rows.
    """

    def __init__(
        self, learner: Learner[Any], role: ExportedRole, example: Mapping[str, Tensor]
    ) -> None:
        super().__init__()
        self.role = role
        self.example = dict(example)
        self.learner = _Hidden(learner)
        for name, net in _networks_of(learner).items():
            self.add_module(name, net)
        self.eval()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in the order of the call."""
        return tuple(self.example)

    def forward(self, *tensors: Tensor) -> Tensor:
        """Evaluate the role."""
        named = dict(zip(self.example, tensors, strict=True))
        x = named.pop("latent" if self.role.latent else "x")
        level = named.pop("level", x)
        mask = named.pop("mask", None)
        spec: DataSpec = self.learner.value.spec
        rows = Batch(x, mask, named)
        if self.role.data_input:
            rows = replace(rows, x=rows.zeroed(spec.standardise(x)))
        out = self.role.evaluate(self.learner.value, rows, level)
        return rows.zeroed(spec.restore(out)) if self.role.data_output else out


@dataclass(frozen=True)
class _Hidden:
    """Hold a learner, which is no module, out of the reach of `nn.Module`."""

    value: Learner[Any]


def exported_networks(learner: Learner[Any], rows: int = 3) -> list[ExportedNetwork]:
    """Return the networks of a trained model that have a meaning outside it."""
    return [
        ExportedNetwork(learner, role, _example(learner, role, rows))
        for role in ROLES
        if isinstance(learner, role.ability) and _is_able(learner, role)
    ]


def _is_able(learner: Learner[Any], role: ExportedRole) -> bool:
    """Return whether a role fits the data too: only data with classes have a classifier."""
    return "classifier" not in role.name or LABEL in learner.spec.given


def _example(learner: Learner[Any], role: ExportedRole, n: int) -> dict[str, Tensor]:
    """Return inputs of the right shapes and types, by name."""
    generator = make_generator(0)
    if role.latent and isinstance(learner, Family):
        drawn = learner.prior(n, generator)
    else:
        drawn = learner.spec.example(n, generator)
    x = learner.spec.restore(drawn.x) if role.data_input else drawn.x
    found = {"latent" if role.latent else "x": x}
    if role.level:
        found["level"] = torch.linspace(*_LEVELS, n)
    if drawn.mask is not None:
        found["mask"] = drawn.mask
    if role.conditions:
        found |= drawn.given
    return {name: value.cpu() for name, value in found.items()}


def _networks_of(learner: Learner[Any]) -> dict[str, nn.Module]:
    """Return the modules that a learner evaluates, by the names of its parts."""
    found: dict[str, nn.Module] = {}
    for name, part in learner.parts.items():
        trained = getattr(part, "trained", part)
        net = getattr(trained, "averaged", None)
        if isinstance(net, nn.Module):
            found[name] = net
    return found
