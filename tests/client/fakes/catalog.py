"""What the engine in memory offers: a small catalogue with every kind of field."""

import math
from collections.abc import Callable
from typing import Any

from pushforward.studio.protocol.catalog import (
    Catalog,
    Choice,
    Dependency,
    Device,
    EntrySpec,
    FieldSpec,
    LayerSpec,
    RescalingSpec,
)
from pushforward.studio.protocol.spec import Pick

__all__ = ["catalog", "defaults", "problem_of"]

SOURCE = "the engine in memory"
_Curve = Callable[[float], float]


def _field(path: str, kind: str, default: Any, title: str, **more: Any) -> FieldSpec:
    return FieldSpec(
        path=path, kind=kind, title=title, help=f"{title} of the fake.", default=default, **more
    )


def _choices(*values: str) -> list[Choice]:
    return [Choice(value=v, title=v.replace("-", " ").capitalize()) for v in values]


_LEARNING_RATE = _field("lr", "float", 1e-3, "Learning rate", above=0.0, high=1.0, log=True)
_WIDTH = _field("net.width", "int", 128, "Width", low=8.0, high=4096.0, group="Network")


def _edm() -> EntrySpec:
    kinds = _choices("edm", "eps", "v")
    return EntrySpec(
        kind="family",
        slug="edm",
        title="Diffusion (EDM)",
        summary="A score moves particles.",
        source=SOURCE,
        kinds=["points"],
        capabilities=["denoiser", "velocity"],
        layers=[
            LayerSpec(name="velocity", title="Velocity", kind="vector", symbol="dx/dt", timed=True)
        ],
        field="score",
        carrier="flow",
        motion="dx/ds = (x − D(x, s)) / s",
        fields=[
            _LEARNING_RATE,
            _field("precondition", "choice", "edm", "Preconditioning", choices=kinds),
            _field("ema", "float", 0.999, "Averaging", low=0.0, below=1.0, advanced=True),
            _WIDTH,
        ],
    )


def _gan() -> EntrySpec:
    while_ipm = Dependency(path="loss", values=["ipm"])
    return EntrySpec(
        kind="family",
        slug="gan",
        title="GAN",
        summary="A critic moves a generator.",
        source=SOURCE,
        kinds=["points"],
        capabilities=["critic", "latent"],
        layers=[
            LayerSpec(name="critic", title="Critic", kind="scalar", symbol="log p/q", timed=False)
        ],
        field="critic",
        carrier="generator",
        motion="dθ/dτ = E[J(z)ᵀ h′(d) ∇d],  x = g(z; θ)",
        fields=[
            _LEARNING_RATE,
            _field("loss", "choice", "hinge", "Loss", choices=_choices("hinge", "ipm")),
            _field("penalty", "float", 1.0, "Gradient penalty", low=0.0, depends=while_ipm),
            _WIDTH,
        ],
    )


def _monoflow() -> EntrySpec:
    names = _choices("logit", "vanilla", "plugged-forward-kl")
    return EntrySpec(
        kind="family",
        slug="monoflow",
        title="MonoFlow",
        summary="A critic moves free particles.",
        source=SOURCE,
        kinds=["points"],
        capabilities=["critic", "population"],
        layers=[
            LayerSpec(name="critic", title="Critic", kind="scalar", symbol="log p/q", timed=False)
        ],
        field="critic",
        carrier="particles",
        motion="dx = h′(d) ∇d dt,  d = log p/q",
        fields=[
            _LEARNING_RATE,
            _field("rescaling", "choice", "logit", "Rescaling h", choices=names, live=True),
            _field("shift", "float", 0.0, "Shift", low=-100.0, high=100.0, live=True),
            _WIDTH,
        ],
    )


def _rescaling(
    name: str, formulas: tuple[str, str], h: _Curve, slope: _Curve, reason: str = ""
) -> RescalingSpec:
    u = [k / 4 for k in range(-40, 41)]
    return RescalingSpec(
        name=name,
        title=name.replace("-", " ").capitalize(),
        formula=formulas[0],
        slope_formula=formulas[1],
        source=SOURCE,
        reading="plugged-in" if reason else "monoflow",
        monotone=not reason,
        reason=reason,
        u=u,
        h=[h(x) for x in u],
        slope=[slope(x) for x in u],
    )


