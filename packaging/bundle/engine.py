"""The program `pushforward-engine` of a bundle: the engine and the command line."""

import multiprocessing
import sys

from self_check import COMMAND, check_modules

from pushforward.studio.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    if sys.argv[1:] == [COMMAND]:
        raise SystemExit(check_modules())
    raise SystemExit(main())
