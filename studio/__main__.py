"""The command ``pushforward``: the studio, its engine, and everything without a window.

Without arguments it opens the studio. Nothing heavy is imported before it is known what is
wanted: the window must not load torch, and the engine says Hello before it does.
"""

import os
import sys

if __name__ == "__main__":
    # `python -m studio` searches the working folder first, which may be anybody's: from here on
    # only where this very package lies. (A `studio` that lies there was taken instead of this one,
    # which nothing in here can help: the command `pushforward` never looks there.)
    _package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir) != _package:
        del sys.path[0]

import multiprocessing
from collections.abc import Sequence

from studio.launch import ENGINE, IMPORT_WORKER, PAINT_RECORD, protect_compile_cache

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    multiprocessing.freeze_support()  # first: a frozen child must not open a second window
    if argv is None:  # a process of our own
        protect_compile_cache(os.environ)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == [ENGINE]:
        from studio.engine.main import main as engine

        engine()
    if arguments == [IMPORT_WORKER]:
        from studio.formats.worker import main as worker

        worker()
    if arguments[:1] == [PAINT_RECORD]:
        from studio.app.recordpicture import main as paint

        return paint(arguments[1:])
    from studio.cli.parser import main as command_line
    from studio.cli.terminal import show_errors_literally

    if argv is None:
        show_errors_literally()
    return command_line(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
