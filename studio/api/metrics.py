"""Metrics between two sets of samples, as functions: ``metrics.sliced_w2(generated, real)``.

Each metric of ``pushforward list metrics`` that compares samples is a function of this module, with
underscores for hyphens.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pushforward.spelling import ask_whether
from pushforward.studio.api.errors import PushforwardError, translated

if TYPE_CHECKING:
    from pushforward.models.contracts.data import RowSource

__all__ = ["measure", "noise_floor"]

_STREAM = 2000
_KINDS = {2: "points", 4: "images"}
"""Data types of arrays by their number of dimensions."""


def measure(slug: str, generated: Any, real: Any, *, seed: int = 0, **settings: Any) -> float:
    """Return a metric of generated samples.

    Args:
        slug: such as "sliced-w2".
        generated: (n, d) points or (n, channels, height, width) images in [0, 1]; or `Samples`.
        real: (m, ...) real data of the same shape.
        seed: for metrics that take random subsets.
        settings: of the metric.

    Raises:
        PushforwardError: there is no such metric, or it does not apply to these data.
    """
    from pushforward.models.contracts.learner import finish
    from pushforward.models.metrics.base import Evidence
    from pushforward.models.metrics.measuring import check_minimum, measure_checked
    from pushforward.models.tensors import make_generator

    with translated():
        metric, minimum = _metric(slug, settings)
        made, rows = _rows(slug, generated), _rows(slug, real)
        evidence = Evidence(rows, make_generator(seed, _STREAM), made=made.rows(slice(None)))
        try:
            check_minimum(minimum, evidence)
            return float(finish(measure_checked(metric, evidence)).value)
        except (ValueError, ArithmeticError) as error:
            raise PushforwardError(f"{slug}: {error}.") from error


def noise_floor(
    slug: str, real: Any, *, n: int | None = None, **settings: Any
) -> tuple[float, float]:
    """Return the noise floor of a metric as (mean, std), over five pairs of halves of real data.

    Args:
        slug: such as "sliced-w2".
        real: (m, ...) real data, as for `measure`.
        n: size of each half; half of the data if None.
        settings: of the metric.

    Raises:
        PushforwardError: there is no such metric, or it does not apply to these data.
    """
    from pushforward.models.metrics.base import Evidence, floor, split_pairs
    from pushforward.models.metrics.measuring import check_minimum
    from pushforward.models.tensors import make_generator

    with translated():
        metric, minimum = _metric(slug, settings)
        rows = _rows(slug, real)
        pairs = split_pairs(rows, n or len(rows))
        try:
            left, right = pairs(0)
            check_minimum(minimum, Evidence(right, make_generator(0, _STREAM), other=left))
            found = floor(metric, pairs)
        except (ValueError, ArithmeticError) as error:
            raise PushforwardError(f"{slug}: {error}.") from error
    return found.mean, found.std


def __getattr__(name: str) -> Callable[..., float]:
    slug = name.replace("_", "-")
    if name.startswith("_") or slug not in _slugs():
        hint = ask_whether(slug, _slugs(), "'pushforward list metrics' lists them")
        raise AttributeError(f"no metric is called {slug!r}; {hint}")

    def metric(generated: Any, real: Any, *, seed: int = 0, **settings: Any) -> float:
        return measure(slug, generated, real, seed=seed, **settings)

    metric.__name__ = metric.__qualname__ = name
    metric.__doc__ = _entries()[slug].summary
    return metric


def __dir__() -> list[str]:
    return sorted([*__all__, *(slug.replace("-", "_") for slug in _slugs())])


def _entries() -> dict[str, Any]:
    from pushforward.models.registry import registry
    from pushforward.studio.engine.process.discovery import discover

    discover()
    return {entry.slug: entry for entry in registry.all("metric")}


def _slugs() -> list[str]:
    return [slug for slug, entry in _entries().items() if entry.needs == ("samples",)]


def _metric(slug: str, settings: dict[str, Any]) -> tuple[Any, int]:
    from pushforward.models.config import ConfigError, decode
    from pushforward.studio.workflows.errors import UsageError

    entry = _entries().get(slug)
    if entry is None:
        hint = ask_whether(slug, _entries(), "'pushforward list metrics' lists them")
        raise UsageError(f"no metric is called {slug!r}; {hint}")
    try:
        return entry.make(decode(entry.config, settings)), entry.minimum
    except ConfigError as error:
        raise UsageError(f"{slug}: {error}") from error


def _rows(slug: str, data: Any) -> "RowSource":
    from pushforward.studio.engine.kinds.base import Facts, kind_of

    x = np.asarray(data, dtype=np.float32)
    kind = str(getattr(data, "kind", "") or _KINDS.get(x.ndim, ""))
    if kind not in _KINDS.values():
        raise PushforwardError(
            f"{slug}: metrics of arrays take points (n, d) or images (n, c, h, w), not {x.shape}.",
            "run.evaluate measures those of other data types.",
        )
    columns = tuple(f"x{i}" for i in range(x.shape[1])) if kind == "points" else ()
    return kind_of(kind).from_parts({"x": x}, Facts(columns))
