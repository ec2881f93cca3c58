"""h, what particles climb along a critic u = d(x): the heart of every adversarial loss.

Particles move along h'(d) grad d. Where h increases everywhere, the data are the only law at rest
(Yi et al. 2023, MonoFlow, arXiv:2302.01075); the generator loss of the literature is -E h(d(g(z))).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

__all__ = ["Elementwise", "Reading", "Rescaling"]

Elementwise = Callable[[Tensor], Tensor]
Reading = Literal["monoflow", "gradient-flow", "plugged-in"]


@dataclass(frozen=True)
class Rescaling:
    """An h and what is known of it.

    Attributes:
        name: slug.
        title: a few words.
        formula, slope_formula: h(u) and h'(u), in Unicode.
        source: author, year, and where it stands.
        reading: "monoflow", a loss of the MonoFlow paper; "gradient-flow", the true Wasserstein
            flow of an f-divergence, h'(log r) = r^2 f''(r); "plugged-in", h(u) = -f(e^u).
        h, slope: elementwise, finite for all finite u.
        monotone: whether h' > 0 everywhere, decided by evaluating it.
        reason: what goes wrong where it is not monotone, "" where it is.
    """

    name: str
    title: str
    formula: str
    slope_formula: str
    source: str
    reading: Reading
    h: Elementwise
    slope: Elementwise
    monotone: bool
    reason: str = ""
