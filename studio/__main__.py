"""The command ``pushforward``: window, engine and command line. Without arguments it opens the
window. Imports are late: the window must not load torch, and the engine says Hello before it does.
"""

import multiprocessing
import os
import sys
from collections.abc import Sequence

from pushforward.studio.launch import (
    ENGINE,
    IMPORT_WORKER,
    PAINT_RECORD,
    PRINT_PAGE,
    is_bundle,
    protect_compile_cache,
)

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    multiprocessing.freeze_support()  # first: a frozen child must not open a second window
    if argv is None:  # a process of our own
        protect_compile_cache(os.environ)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if is_bundle():
        from pushforward.studio.gpu_support import activate

        activate(sys.path)
    if arguments == [ENGINE]:
        from pushforward.studio.engine.main import main as engine

        engine()
    if arguments == [IMPORT_WORKER]:
        from pushforward.studio.formats.worker import main as worker

        worker()
    if arguments[:1] == [PAINT_RECORD]:
        from pushforward.studio.app.data.record_picture import main as paint

        return paint(arguments[1:])
    if arguments[:1] == [PRINT_PAGE]:
        from pushforward.studio.app.data.page_print import main as print_page

        return print_page(arguments[1:])
    from pushforward.studio.cli.parser import main as command_line
    from pushforward.studio.cli.terminal import show_errors_literally

    if argv is None:
        show_errors_literally()
    return command_line(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
