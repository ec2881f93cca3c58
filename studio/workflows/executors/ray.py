"""Train runs on a Ray cluster: a task a run, which Ray starts again elsewhere if its node is lost.

A task has a project of its own in a temporary folder of its node; no folder is shared. At each
checkpoint it puts the files of its run into a mailbox, an actor on the head node. From there they
come here, and a task that is started again begins with them. The mailbox holds the files of the
runs that are being trained in memory.

Ray sends pickled objects: whoever controls a node of the cluster can run code on all of them, and
here. Use clusters that you trust.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.launchers.fetching import check_name, run_files
from pushforward.studio.protocol.spec import project_name
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import PATIENCE, RunFolder, RunStatus
from pushforward.studio.version import program_version
from pushforward.studio.workflows.executors.ray_task import Mailbox, RunFiles, train

__all__ = ["RayExecutor"]

LOOK_SECONDS = 0.5
RETRIES = 10  # times that Ray starts the task of a run again
_HEAD = {"node:__internal_head__": 0.001}
"""The resource of the head node, which is there as long as the cluster."""


class RayExecutor:
    """Trains each run in a Ray task; see `Executor`.

    Args:
        address: of the cluster: "auto", "ray://HOST:PORT" or "HOST:PORT".
        at_once: number of tasks.
        gpus: GPUs of a task, a fraction if several share one; None for one where the cluster has
            some and the run may use it.
        report: called with lines for the user.

    Raises:
        StoreError: Ray is not installed, or the cluster cannot be reached.
    """

    is_elsewhere = True

    def __init__(
        self,
        address: str = "auto",
        at_once: int = 1,
        gpus: float | None = None,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.at_once = at_once
        self._gpus, self._report = gpus, report
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._ray = _connect(address)
        mailbox = self._ray.remote(Mailbox)
        self._mailbox = mailbox.options(num_cpus=0, resources=_HEAD, max_restarts=-1).remote()
        self._tasks: dict[RunFolder, Any] = {}
        self._tries: dict[str, int] = {}
        self._looked = 0.0

    def start(self, run: RunFolder) -> None:
        """Hand a run to the cluster; see `Executor.start`."""
        run.lock.take(PATIENCE)
        try:
            files = RunFiles(
                name=run.name,
                version=program_version(),
                run={path: (run.path / path).read_bytes() for path in run_files(run)},
                data=_read_data(run),
            )
            run.update_status(state="running", background=True)
            self._ray.get(self._mailbox.open.remote(run.name))
            task = self._ray.remote(train).options(
                num_cpus=1,
                num_gpus=self._gpus_of(run),
                max_retries=RETRIES,
                scheduling_strategy="SPREAD",
                name=run.name,
            )
            self._tasks[run] = task.remote(files, self._mailbox)
        except BaseException:
            run.lock.release()
            raise

    def _gpus_of(self, run: RunFolder) -> float:
        if self._gpus is not None:
            return self._gpus
        wants = run.record.spec.training.get("device", "auto") != "cpu"
        return float(wants and self._ray.cluster_resources().get("GPU", 0) > 0)

    def take_ended(self) -> list[RunFolder]:
        """Return the runs whose tasks have ended; their files are here."""
        if time.monotonic() - self._looked < LOOK_SECONDS or not self._tasks:
            return []
        self._looked = time.monotonic()
        done, _ = self._ray.wait(
            list(self._tasks.values()), num_returns=len(self._tasks), timeout=0
        )
        self._collect()
        ended = [run for run, task in self._tasks.items() if task in done]
        for run in ended:
            self._end(run, self._tasks.pop(run))
        return ended

    def _collect(self) -> None:
        """Write what has changed since the last time into the folders of the runs."""
        news = self._ray.get(self._mailbox.take.remote())
        for run in self._tasks:
            letter = news.get(run.name)
            if letter is None:
                continue
            for path, content in letter.files.items():
                _write(run, path, content)
            for path in letter.gone:
                check_name(path)
                (run.path / path).unlink(missing_ok=True)
            run.update_status(durable=False, state="running", step=letter.step, total=letter.total)
            if letter.starts > self._tries.get(run.name, 1):
                self._tries[run.name] = letter.starts
                self._report(f"{run.name}: its process was lost; resumed from {letter.resumed:,}")

    def _end(self, run: RunFolder, task: Any) -> None:
        try:
            status = msgspec.json.decode(self._ray.get(task), type=RunStatus)
            run.write_status(msgspec.structs.replace(status, pid=0, process_started=0.0))
        except self._ray.exceptions.RayError as error:
            # Its files are those of the last checkpoint; who drives resumes it.
            last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            self._report(f"{run.name}: {last}")
            run.update_status(state="running", pid=0, process_started=0.0)
        finally:
            self._mailbox.close.remote(run.name)
            run.lock.release()

    def ask_to_stop(self) -> None:
        """Let the runs that are being trained save a checkpoint and end."""
        self._ray.get(self._mailbox.ask_to_stop.remote())

    def close(self) -> None:
        """Leave the cluster; tasks that still run there are ended."""
        for run in self._tasks:
            run.update_status(state="running", pid=0, process_started=0.0)
            run.lock.release()
        self._tasks.clear()
        self._ray.shutdown()


def _connect(address: str) -> Any:
    """Return the module of Ray, connected.

    Raises:
        StoreError: it is not installed, or the cluster cannot be reached.
    """
    try:
        import ray
    except ImportError:
        hint = "Install it: pip install 'pushforward[ray]'."
        raise StoreError("Ray is not installed.", hint, kind="user") from None
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        last = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(
            f"The Ray cluster {address} cannot be reached: {last.rstrip('.')}.",
            "Start one with 'ray start --head', or give its address: --on ray://HOST:10001.",
            kind="user",
        ) from error
    return ray


def _read_data(run: RunFolder) -> dict[str, bytes]:
    """Return the files of the data set of a run, by their paths in the project; none if it is
    generated.
    """
    name = project_name(run.record.spec.dataset.slug)
    if name is None:
        return {}
    folder = Project.open(run.project).dataset(name).path
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(run.project).as_posix(): path.read_bytes() for path in files}


def _write(run: RunFolder, path: str, content: bytes) -> None:
    check_name(path)
    target: Path = run.path / path
    stay_inside(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)
