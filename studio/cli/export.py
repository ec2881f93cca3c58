"""Export a trained run: fresh samples as a table or images, or the model itself.

The suffix of --out chooses the format of samples: .csv, .npz or .h5 for points and jets; .npz,
.h5, .png (one sheet) or .zip (one file each) for images; .graphml, .json, .svg, .npz or .h5 for
graphs, without labels also .edgelist and .g6; .sdf, .smi, .svg, .npz or .h5 for molecules;
.safetensors for the averaged weights, with the settings in the metadata. .gif, .apng and .webp are
an animation of the newest snapshot from noise to data; 'pushforward share' has more formats.

With --format the model is exported: weights (a folder with safetensors, config.json and a loader
in plain PyTorch), onnx, torch (torch.export), safetensors (one file), or card (Markdown).
"""

import argparse
from pathlib import Path

from pushforward.studio.cli import sample, trained_runs
from pushforward.studio.cli.arguments import add_given, add_overwrite
from pushforward.studio.cli.terminal import say
from pushforward.studio.formats.animation import ANIMATION_SUFFIXES
from pushforward.studio.formats.model_exports import FORMATS, find_format
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.run_folders import find_run

__all__ = ["HELP", "add_arguments", "run"]

HELP = "write samples or the model of a trained run to a file"
WEIGHTS = ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    trained_runs.add_arguments(parser, sample.SAMPLES)
    add_given(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the file or folder (default: RUN.FORMAT in this folder)",
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="the format of samples, such as csv (default: by the suffix of --out); or of the "
        "model: " + "; ".join(f"{e.slug}: {e.summary}" for e in FORMATS),
    )
    add_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue

    catalogue.load()
    if find_format(arguments.format or "") is not None:
        return _model(arguments)
    arguments.out = _file(arguments)
    if arguments.out.suffix.lower() == WEIGHTS:
        return _weights(arguments)
    if arguments.out.suffix.lower() in ANIMATION_SUFFIXES:
        return _animation(arguments)
    return sample.draw(arguments)


def _model(arguments: argparse.Namespace) -> int:
    from pushforward.studio.engine.exports.export import Request, export_model
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.workflows.wording import in_options

    _check_options("a model has", arguments)
    request = Request(find_run(arguments.run), arguments.step, arguments.length)
    known = find_format(arguments.format)
    assert known is not None
    name = f"{request.run.name}{known.suffix or f'-{known.slug}'}"
    out = (arguments.out or Path(name)).absolute()
    try:
        result = export_model(request, arguments.format, out, overwrite=arguments.overwrite)
    except Refused as refused:
        raise in_options(refused, {"format": "--format", "file": "--out"}) from refused
    say(f"{out}: {result}")
    return 0


def _file(arguments: argparse.Namespace) -> Path:
    """Return the file to write.

    Raises:
        UsageError: neither a file nor a format is given, or they differ.
    """
    out: Path | None = arguments.out
    if arguments.format is None:
        if out is None:
            raise UsageError("name the file or its format: --out samples.csv or --format csv")
        return out
    suffix = f".{arguments.format.lower().lstrip('.')}"
    if out is None:
        return Path(f"{find_run(arguments.run).name}{suffix}")
    if not out.suffix:
        return out.with_name(f"{out.name}{suffix}")
    if out.suffix.lower() != suffix:
        raise UsageError(f"--out {out} is no {suffix} file: change its suffix or --format")
    return out


def _weights(arguments: argparse.Namespace) -> int:
    from pushforward.studio.engine.jobs.weight_export import export_weights
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.workflows.wording import in_options

    _check_options("weights have", arguments)
    folder, file = find_run(arguments.run), arguments.out.absolute()
    try:
        step = export_weights(
            folder, file, arguments.step, length=arguments.length, overwrite=arguments.overwrite
        )
    except Refused as refused:
        raise in_options(refused, {}) from refused
    say(f"The weights of step {step:,} are in {file}.")
    return 0


def _animation(arguments: argparse.Namespace) -> int:
    from pushforward.studio.cli import share
    from pushforward.studio.protocol.messages import ShareFlow

    _check_options("an animation has", arguments)
    if arguments.length is not None:
        raise UsageError("an animation shows a recorded snapshot: remove --length")
    folder = find_run(arguments.run)
    command = ShareFlow(
        runs=[str(folder.path)],
        file=str(arguments.out.absolute()),
        step=arguments.step,
        overwrite=arguments.overwrite,
    )
    return share.write(command)


def _check_options(what: str, arguments: argparse.Namespace) -> None:
    if arguments.sampler or arguments.settings:
        raise UsageError(f"{what} no sampler: remove --sampler and --set")
    if arguments.given:
        raise UsageError(f"{what} no conditions: remove --given")
