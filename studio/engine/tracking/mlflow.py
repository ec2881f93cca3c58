"""MLflow: one run of the experiment that has the project's name.

The server is that of MLFLOW_TRACKING_URI. Without it, values go to ``mlflow.db`` in the project's
folder, which ``mlflow ui --backend-store-uri sqlite:///PROJECT/mlflow.db`` shows.
"""

import os
import re
import time
from typing import Any

from pushforward.studio.engine.tracking.tracker import TrackedRun, Tracker
from pushforward.studio.engine.watch.curves import Columns

__all__ = ["FILE", "KEY", "open_tracker"]

FILE = "mlflow.db"
KEY = "pushforward.run"
"""The tag by which a resumed training finds its run."""
_VALUES, _SETTINGS = 1000, 100
"""Most metric values and parameters of one request."""
_LONGEST = 500
"""Characters of a parameter's value."""
_FOREIGN = re.compile(r"[^\w\-. :/]", re.ASCII)
"""Characters that names in MLflow cannot have."""


def open_tracker(run: TrackedRun) -> Tracker:
    """Begin a run of MLflow, or go on with the one of this training."""
    return _Mlflow(run)


class _Mlflow:
    def __init__(self, run: TrackedRun) -> None:
        from mlflow.tracking import MlflowClient

        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{run.project / FILE}"
        self.place = uri
        self._client = MlflowClient(tracking_uri=uri)
        experiment = _experiment(self._client, run)
        where = f"tags.`{KEY}` = '{run.key}'"
        found = self._client.search_runs([experiment], where, max_results=1)
        if found:
            self._run = found[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
        else:
            created = self._client.create_run(
                experiment, run_name=run.title, tags={KEY: run.key, "folder": run.name}
            )
            self._run = created.info.run_id
            self._log_settings(run)

    def _log_settings(self, run: TrackedRun) -> None:
        from mlflow.entities import Param

        params = [Param(_allowed(n), v[:_LONGEST]) for n, v in run.settings.items()]
        for start in range(0, len(params), _SETTINGS):
            self._client.log_batch(self._run, params=params[start : start + _SETTINGS])

    def log(self, columns: Columns) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        values = [
            Metric(_allowed(name), value, now, step)
            for name, curve in columns.items()
            for step, value in zip(*curve, strict=True)
        ]
        for start in range(0, len(values), _VALUES):
            self._client.log_batch(self._run, metrics=values[start : start + _VALUES])

    def close(self, finished: bool) -> None:
        self._client.set_terminated(self._run, "FINISHED" if finished else "KILLED")


def _experiment(client: Any, run: TrackedRun) -> str:
    """Return the id of the project's experiment, which is made if absent."""
    name = run.project.name or "pushforward"
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found is not None else client.create_experiment(name))


def _allowed(name: str) -> str:
    """Return a name with the characters that MLflow takes."""
    return _FOREIGN.sub("_", name)
