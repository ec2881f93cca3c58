"""What proposes the points of a sweep: a list, or Optuna by the results so far."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

from pushforward.studio.sweeps.axes import Axis
from pushforward.studio.sweeps.plan import Sweep, list_points
from pushforward.studio.workflows.errors import UsageError

__all__ = ["Search", "open_search"]


class Search(Protocol):
    """Proposes points by number, from 0; None at the end."""

    def propose(self, number: int) -> dict[str, str] | None:
        """Return the point of a number; called in order."""

    def tell(self, number: int, point: Mapping[str, str], score: float) -> None:
        """Report the mean score of a point, lower is better."""


def open_search(sweep: Sweep) -> Search:
    """Return the search of a sweep.

    Raises:
        UsageError: Optuna is not installed.
    """
    return _OptunaSearch(sweep) if sweep.search == "optuna" else _ListedSearch(sweep)


class _ListedSearch:
    def __init__(self, sweep: Sweep) -> None:
        self._points = list(list_points(sweep))

    def propose(self, number: int) -> dict[str, str] | None:
        return self._points[number] if number < len(self._points) else None

    def tell(self, number: int, point: Mapping[str, str], score: float) -> None:
        """The points do not depend on results."""


class _OptunaSearch:
    """Tree-structured Parzen estimator (Bergstra et al. 2011). Points that were told without having
    been proposed here are those of an earlier process.
    """

    def __init__(self, sweep: Sweep) -> None:
        try:
            import optuna
        except ImportError as error:
            raise UsageError(
                "the search by Optuna needs its package: pip install 'pushforward[optuna]'"
            ) from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._sweep = optuna, sweep
        self._study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=sweep.seed))
        self._asked: dict[int, Any] = {}
        self._spaces = {axis.key: self._space(axis) for axis in sweep.axes}

    def _space(self, axis: Axis) -> Any:
        distributions = self._optuna.distributions
        if axis.values:
            return distributions.CategoricalDistribution(axis.values)
        if axis.whole:
            return distributions.IntDistribution(int(axis.low), int(axis.high), log=axis.log)
        return distributions.FloatDistribution(axis.low, axis.high, log=axis.log)

    def propose(self, number: int) -> dict[str, str] | None:
        if number >= self._sweep.trials:
            return None
        trial = self._asked[number] = self._study.ask(self._spaces)
        return {
            axis.key: str(trial.params[axis.key])
            if axis.values
            else axis.write(trial.params[axis.key])
            for axis in self._sweep.axes
        }

    def tell(self, number: int, point: Mapping[str, str], score: float) -> None:
        states = self._optuna.trial.TrialState
        state = states.COMPLETE if math.isfinite(score) else states.FAIL
        value = score if math.isfinite(score) else None
        if (asked := self._asked.pop(number, None)) is not None:
            self._study.tell(asked, value, state=state)
            return
        params = {axis.key: self._read(axis, point[axis.key]) for axis in self._sweep.axes}
        self._study.add_trial(
            self._optuna.trial.create_trial(
                state=state, value=value, params=params, distributions=self._spaces
            )
        )

    @staticmethod
    def _read(axis: Axis, text: str) -> str | float | int:
        if axis.values:
            return text
        return int(text) if axis.whole else float(text)
