"""The hook of the build backend: an editable installation links the source folders."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from links import make_links


class Links(BuildHookInterface):  # type: ignore[type-arg]
    """Makes ``pushforward/studio`` and its like before an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the links if this wheel is editable; another wheel maps the folders itself."""
        if version == "editable":
            make_links(Path(self.root))
