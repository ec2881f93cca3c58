"""What the commands on a trained run share: which run, which step, which sampler, and the work."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.evaluation_progress import MeasureBar
from pushforward.studio.cli.status_line import RewrittenLine, bar
from pushforward.studio.cli.terminal import complain, say
from pushforward.studio.protocol.messages import Event, Log, ResultWritten
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.studio.engine.jobs.job import Job
    from pushforward.studio.engine.process.sink import Sink
    from pushforward.studio.protocol.spec import Pick
    from pushforward.studio.store.run import RunFolder

__all__ = ["add_arguments", "add_length", "count", "do", "operate", "sampler"]

NAME = "work"  # of the job, which nobody else sees
OWN_OPTIONS = {"n": "--count", "count": "--count", "seed": "--seed", "sampler": "--sampler"}
"""Settings that are options of the commands, by the names that are typed after ``--set``."""


class SampleBar:
    """Shows the number of samples of ``job``."""

    def __init__(self, stream: TextIO | None = None, unit: str = "samples") -> None:
        """``stream`` is where to, the standard output if None; ``many`` what samples are called."""
        self.job: Job | None = None
        self._unit = unit
        self._line = RewrittenLine(stream)
        self._reached = -1

    def on_event(self, event: Event) -> None:
        """Take what the job says."""
        if isinstance(event, Log):
            self.look()
            self._line.line(event.text)

    def look(self) -> bool:
        """Update the progress; returns False: no stop is requested."""
        job = self.job
        if job is not None and job.total and job.step != self._reached:
            self._reached, total = job.step, job.total
            text = f"{bar(job.step / max(total, 1))}  {job.step:,} of {total:,} {self._unit}"
            if job.step or self._line.rewrites:
                self._line.show(lambda: text, last=job.step >= total)
        return False

    def close(self) -> None:
        """End the line."""
        self._line.close()


class ResultCollector(SampleBar):
    """Keeps what a job wrote, for a command that prints JSON, instead of showing its progress."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[ResultWritten] = []

    def on_event(self, event: Event) -> None:
        """Keep a result."""
        if isinstance(event, ResultWritten):
            self.results.append(event)

    def look(self) -> bool:
        """Return False: no stop is requested."""
        return False

    def print_json(self) -> None:
        """Print the result as one JSON object."""
        for each in self.results:
            say(
                json.dumps(
                    {
                        "run": each.run,
                        "operator": each.operator,
                        "step": each.step,
                        "result": each.result,
                        "file": each.file,
                        "note": each.note,
                    }
                )
            )


def count(text: str) -> int:
    """Read a number of samples.

    Raises:
        argparse.ArgumentTypeError: it is no whole number above 0.
    """
    plain = text.replace(",", "").replace("_", "")
    if not plain.isdecimal() or int(plain) < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0, not {text!r}")
    return int(plain)


def add_arguments(parser: argparse.ArgumentParser, samples: int) -> None:
    """Declare the common arguments; ``samples`` is the default number of samples."""
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="a run folder, or a project for its newest run"
    )
    parser.add_argument(
        "--count", type=count, default=samples, metavar="N", help=f"samples (default: {samples:,})"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the samples")
    parser.add_argument(
        "--step",
        type=int,
        metavar="N",
        help="the newest checkpoint up to this step (default: the newest)",
    )
    add_length(parser)
    parser.add_argument(
        "--sampler", default="", metavar="SLUG", help="sampler (default: the run's own)"
    )
    add_settings(parser, "a setting of the sampler, such as steps=50 (repeatable)")


def add_length(parser: argparse.ArgumentParser) -> None:
    """Declare over which length weights are averaged."""
    parser.add_argument(
        "--length",
        type=float,
        metavar="L",
        help=(
            "EMA length, 0.03 to 0.2 of the steps; needs a run trained with --set "
            "training.lengths=true"
        ),
    )


def sampler(run: "RunFolder", arguments: argparse.Namespace) -> "Pick | None":
    """Return the requested sampler, None for the run's own.

    Raises:
        UsageError: it has no such setting.
    """
    from pushforward.studio.workflows.settings import apply

    wanted = [f"sampler={arguments.sampler}"] if arguments.sampler else []
    for setting in arguments.settings:
        name = setting.partition("=")[0].strip()
        if name in OWN_OPTIONS:
            raise UsageError(f"--set {name}: use {OWN_OPTIONS[name]} VALUE")
    wanted += [f"sampler.{setting}" for setting in arguments.settings]
    try:
        return apply(run.record.spec, wanted).sampler if wanted else None
    except UsageError as error:
        # Settings of the sampler are typed without its name.
        raise UsageError(str(error).replace("sampler.", "")) from error


def operate(
    run: "RunFolder",
    operator: str,
    config: dict[str, Any],
    *,
    step: int | None = None,
    length: float | None = None,
    file: Path | None = None,
    overwrite: bool = False,
    inputs: dict[str, Any] | None = None,
    given: dict[str, Any] | None = None,
    options: Mapping[str, str] | None = None,
    as_json: bool = False,
) -> int:
    """Do with a run what an operator can, into its results or a file; return the status.
    A file that is there is replaced with ``overwrite`` alone.
    ``options`` are those of the command that are settings, by their path in ``config...``. The
    result is printed as one JSON object with ``as_json``.

    Raises:
        Refused: it cannot be done as asked.
    """
    from pushforward.models.registry import registry
    from pushforward.studio.engine.jobs.operator_job import OperatorJob
    from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.engine.run.model_cache import WarmModels
    from pushforward.studio.protocol.messages import Operate
    from pushforward.studio.workflows.wording import in_options

    wanted = Operate(
        run=str(run.path),
        operator=operator,
        config=config,
        inputs=inputs or {},
        given=given or {},
        step=step,
        length=length,
        file=str(file.absolute()) if file is not None else "",
        overwrite=overwrite,
    )
    # What is not drawn is asked about: people, pixels.
    entry = registry.get("operator", operator)
    rows = entry_of(picked_kind(run.record.spec.dataset)).many
    unit = entry.counts or ("samples" if "samples" in entry.needs else rows)
    collector = ResultCollector() if as_json else None
    try:
        _, status = do(
            lambda sink: OperatorJob(NAME, wanted, sink, WarmModels()), unit=unit, bar=collector
        )
    except Refused as refused:
        raise in_options(refused, options or {}) from refused
    if collector is not None:
        collector.print_json()
    return status


def do(
    make: "Callable[[Sink], Job]",
    *,
    unit: str = "samples",
    bar: MeasureBar | SampleBar | None = None,
) -> "tuple[Job, int]":
    """Create a job and run it, printing its messages and the count in ``unit``; with a ``bar``,
    only the progress. Ctrl+C ends it without leaving a partial file.

    Returns:
        The job and the status: 0, or 1 if it failed.

    Raises:
        Refused: the request is not possible.
    """
    from pushforward.studio.engine.jobs import headless
    from pushforward.studio.engine.process.sink import CallbackSink

    shown = bar or SampleBar(unit=unit)
    job = make(CallbackSink(shown.on_event))
    if isinstance(shown, SampleBar):
        shown.job = job
    headless.drive(job, shown.look)
    shown.close()
    if job.error is not None:
        complain(job.error.message, job.error.hint)
        return job, 1
    return job, 0
