"""Share what runs recorded: a page that plays in a browser, an animation or a video.

The suffix of --out chooses the format: .html is one file that opens offline, with both clocks (flow
and training) to scrub; .gif, .apng and .webp are animations; .mp4 and .webm are videos and need the
program ffmpeg. Several runs are shown side by side.

Classifiers of scenes and recommenders have no particles. Checkpoints of the whole training answer
instead: the map, painted class by class, or the list after each item of a history.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.arguments import add_overwrite
from pushforward.studio.cli.terminal import say
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.run_folders import find_runs

if TYPE_CHECKING:
    from pushforward.studio.protocol.messages import ShareFlow, WriteReport

__all__ = ["HELP", "add_arguments", "out_file", "run", "write"]

HELP = "share the flow of runs as a web page, an animation or a video"
PARTICLES, SIZE, SECONDS = 1000, 480, 6.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="run folders, or a project for its newest run",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: RUN.html)")
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="html, gif, apng, webp, mp4 or webm (default: by the suffix of --out)",
    )
    parser.add_argument(
        "--particles",
        type=trained_runs.count,
        default=PARTICLES,
        metavar="N",
        help=f"particles of each run (default: {PARTICLES:,}); of images and others at most 16",
    )
    parser.add_argument(
        "--clock",
        choices=("flow", "training"),
        default="flow",
        help="what an animation goes through (default: flow); a page has both",
    )
    parser.add_argument(
        "--theme",
        choices=("auto", "dark", "light"),
        default="auto",
        help="colours (default: auto, those of the reader's system; dark in animations)",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=SIZE,
        metavar="PIXELS",
        help=f"width of a run in an animation (default: {SIZE})",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        metavar="S",
        help=f"duration of one pass (default: {SECONDS:g})",
    )
    parser.add_argument(
        "--step", type=int, metavar="N", help="the last training step that is shown"
    )
    parser.add_argument(
        "--race", action="store_true", help="also show all other runs of the race of the first run"
    )
    add_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.protocol.messages import ShareFlow

    catalogue.load()
    folders = find_runs(arguments.runs, race=arguments.race)
    command = ShareFlow(
        runs=[str(folder.path) for folder in folders],
        file=str(out_file(arguments, folders[0].name)),
        particles=arguments.particles,
        clock=arguments.clock,
        theme=arguments.theme,
        size=arguments.size,
        seconds=arguments.seconds,
        step=arguments.step,
        overwrite=arguments.overwrite,
    )
    return write(command)


def write(command: "ShareFlow | WriteReport") -> int:
    """Do what a command says, with a progress bar; return the status.

    Raises:
        Refused: it cannot be done so.
    """
    from pushforward.studio.engine.jobs.share_job import ShareJob
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.workflows.wording import in_options

    try:
        job, status = trained_runs.do(
            lambda sink: ShareJob(trained_runs.NAME, command, sink), unit="parts"
        )
    except Refused as refused:
        raise in_options(refused, {}) from refused
    if status == 0:
        assert isinstance(job, ShareJob)
        say(f"{command.file} ({job.size / 1e6:.2f} MB)")
    return status


def out_file(arguments: argparse.Namespace, name: str) -> Path:
    """Return where to write, by --out and --format; RUN.html in the working folder by default.

    Raises:
        UsageError: the two differ.
    """
    out, chosen = arguments.out, (arguments.format or "").lower().lstrip(".")
    if out is None:
        return Path(f"{name}.{chosen or 'html'}").absolute()
    if not chosen:
        return Path(out).absolute() if out.suffix else Path(f"{out}.html").absolute()
    if not out.suffix:
        return Path(f"{out}.{chosen}").absolute()
    if out.suffix.lower() != f".{chosen}":
        raise UsageError(f"--format {chosen} and --out {out.name} differ: remove one of them")
    return Path(out).absolute()
