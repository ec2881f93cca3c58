"""Train a recipe or a run's spec, or resume a run, without a window.

Ctrl+C saves a checkpoint and stops (status 130); a second one stops at once. So do SIGTERM (143)
and the end of the terminal (SIGHUP, 129). If the output is closed, the training continues without
it. The run folder can be opened in the window; it contains a picture of the particles.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.terminal import say
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.places import (
    HELP_GPUS,
    HELP_ON,
    HELP_SLURM,
    open_executor,
)

if TYPE_CHECKING:
    from pushforward.studio.protocol.spec import RunSpec
    from pushforward.studio.store.run import RunFolder, RunStatus
    from pushforward.studio.workflows.executors.executor import Executor
    from pushforward.studio.workflows.stopping import Stop
    from pushforward.studio.workflows.target import Target

__all__ = ["HELP", "add_arguments", "run", "train"]

HELP = "train without a window"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "target",
        nargs="?",
        metavar="RECIPE_OR_RUN",
        help="a recipe (see 'pushforward list recipes'), a recipe file, a run folder, or "
        "MODEL@DATASET",
    )
    parser.add_argument("--first", action="store_true", help="the first recipe")
    add_settings(
        parser, "change a setting, such as training.steps=500 or family.net.width=64 (repeatable)"
    )
    parser.add_argument(
        "--edit",
        action="append",
        default=[],
        dest="edits",
        metavar="JSON",
        help="a change in the middle of the training, such as "
        """'{"kind": "setting", "step": 500, "path": "penalty", "value": 1.0}' (repeatable)""",
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        dest="inputs",
        metavar="NAME=RUN[@STEP]",
        help="a trained run of the project that the model learns from, such as "
        "teacher=0003-edm@5000, or by its number, teacher=0003 (repeatable; default: its newest "
        "checkpoint)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help=(
            "resume this run, or the recipe's last run in the project, from its newest "
            "checkpoint; --set training.steps=N sets the total number of steps"
        ),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the project folder (default: the run's own, or ./pushforward-runs)",
    )
    parser.add_argument("--on", default="", metavar="PLACE", help=HELP_ON)
    parser.add_argument("--gpus", type=float, metavar="N", help=HELP_GPUS)
    parser.add_argument("--slurm", metavar="SETTINGS", help=HELP_SLURM)
    parser.add_argument("--background", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Train, and return 0 when finished, 1 when failed, 128 + n when stopped by a signal n."""
    from pushforward.studio.cli import catalogue, elsewhere
    from pushforward.studio.launch import own_rank
    from pushforward.studio.workflows.create import create
    from pushforward.studio.workflows.settings import apply, with_edits, with_inputs

    if own_rank() > 0:
        from pushforward.studio.engine.jobs.rank_follower import follow_rank

        return follow_rank()
    target = _target(arguments)
    catalogue.load()
    if target.rivals:
        return _race(arguments, target)
    project = target.project(arguments.out)
    if arguments.resume:
        if arguments.edits or arguments.inputs:
            option = "--edit" if arguments.edits else "--input"
            raise UsageError(f"{option}: with --resume only training.steps may change")
        total, devices = _new_totals(arguments.settings)
        run = _resumed(target, project, total)
        if arguments.on:
            if arguments.settings:
                raise UsageError("--on: with --resume no setting may change")
            return _end(*elsewhere.train(run, arguments.on, _executor(arguments)))
        return train(run, total, arguments.background, devices)
    spec = with_edits(apply(target.spec, arguments.settings, project), arguments.edits)
    spec = with_inputs(spec, arguments.inputs, project)
    code, spec = _with_first(target, spec, project)
    if code:
        return code
    if arguments.on:
        executor = _executor(arguments)  # first, so that nothing is made if it fails
        run = create(spec, project, elsewhere=True)
        return _end(*elsewhere.train(run, arguments.on, executor))
    return train(create(spec, project))


def _with_first(target: "Target", spec: "RunSpec", project: Path) -> tuple[int, "RunSpec"]:
    """Train what a recipe learns from where no run is given, and return the exit status and the
    spec that names it.
    """
    import msgspec

    from pushforward.studio.protocol.spec import RunRef
    from pushforward.studio.workflows.create import create
    from pushforward.studio.workflows.target import find

    for name in target.needs.keys() - spec.inputs.keys():
        say(f"Training the {name} first. To use a finished run: --input {name}=RUN")
        source = create(find(target.needs[name]).spec, project)
        if code := train(source):
            return code, spec
        inputs = {**spec.inputs, name: RunRef(run=source.name)}
        spec = msgspec.structs.replace(spec, inputs=inputs)
    return 0, spec


def _executor(arguments: argparse.Namespace) -> "Executor":
    return open_executor(arguments.on, 1, say, arguments.gpus, arguments.slurm)


