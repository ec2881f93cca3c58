"""Generate data with an external program installed by the user, and import them.

Without a name, the command lists the programs and what they lack. Settings are those of the window;
the files are imported with their provenance.
"""

import argparse
from pathlib import Path
from typing import Any

from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.terminal import paragraph, say
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.target import DEFAULT_PROJECT

__all__ = ["HELP", "add_arguments", "run"]

HELP = "generate data with another program"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("maker", nargs="?", default="", metavar="MAKER", help="what: jets, ...")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_PROJECT),
        metavar="DIR",
        help=f"the project folder, made if absent (default: ./{DEFAULT_PROJECT})",
    )
    parser.add_argument("--name", default="", help="name of the data set (default: new-MAKER)")
    add_settings(parser, "a setting, such as n=1000 (repeatable)")


def run(arguments: argparse.Namespace) -> int:
    """Make and import; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.engine.jobs.maker_job import MakingJob
    from pushforward.studio.engine.makers.base import makers
    from pushforward.studio.engine.makers.picking import pick_maker
    from pushforward.studio.protocol.messages import MakeData
    from pushforward.studio.protocol.spec import Pick
    from pushforward.studio.workflows.settings import assigned

    catalogue.load()
    if not arguments.maker:
        return _list()
    found = makers().get(arguments.maker)
    if found is None:
        raise UsageError(f"nothing makes {arguments.maker!r}; there is {', '.join(makers())}")
    settings = assigned(found.config, arguments.settings)
    maker, config = pick_maker(Pick(slug=found.slug, config=settings))
    project = arguments.out.expanduser().absolute()
    wanted = MakeData(
        maker=Pick(slug=found.slug, config=settings),
        project=str(project),
        name=arguments.name or _free(project, f"new-{found.slug}"),
    )
    job, status = trained_runs.do(
        lambda sink: MakingJob("make", wanted, maker, config, sink), unit=maker.rows
    )
    if status == 0:
        assert isinstance(job, MakingJob)
        say(f"pushforward run MODEL@project:{job.name} --out {arguments.out} trains on it.")
    return status


def _list() -> int:
    from pushforward.models.config import describe
    from pushforward.studio.engine.makers.base import makers

    for slug, maker in makers().items():
        say(f"{slug}: {maker.summary}")
        if reason := maker.why_not():
            paragraph(reason, indent="    ")
        for row in describe(maker.config):
            setting = f"--set {row['path']}={_format_default(row['default'])}"
            paragraph(f"{setting}  {row['title']}. {row['help']}", indent="    ")
    return 0


def _format_default(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _free(project: Path, name: str) -> str:
    from pushforward.studio.store.names import name_of_data

    data = project / "data"
    taken = [each.name for each in data.iterdir()] if data.is_dir() else []
    return name_of_data([Path(name)], taken)
