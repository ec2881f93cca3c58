"""The runs of a model under each evaluation protocol of interactions, and their users' metrics."""

from collections.abc import Iterator, Sequence

import numpy as np

from pushforward.studio.engine.jobs.operator_job import inline
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.protocol.messages import Operate
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol_table import (
    UserValues,
    protocol_of,
    strip_protocol,
    with_protocol,
)
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["find_trained", "measure_users", "name_model", "plan_protocols"]

_MOST = 1_000_000


def plan_protocols(
    runs: Sequence[RunFolder], protocols: Sequence[str]
) -> Iterator[tuple[RunSpec, RunFolder | None]]:
    """Return each run under each protocol, with a finished run that was trained like that.

    Raises:
        UsageError: the runs are not of the same interactions.
        StoreError: a record cannot be read.
    """
    specs = [effective_spec(run) for run in runs]
    slugs = {spec.dataset.slug for spec in specs}
    if len(slugs) > 1:
        raise UsageError(f"the runs learn different data: {', '.join(sorted(slugs))}")
    known = Project.open(runs[0].project).runs()
    for protocol in protocols:
        for spec in specs:
            wanted = with_protocol(spec, protocol)
            yield wanted, find_trained(wanted, known)


def find_trained(spec: RunSpec, runs: Sequence[RunFolder]) -> RunFolder | None:
    """Return the newest finished run that was trained by a spec, whatever it is called."""
    for run in reversed(runs):
        if run.status().state == "finished" and _same(effective_spec(run), spec):
            return run
    return None


def _same(first: RunSpec, second: RunSpec) -> bool:
    alike = protocol_of(first) == protocol_of(second)
    return alike and strip_protocol(first) == strip_protocol(second)


def name_model(spec: RunSpec, specs: Sequence[RunSpec]) -> str:
    """Return what a run is compared as: its model, with its place among several of that model."""
    alike = list(dict.fromkeys(each.name for each in specs if each.family.slug == spec.family.slug))
    if len(alike) < 2:
        return spec.family.slug
    return f"{spec.family.slug} {1 + alike.index(spec.name)}"


def measure_users(run: RunFolder, model: str, protocol: str, metric: str) -> UserValues:
    """Rank all items for each test user of a run and return a metric of each.

    Raises:
        Refused: the model recommends nothing.
        UsageError: there is no such metric.
    """
    command = Operate(
        run=str(run.path), operator="recommend-users", config={"users": _MOST, "split": "test"}
    )
    work = inline(command, WarmModels())
    while True:
        try:
            next(work)
        except StopIteration as end:
            arrays = end.value.arrays
            break
    if metric not in arrays:
        known = sorted(name for name in arrays if "@" in name and ":" not in name)
        raise UsageError(f"--metric {metric}: unknown; available: {', '.join(known)}")
    return UserValues(
        model, protocol, np.asarray(arrays["user"], np.int64), np.asarray(arrays[metric], float)
    )
