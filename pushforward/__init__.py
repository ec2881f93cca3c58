"""Pushforward Studio: generative models that move particles.

    import pushforward

    run = pushforward.train("edm@two-moons", settings={"training.steps": 2000}, out="my-project")
    samples = run.sample(1000)            # samples.x: (1000, 2)
    print(run.evaluate(2000).verdict)

Nothing heavy is imported before it is used: PyTorch with the first training, Qt only by the window.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pushforward.studio.api.errors import PushforwardError
    from pushforward.studio.api.evaluation import Evaluation, Metric
    from pushforward.studio.api.run import Run, Samples
    from pushforward.studio.api.training import evaluate, recipes, sample, train
    from pushforward.studio.api.training import open_project as open

__all__ = [
    "Evaluation",
    "Metric",
    "PushforwardError",
    "Run",
    "Samples",
    "evaluate",
    "open",
    "recipes",
    "sample",
    "train",
]

_WHERE = {
    "Evaluation": ("evaluation", "Evaluation"),
    "Metric": ("evaluation", "Metric"),
    "PushforwardError": ("errors", "PushforwardError"),
    "Run": ("run", "Run"),
    "Samples": ("run", "Samples"),
    "evaluate": ("training", "evaluate"),
    "open": ("training", "open_project"),
    "recipes": ("training", "recipes"),
    "sample": ("training", "sample"),
    "train": ("training", "train"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(import_module(f"{__name__}.studio.api.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
