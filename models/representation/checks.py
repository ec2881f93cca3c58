"""What is wrong with a source or with the settings of a representation, in sentences."""

from collections.abc import Callable

from torch.utils.flop_counter import FlopCounterMode

from pushforward.models.config import ConfigError
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.representation.latent_views import LatentViews
from pushforward.models.representation.source import ViewSource
from pushforward.models.tensors import make_generator

__all__ = [
    "check_settings",
    "describe_collapse",
    "describe_cost",
    "generation_share",
    "variance_share",
]

_COLLAPSED, _LITTLE = 0.01, 0.3  # variance of samples, as a share of that of the data
_CHECKED = 256
_MOST_GENERATING = 0.3  # share of a step, above which it is said


def check_settings(
    objective: str, views: LatentViews, real_share: float, spec: DataSpec, *, source: bool
) -> None:
    """Refuse settings that do not fit the source or each other.

    Raises:
        ConfigError: what is wrong and what to choose.
    """
    if objective == "inverter" and (not source or real_share == 1.0):
        said = "the inverter predicts latents, and real data have none; choose a source"
        raise ConfigError("objective", said)
    if not source and views.kind != "none":
        said = "real data have no latents; choose a source, or no latent views"
        raise ConfigError("latent.kind", said)
    if views.kind == "steering" and len(spec.shape) != 3:
        said = "edit directions are learned from images; choose Gaussian views"
        raise ConfigError("latent.kind", said)
    if objective == "supcon" and LABEL not in spec.given:
        said = "SupCon needs classes; choose a class-conditional source, or NT-Xent"
        raise ConfigError("objective", said)


def variance_share(source: ViewSource, seed: int = 0) -> float:
    """Return the variance of generated samples as a share of that of the data."""
    made = source.push(source.draw(_CHECKED, make_generator(seed)))
    return float(made.flatten(1).var(dim=0).mean())


def describe_collapse(share: float) -> str:
    """Return what a small variance of the samples means, "" for a usual one."""
    if share >= _LITTLE:
        return ""
    measured = f"its samples have {100 * share:.2g} % of the variance of the data"
    if share < _COLLAPSED:
        return f"The source has collapsed: {measured}. Choose another run or checkpoint."
    return f"The source varies little: {measured}. Look at its samples before using the result."


def generation_share(views: Callable[[], object], loss: Callable[[], object]) -> float:
    """Return the share of the arithmetic of a training step that drawing its views takes: counted
    operations of matrix products and convolutions, so that it depends on no machine.
    """
    counts = []
    for work in (views, loss):
        with FlopCounterMode(display=False) as counter:
            work()
        counts.append(int(counter.get_total_flops()))
    return counts[0] / max(sum(counts), 1)


def describe_cost(share: float, *, solver: bool) -> str:
    """Return what a large share means, "" for a usual one; with ``solver`` for a source that takes
    several steps.
    """
    if share <= _MOST_GENERATING:
        return ""
    fewer = "fewer solver steps, or " if solver else ""
    return (
        f"Generating views takes about {100 * share:.0f} % of the arithmetic of a training step. "
        f"For a faster training choose {fewer}frozen anchors without latent views."
    )
