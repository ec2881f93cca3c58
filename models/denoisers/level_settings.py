"""Settings that every diffusion has, whether it learns its denoiser or knows it: one name, title
and meaning everywhere, so that a value is carried over where one family is exchanged for another.
"""

from typing import Annotated, Protocol

from pushforward.models.config import ConfigError, param
from pushforward.models.denoisers.densities import LogNormal
from pushforward.models.paths.clock import DisplayName

__all__ = [
    "DensityMean",
    "DensityStd",
    "DisplaySetting",
    "LargestNoise",
    "LevelSettings",
    "LogNormalMean",
    "LogNormalStd",
    "SmallestNoise",
    "log_normal",
]

SmallestNoise = Annotated[
    float,
    param(
        "Minimum noise",
        "σ_min. Sampling stops at this noise level.",
        low=1e-5,
        high=0.5,
        unit="data std",
        log=True,
        advanced=True,
    ),
]
LargestNoise = Annotated[
    float,
    param(
        "Maximum noise",
        "σ_max, where sampling starts. 10 to 20 is enough for standardised data; higher values "
        "need more steps.",
        low=1.0,
        high=1000.0,
        unit="data std",
        log=True,
        advanced=True,
    ),
]
DisplaySetting = Annotated[
    DisplayName,
    param(
        "Display coordinates",
        "Coordinates of the flow on the screen: scaled to unit variance, or so that a particle "
        "with a known endpoint moves in a straight line.",
        choices={"variance-preserving": "Unit variance", "straight": "Straight lines"},
        advanced=True,
    ),
]
LogNormalMean = Annotated[
    float,
    param("P_mean (of ln s)", "Mean of ln σ over the training noise levels.", low=-6.0, high=6.0),
]
LogNormalStd = Annotated[
    float,
    param(
        "P_std (of ln s)",
        "Standard deviation of ln σ over the training noise levels.",
        above=0.0,
        high=6.0,
    ),
]
DensityMean = Annotated[
    float,
    param(
        "P_mean (of ln s)",
        "Mean of ln σ over the training noise levels.",
        low=-6.0,
        high=6.0,
        depends=("density", ("log-normal",)),
        aspect="loss",
    ),
]
DensityStd = Annotated[
    float,
    param(
        "P_std (of ln s)",
        "Standard deviation of ln σ over the training noise levels.",
        above=0.0,
        high=6.0,
        depends=("density", ("log-normal",)),
        aspect="loss",
    ),
]


class LevelSettings(Protocol):
    """What is read of a family's settings."""

    @property
    def density_mean(self) -> float: ...
    @property
    def density_std(self) -> float: ...
    @property
    def s_min(self) -> float: ...
    @property
    def s_max(self) -> float: ...


def log_normal(config: LevelSettings) -> LogNormal:
    """Return the log-normal density that the settings ask for.

    Raises:
        ConfigError: as good as none of it lies between the smallest and the largest noise.
    """
    law = LogNormal(config.density_mean, config.density_std, config.s_min, config.s_max)
    try:
        _ = law.interval
    except ValueError as error:
        raise ConfigError("density_mean", str(error)) from error
    return law
