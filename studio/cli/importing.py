"""Import data into a project, to train on as MODEL@project:NAME.

The content of the files and its problems are reported first; with --look that is all. Files that
belong together (one jet type each, tables with the same columns) become one data set; a folder
stands for its files.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.terminal import complain, paragraph, say
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.importing import plan_import
from pushforward.studio.workflows.target import DEFAULT_PROJECT

if TYPE_CHECKING:
    from pushforward.studio.formats.inspection import Inspection

__all__ = ["HELP", "add_arguments", "run"]

HELP = "import data files into a project"
CLASSES = 12  # that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file, or a folder")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_PROJECT),
        metavar="DIR",
        help=f"the project folder, made if absent (default: ./{DEFAULT_PROJECT})",
    )
    parser.add_argument(
        "--name",
        default="",
        help="name of the data set (default: from the names of the files or their folder)",
    )
    parser.add_argument(
        "--as",
        default="",
        dest="importer",
        metavar="IMPORTER",
        help="importer, if several fit; --look lists them",
    )
    add_settings(parser, "an option of the importer, such as pt=500 (repeatable)")
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="seed of the validation and test split (default: 0)",
    )
    for what, does in (("validation", "validate"), ("test", "only test")):
        parser.add_argument(
            f"--{what}",
            type=share,
            default=0.1,
            metavar="SHARE",
            help=f"how many of the rows {does}, as a share of all (default: 0.1)",
        )
    parser.add_argument(
        "--look", action="store_true", help="describe the files without importing them"
    )


def seed(text: str) -> int:
    """Read a whole number from 0 on.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"a whole number from 0 on, not {text!r}")
    return int(text)


def share(text: str) -> float:
    """Read a share of all rows, that leaves some.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"a share of all rows from 0 to below 1, not {text!r}")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Look and import; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.engine.data import file_reader
    from pushforward.studio.engine.jobs.import_job import ImportJob
    from pushforward.studio.engine.kinds.base import kind_of
    from pushforward.studio.store.splits import FEWEST

    if arguments.validation + arguments.test >= 1.0:
        raise UsageError("--validation and --test leave no training rows: use smaller fractions.")
    catalogue.load()
    files = [path.expanduser().absolute() for path in arguments.files]
    importer = arguments.importer
    options: dict[str, Any] = {}
    if arguments.settings:
        if not importer:
            seen = file_reader.inspect(files)
            importer, files = seen.importer, [Path(seen.instead)] if seen.instead else files
        options = _options(importer, arguments.settings)
    found = file_reader.inspect(files, importer, options)
    files = [Path(found.instead)] if found.instead else files
    good = [item.name for item in found.items if not item.problems]
    if len(found.items) > 1 and good:
        options.setdefault("item", good[0])
    _tell(found, options)
    if found.problems and not good:
        more = [] if arguments.look else _settable(found)
        complain(
            "these files cannot be imported:", *(f"  {each}" for each in found.problems), *more
        )
        if not arguments.look:
            return 1
    if arguments.look:
        if 0 < found.rows < FEWEST:
            paragraph(" ".join(kind_of(found.kind).too_few(found.rows)), indent="  ")
        for offer in found.offers:
            say(f"--as {offer.slug}: {offer.title}")
            for field in offer.options:
                paragraph(f"--set {field.path}=... {field.title}. {field.help}", indent="    ")
        return 1 if found.problems and not good else 0
    wanted = plan_import(
        files,
        found,
        options,
        arguments.out,
        name=arguments.name,
        seed=arguments.seed,
        validation=arguments.validation,
        test=arguments.test,
    )
    job, status = trained_runs.do(lambda sink: ImportJob("import", wanted, sink), unit="rows")
    if status == 0:
        assert isinstance(job, ImportJob)
        say(f"pushforward run MODEL@project:{job.name} --out {arguments.out} trains on it.")
    return status


def _tell(found: "Inspection", options: Mapping[str, Any]) -> None:
    from pushforward.studio.engine.kinds.base import kind_of

    rows = kind_of(found.kind).counted(found.rows)
    kinds, more = "", ""
    if found.classes:
        more = ", ..." if len(found.classes) > CLASSES else ""
        names = ", ".join(found.classes[:CLASSES])
        kinds = f" of {format_count(len(found.classes), 'class', 'classes')}: {names}{more}"
    say(f"{found.format}: {rows}{kinds}")
    for item in found.items:
        taken = " (this one is taken)" if options.get("item") == item.name else ""
        columns = ", ".join(column.name for column in item.columns)
        paragraph(f"{item.name}: {format_count(item.rows, 'row')} of {columns}{taken}", indent="  ")
    for note in [*found.notes, *(note for item in found.items for note in item.notes)]:
        paragraph(note, indent="  ")


def _settable(found: "Inspection") -> list[str]:
    """List the options of the importer in a line; "" if there are none."""
    named = [
        f.path for offer in found.offers if offer.slug == found.importer for f in offer.options
    ]
    if not named:
        return []
    return [f"Options (--set NAME=VALUE): {', '.join(named)}. --look explains each."]


def _options(importer: str, assignments: Sequence[str]) -> dict[str, Any]:
    """Read "pt=500" by what the option of that name is.

    Raises:
        UsageError: there is none.
    """
    from pushforward.studio.formats.registry import discover, importers

    discover()
    known = {field.path: field for field in importers.get(importer).options}
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, text = (part.strip() for part in assignment.partition("="))
        if not sign:
            raise UsageError(f"--set {assignment}: write it as NAME=VALUE")
        if name not in known:
            those = f"its options: {', '.join(known)}" if known else "it has none"
            raise UsageError(f"--set {name}: no option of the importer {importer}; {those}")
        found[name] = _value(known[name], text)
    return found


def _value(field: FieldSpec, text: str) -> Any:
    """Read a value as its option needs it; what does not fit stays text, and is refused later."""
    if field.optional and text == "none":
        return None
    if field.kind == "columns":
        return [name.strip() for name in text.split(",") if name.strip()]
    if field.kind in ("text", "item", "choice", "source"):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
