"""``python -m pushforward``: the same as the command ``pushforward``."""

import os
import sys

if __name__ == "__main__":
    # `python -m` searches the working folder first, which may hold anybody's modules: from here on
    # only the folder of this package is searched. The command `pushforward` never looks there.
    _code = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir) != _code:
        del sys.path[0]

from pushforward.studio.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
