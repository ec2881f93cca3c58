"""Take a trained run away: fresh samples as a table or pictures, or its weights.

The suffix of the file says what is written: .csv, .npz or .h5 for samples of points and jets; .npz,
.h5, .png (one sheet) or .zip (a picture of each) for images; .graphml, .json, .svg, .npz or
.h5 for graphs, without labels also .edgelist and .g6; .sdf, .smi, .svg, .npz or .h5 for molecules;
.safetensors for the averaged weights, with the settings in the metadata.
"""

import argparse
from pathlib import Path

from studio.cli import kept, sample
from studio.cli.arguments import add_given, add_overwrite
from studio.cli.terminal import UsageError, say

__all__ = ["HELP", "add_arguments", "run"]

HELP = "write samples or weights of a trained run to a file"
WEIGHTS = ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    kept.add_arguments(parser, sample.SAMPLES)
    add_given(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to",
    )
    add_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 0 when done, 1 when it failed."""
    from studio.cli import catalogue

    catalogue.load()
    if arguments.out.suffix.lower() == WEIGHTS:
        return _weights(arguments)
    return sample.draw(arguments)


def _weights(arguments: argparse.Namespace) -> int:
    from studio.cli.wording import in_options
    from studio.engine.jobs.exporting import export_weights
    from studio.engine.process.refusal import Refused

    if arguments.sampler or arguments.settings:
        raise UsageError("weights have no sampler: leave --sampler and --set away")
    if arguments.given:
        raise UsageError("weights have no conditions: leave --given away")
    folder, file = kept.find(arguments.run), arguments.out.absolute()
    try:
        step = export_weights(
            folder, file, arguments.step, length=arguments.length, overwrite=arguments.overwrite
        )
    except Refused as refused:
        raise in_options(refused, {}) from refused
    say(f"The weights of step {step:,} are in {file}.")
    return 0
