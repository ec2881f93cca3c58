"""Draw samples from a trained run: into its folder, where the studio shows them, or to a file.

The same seed draws the same samples. The suffix of the file says how it is written: .csv, .npz or
.h5 for points; .npz, .h5 or .png for images.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli import kept

if TYPE_CHECKING:
    from studio.engine.jobs.job import Job
    from studio.engine.process.sink import Sink

__all__ = ["HELP", "add_arguments", "draw", "run"]

HELP = "draw samples from a trained run"
SAMPLES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    kept.add_arguments(parser, SAMPLES)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to (.csv .npz .h5 .png; default: samples/ of the run)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw and write; 0 when done, 1 when it failed."""
    from studio.cli import catalogue

    catalogue.load()
    return draw(arguments)


def draw(arguments: argparse.Namespace) -> int:
    """Draw samples as the arguments say, once everything is registered."""
    from studio.engine.jobs.exporting import ExportJob
    from studio.engine.jobs.sampling import SamplingJob
    from studio.protocol.messages import ExportSamples, Sample

    folder = kept.find(arguments.run)
    pick = kept.sampler(folder, arguments)
    run, n, seed, step = str(folder.path), arguments.count, arguments.seed, arguments.step

    def make(sink: "Sink") -> "Job":
        if arguments.out is None:
            wanted = Sample(run=run, n=n, seed=seed, sampler=pick, step=step)
            return SamplingJob(kept.NAME, wanted, sink)
        file = str(arguments.out.absolute())
        export = ExportSamples(run=run, file=file, n=n, seed=seed, sampler=pick, step=step)
        return ExportJob(kept.NAME, export, sink)

    return kept.do(make)[1]
