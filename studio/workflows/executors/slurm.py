"""Train runs as jobs of Slurm, through submitit, on a file system that all its nodes share.

A job starts a training process and waits for it. Before the time limit, or when Slurm wants the
node back, Slurm signals the job: it lets the training save a checkpoint and end, and queues itself
again. The training then goes on from the checkpoint. submitit writes its own files, which it
pickles, into the cache folder of the account, never into a project.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pushforward.studio.home import cache_folder, make_private
from pushforward.studio.launch import own_command, popen_options
from pushforward.studio.protocol.slurm import Slurm
from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.run import PATIENCE, RunFolder
from pushforward.studio.workflows.background import ask_to_stop, withdraw_stop

__all__ = ["SlurmExecutor", "is_submitted", "submit"]

LOOK_SECONDS = 1.0
MOST_LIMITS = 10_000  # times that a job may meet its time limit
SAVING = 600.0  # seconds that a training may take to save; Slurm kills it earlier if it is too long

_jobs: dict[RunFolder, Any] = {}
"""The jobs that this process has submitted."""


class TrainingTask:
    """What a job does; it is pickled, and so holds nothing but a path."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> str:
        """Train the run from its newest checkpoint; return how it ended."""
        run = RunFolder(Path(self._run))
        withdraw_stop(run.path)
        command = own_command("run", str(run.path), "--resume", "--background")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **popen_options())
        self._process.wait()
        return run.status().state

    def checkpoint(self) -> Any:
        """Let the training save a checkpoint and end; return the job that goes on with it."""
        import psutil
        import submitit

        if self._process is not None and psutil.pid_exists(self._process.pid):
            ask_to_stop(Path(self._run))
            # Called by a signal that has interrupted `Popen.wait`, which has its lock.
            psutil.wait_procs([psutil.Process(self._process.pid)], SAVING)
        return submitit.helpers.DelayedSubmission(TrainingTask(self._run))


def submit(run: RunFolder, options: Slurm, cluster: str | None = None) -> None:
    """Hand a run to Slurm; ``cluster`` is submitit's name of another scheduler, for tests.

    Raises:
        StoreError: submitit is not installed, there is no Slurm or it refused the job, or another
            process has the run.
    """
    submitit = _import()
    with run.owned(PATIENCE):
        withdraw_stop(run.path)
        run.update_status(state="queued", background=True, pid=0, process_started=0.0)
    folder = _folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        executor = submitit.AutoExecutor(
            folder=folder,
            cluster=cluster or "slurm",
            slurm_max_num_timeout=MOST_LIMITS,
            local_max_num_timeout=MOST_LIMITS,
        )
        executor.update_parameters(
            name=run.name[:60],
            timeout_min=options.minutes,
            slurm_signal_delay_s=options.save,
            slurm_additional_parameters={"requeue": True},
            **({"gpus_per_node": options.gpus} if options.gpus else {}),
            **({"slurm_partition": options.partition} if options.partition else {}),
        )
        job = executor.submit(TrainingTask(str(run.path)))
    except (RuntimeError, ValueError, OSError, submitit.core.utils.FailedJobError) as error:
        last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        hint = "Is this a computer from which 'sbatch' works?"
        raise StoreError(f"Slurm refused {run.name}: {last}", hint, kind="user") from error
    _jobs[run] = job
    write_text(folder / "job", str(job.job_id))


def is_submitted(run: RunFolder) -> bool:
    """Whether a run waits in the queue of Slurm, or is trained there."""
    job = _find_job(run)
    return job is not None and not job.done()


def _find_job(run: RunFolder) -> Any:
    """Return the last job of a run, None if it has none here."""
    if run in _jobs:
        return _jobs[run]
    try:
        number = (_folder(run) / "job").read_text(encoding="utf-8")
        return _import().SlurmJob(_folder(run), number)
    except (OSError, StoreError):
        return None


class SlurmExecutor:
    """Trains each run in a job of Slurm; see `Executor`. ``cluster`` as in `submit`."""

    is_elsewhere = True

    def __init__(
        self,
        options: Slurm,
        at_once: int = 1,
        report: Callable[[str], None] = lambda line: None,
        cluster: str | None = None,
    ) -> None:
        self.at_once = at_once
        self._options, self._report, self._cluster = options, report, cluster
        self._active: list[RunFolder] = []
        self._looked = 0.0

    def start(self, run: RunFolder) -> None:
        """Hand a run to Slurm, unless it is there; see `Executor.start`."""
        if not is_submitted(run):
            submit(run, self._options, self._cluster)
            self._report(f"{run.name}: handed to Slurm")
        self._active.append(run)

    def take_ended(self) -> list[RunFolder]:
        """Return the runs whose jobs have ended since the last call."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return []
        self._looked = time.monotonic()
        ended = [run for run in self._active if not is_submitted(run)]
        self._active = [run for run in self._active if run not in ended]
        return ended

    def ask_to_stop(self) -> None:
        """Let the runs that are being trained save a checkpoint and end; those that wait leave."""
        for run in self._active:
            job = _find_job(run)
            if job is not None and job.state == "PENDING":
                job.cancel()
            else:
                ask_to_stop(run.path)

    def close(self) -> None:
        """Nothing is kept; jobs go on."""


def _folder(run: RunFolder) -> Path:
    """Return where the jobs of a run have their files: a folder of this account alone.

    Raises:
        StoreError: other accounts can change it; what lies there is unpickled.
    """
    place = cache_folder().absolute() / "slurm"
    if not make_private(place):
        raise StoreError(f"Other accounts can change {place}.", "Make it writable by you alone.")
    return place / hashlib.sha256(os.fsencode(run.path)).hexdigest()[:16]


def _import() -> Any:
    """Return the module of submitit.

    Raises:
        StoreError: it is not installed.
    """
    try:
        import submitit
    except ImportError:
        hint = "Install it there: pip install 'pushforward[slurm]'."
        raise StoreError("submitit is not installed.", hint, kind="user") from None
    return submitit
