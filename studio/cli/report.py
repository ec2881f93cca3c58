"""Report on a run, a comparison or a race: one HTML page that opens offline, or a PDF.

It has the settings (of several runs those that differ), the curves, the metrics with their noise
floors and a verdict, samples, the flow with both clocks, the versions and the commands that repeat
the runs.
"""

import argparse
from pathlib import Path

from pushforward.studio.cli import share
from pushforward.studio.cli.arguments import add_overwrite
from pushforward.studio.workflows.run_folders import find_runs

__all__ = ["HELP", "add_arguments", "run"]

HELP = "report on runs as a web page or a PDF"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="run folders, or a project for its newest run",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to (default: RUN-report.html)"
    )
    parser.add_argument(
        "--format", metavar="FORMAT", help="html or pdf (default: by the suffix of --out)"
    )
    parser.add_argument(
        "--theme", choices=("auto", "dark", "light"), default="auto", help="colours of a page"
    )
    parser.add_argument(
        "--race", action="store_true", help="also all other runs of the race of the first run"
    )
    add_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.protocol.messages import WriteReport

    catalogue.load()
    folders = find_runs(arguments.runs, race=arguments.race)
    command = WriteReport(
        runs=[str(folder.path) for folder in folders],
        file=str(share.out_file(arguments, f"{folders[0].name}-report")),
        theme=arguments.theme,
        overwrite=arguments.overwrite,
    )
    return share.write(command)
