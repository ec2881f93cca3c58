"""Draw samples from a trained run: into its folder, where the studio shows them, or to a file.

The same seed draws the same samples. The suffix of the file says how it is written: .csv, .npz or
.h5 for points and jets; .npz, .h5, .png or .zip for images; .graphml, .json, .svg, .npz or
.h5 for graphs, without labels also .edgelist and .g6; .sdf, .smi, .svg, .npz or .h5 for molecules.
"""

import argparse
from pathlib import Path
from typing import Any

from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.arguments import add_given, add_overwrite, named_values
from pushforward.studio.workflows.run_folders import find_run

__all__ = ["HELP", "add_arguments", "draw", "run"]

HELP = "generate samples from a trained run"
SAMPLES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    trained_runs.add_arguments(parser, SAMPLES)
    add_given(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="output file (default: results/ of the run)",
    )
    add_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw and write; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue

    catalogue.load()
    return draw(arguments)


def draw(arguments: argparse.Namespace) -> int:
    """Draw samples as the arguments say, once everything is registered."""
    from pushforward.studio.protocol.messages import GENERATE

    folder = find_run(arguments.run)
    config: dict[str, Any] = {"n": arguments.count, "seed": arguments.seed}
    pick = trained_runs.sampler(folder, arguments)
    if pick is not None:
        config["sampler"] = {"slug": pick.slug, "config": pick.config}
    given = named_values("--given", arguments.given)
    return trained_runs.operate(
        folder,
        GENERATE,
        config,
        step=arguments.step,
        length=arguments.length,
        file=arguments.out,
        overwrite=arguments.overwrite,
        given=given,
        options={"config.n": "--count", "config.seed": "--seed"},
    )
