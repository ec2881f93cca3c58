"""Link the source folders into the package ``pushforward`` of a checkout.

In the repository ``studio/``, ``models/``, ``observables/``, ``verify/`` and ``resources/`` are
folders at the top; what users import is ``pushforward.studio`` and so on. A wheel maps the folders.
A checkout has links inside ``pushforward/`` (junctions on Windows, which need no rights), made at
every editable installation and ignored by git.

Links were chosen after trying the alternatives: a ``__path__`` that names the folders, or a finder
of an editable installation, work at run time, but mypy, import-linter and editors do not follow
them; a build without links would leave a checkout with another layout than a wheel.
"""

import os
import sys
from pathlib import Path

__all__ = ["FOLDERS", "PACKAGE", "make_links"]

PACKAGE = "pushforward"
FOLDERS = ("studio", "models", "observables", "verify", "resources")


def make_links(root: Path) -> None:
    """Make the links of the checkout at ``root``; those that are right already are left alone.

    Raises:
        OSError: the folder cannot be written, or a file that is no link has the name of one.
    """
    for name in FOLDERS:
        link, target = root / PACKAGE / name, root / name
        if link.exists() and link.samefile(target):
            continue
        if link.is_symlink():  # to a folder that is gone
            link.unlink()
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateJunction(str(target), str(link))
        else:
            link.symlink_to(os.path.join("..", name), target_is_directory=True)