def _rescalings() -> list[RescalingSpec]:
    return [
        _rescaling("logit", ("u", "1"), lambda u: u, lambda u: 1.0),
        _rescaling(
            "vanilla",
            ("log(1 + eᵘ)", "σ(u)"),
            lambda u: math.log1p(math.exp(u)),
            lambda u: 1.0 / (1.0 + math.exp(-u)),
        ),
        _rescaling(
            "plugged-forward-kl",
            ("−u eᵘ", "−(1 + u) eᵘ"),
            lambda u: -u * math.exp(u),
            lambda u: -(1.0 + u) * math.exp(u),
            "h falls where u > −1.",
        ),
    ]


def _datasets() -> list[EntrySpec]:
    return [
        EntrySpec(
            kind="dataset",
            slug=slug,
            title=title,
            summary=f"{title}, drawn at random.",
            source=SOURCE,
            kinds=["points"],
            fields=[
                _field("radius", "float", radius, "Radius", above=0.0),
                _field("std", "float", 0.12, "Spread", above=0.0),
            ],
        )
        for slug, title, radius in (
            ("eight-gaussians", "Eight Gaussians", 1.3),
            ("ring-of-five", "Ring of five", 3.0),
        )
    ]


def _training() -> EntrySpec:
    return EntrySpec(
        kind="training",
        slug="training",
        title="Training",
        summary="How long, on what, and what is kept.",
        source=SOURCE,
        fields=[
            _field("steps", "int", 2000, "Steps", low=1.0),
            _field("batch", "int", 256, "Batch", low=1.0),
            _field("seed", "int", 0, "Seed", low=0.0),
            _field("device", "choice", "auto", "Device", choices=_choices("auto", "cpu")),
            _field("particles", "int", 256, "Particles", low=1.0, advanced=True),
            _field("frames", "int", 8, "Frames", low=1.0, advanced=True),
            _field("checkpoint_every", "int", 500, "Checkpoint every", low=1.0, unit="steps"),
        ],
    )


def catalog() -> Catalog:
    """Three families, two data sets, one sampler, one metric, and the training settings."""
    sampler = EntrySpec(
        kind="sampler",
        slug="heun",
        title="Heun",
        summary="Second order.",
        source=SOURCE,
        needs=["denoiser"],
        fields=[_field("steps", "int", 18, "Steps", low=1.0, high=1000.0)],
    )
    metric = EntrySpec(
        kind="metric",
        slug="sliced-w2",
        title="Sliced W2",
        summary="A distance between clouds.",
        source=SOURCE,
        fields=[_field("projections", "int", 128, "Projections", low=1.0)],
    )
    device = Device(
        name="cpu", title="Processor", available=True, reason="It is always there.", threads=1
    )
    return Catalog(
        entries=[_edm(), _gan(), _monoflow(), *_datasets(), sampler, metric, _training()],
        devices=[device],
        rescalings=_rescalings(),
    )


def defaults(entry: EntrySpec, config: dict[str, Any]) -> dict[str, Any]:
    """The nested settings of an entry, completed with its defaults."""
    result: dict[str, Any] = {}
    for field in entry.fields:
        *groups, name = field.path.split(".")
        source: Any = config
        target = result
        for group in groups:
            source = source.get(group, {})
            target = target.setdefault(group, {})
        target[name] = source.get(name, field.default)
    return result


def problem_of(offer: Catalog, kind: str, pick: Pick) -> str:
    """Why a pick cannot be used; "" if it can."""
    entry = offer.get(kind, pick.slug)
    if entry is None:
        known = ", ".join(e.slug for e in offer.entries_of(kind))
        return f"no {kind} is called {pick.slug!r}; known: {known}"
    top = {field.path.split(".")[0] for field in entry.fields}
    unknown = sorted(set(pick.config) - top)
    return f"{unknown[0]}: unknown setting; known: {', '.join(sorted(top))}" if unknown else ""