def _race(arguments: argparse.Namespace, target: "Target") -> int:
    """Train all of a recipe that is a race."""
    from pushforward.studio.cli import race

    for option in ("resume", "edits", "inputs", "on"):
        if getattr(arguments, option):
            raise UsageError(
                f"{arguments.target} is a race: start it without --{option.rstrip('s')}; "
                "'pushforward race RUNS --resume' resumes one"
            )
    return race.start(target, arguments.settings, arguments.out)


def _target(arguments: argparse.Namespace) -> "Target":
    from pushforward.studio.workflows.target import find, first

    if arguments.first == bool(arguments.target):
        raise UsageError(
            "give one recipe or run, or --first; 'pushforward list recipes' lists them"
        )
    return first() if arguments.first else find(arguments.target)


def _resumed(target: "Target", project: Path, total: int | None) -> "RunFolder":
    """The run to go on with, which has something left to do."""
    from pushforward.studio.workflows.target import last

    if target.run is not None and project != target.run.project:
        raise UsageError("--resume resumes in the run's own folder: remove --out")
    run = target.run or last(project, target)
    if run is None:
        raise UsageError(
            f"there is no run of {target.spec.name!r} in {project} to resume; remove --resume to "
            "start one"
        )
    status = run.status()
    if status.state == "finished" and (total or 0) <= status.step:
        raise UsageError(
            f"{run.name} has completed its {status.step:,} steps; add steps with --set "
            "training.steps=N, or remove --resume to start a new run"
        )
    return run


def _new_totals(settings: list[str]) -> tuple[int | None, int | None]:
    """Return what alone may change in a run: its length, and the processes that train it."""
    found: dict[str, int] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        if key.strip() not in ("training.steps", "training.devices"):
            raise UsageError(
                f"--set {key}: with --resume only training.steps may change, and by how many "
                "training.devices it is trained (without --resume a new run starts)"
            )
        if not value.strip().isdecimal() or not int(value):
            raise UsageError(f"--set {key}: a whole number, not {value!r}")
        found[key.strip()] = int(value)
    return found.get("training.steps"), found.get("training.devices")


def train(
    folder: "RunFolder",
    steps: int | None = None,
    background: bool = False,
    devices: int | None = None,
) -> int:
    """Train a run folder and say how it went; ``steps`` is another total, ``devices`` another
    number of processes.

    Returns 0 when finished, 1 when failed, 128 + n when stopped by a signal n.

    Raises:
        StoreError: another process trains it.
        Refused: it cannot be trained.
    """
    from pushforward.studio.store.run import PATIENCE

    with folder.owned(PATIENCE):
        return _train(folder, steps, background, devices)


def _train(folder: "RunFolder", steps: int | None, background: bool, devices: int | None) -> int:
    from pushforward.studio.cli.progress import ProgressBar
    from pushforward.studio.engine.jobs import headless
    from pushforward.studio.store.branches import replayed
    from pushforward.studio.workflows.background import withdraw_stop
    from pushforward.studio.workflows.stopping import Stop

    if not background:
        withdraw_stop(folder.path)  # one of before; in the background, whoever started us did
    stop = Stop(folder.path)
    bar = ProgressBar(replay=replayed(folder))
    bar.line(f"{folder.record.spec.name}  ->  {folder.path}")
    try:
        status = headless.run(
            folder.path,
            on_event=bar,
            stop=stop,
            steps=steps,
            background=background,
            devices=devices,
        )
    finally:
        bar.close()
        stop.restore()
    return _end(folder, status, stop)


def _end(folder: "RunFolder", status: "RunStatus", stop: "Stop") -> int:
    """Draw a picture and say how a training ended; return the exit status."""
    if status.state != "failed":
        _picture(folder)
    return _report(folder, status, stop)


def _report(folder: "RunFolder", status: "RunStatus", stop: "Stop") -> int:
    where = f"step {status.step:,} of {status.total:,}"
    if status.state == "finished":
        say(f"Finished after {status.step:,} steps in {status.seconds:.1f} s of training.")
        return 0
    if status.state == "failed":
        from pushforward.studio.cli.terminal import complain

        error = status.error
        complain(
            error.message if error else f"the run failed at {where}", error.hint if error else ""
        )
        return 1
    if folder.checkpoints.steps():
        say(f"Stopped at {where}; a checkpoint is saved.")
    else:
        say(f"Stopped at {where}, before the first checkpoint. Resuming starts from step 0.")
    say(f"Resume with: pushforward run {folder.path} --resume")
    return 128 + stop.signal if stop.signal else 0


def _picture(folder: "RunFolder") -> None:
    """Draw the newest kept record, where there is one; without it nothing is lost."""
    from pushforward.studio.engine.process.failures import Refused
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.workflows.snapshot_files import draw_run

    try:
        path = draw_run(folder, again=True)
    except (Refused, StoreError) as error:
        say(f"No picture: {error}")
    else:
        if path is not None:
            say(f"Picture: {path}")
