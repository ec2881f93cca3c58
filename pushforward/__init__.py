"""Pushforward Studio: generative models that move particles.

    import pushforward as pf

    run = pf.train("edm-eight-gaussians", steps=2000, seed=0)
    samples = run.sample(1000)            # samples.x: (1000, 2)
    run.evaluate(n=2000)                  # each metric with its noise floor

Nothing heavy is imported before it is used: PyTorch with the first training, Qt only by the window.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pushforward.studio.api import data as data
    from pushforward.studio.api import metrics as metrics
    from pushforward.studio.api.catalogue import models as models
    from pushforward.studio.api.catalogue import recipes as recipes
    from pushforward.studio.api.errors import PushforwardError as PushforwardError
    from pushforward.studio.api.evaluation import Evaluation as Evaluation
    from pushforward.studio.api.evaluation import Metric as Metric
    from pushforward.studio.api.run import Run as Run
    from pushforward.studio.api.samples import Flow as Flow
    from pushforward.studio.api.samples import Result as Result
    from pushforward.studio.api.samples import Samples as Samples
    from pushforward.studio.api.training import open_run as open
    from pushforward.studio.api.training import runs as runs
    from pushforward.studio.api.training import train as train

__all__ = [
    "Evaluation",
    "Flow",
    "Metric",
    "PushforwardError",
    "Result",
    "Run",
    "Samples",
    "data",
    "metrics",
    "models",
    "open",
    "recipes",
    "runs",
    "train",
]

_WHERE = {
    "Evaluation": ("evaluation", "Evaluation"),
    "Flow": ("samples", "Flow"),
    "Metric": ("evaluation", "Metric"),
    "PushforwardError": ("errors", "PushforwardError"),
    "Result": ("samples", "Result"),
    "Run": ("run", "Run"),
    "Samples": ("samples", "Samples"),
    "data": ("data", ""),
    "metrics": ("metrics", ""),
    "open": ("training", "open_run"),
    "recipes": ("catalogue", "recipes"),
    "runs": ("training", "runs"),
    "train": ("training", "train"),
}


class _Models(ModuleType):
    """The package of models, which lists them when it is called."""

    def __call__(self) -> Any:
        return import_module("pushforward.studio.api.catalogue").models()


class _Package(ModuleType):
    """A package that makes its package of models callable, whenever that is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "models":
            value.__class__ = _Models
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name == "models":
        return import_module(f"{__name__}.models")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    found = import_module(f"{__name__}.studio.api.{module}")
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
