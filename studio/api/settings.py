"""Settings as keyword values, written as the command line takes them."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["assignments"]


def assignments(
    first: Mapping[str, Any], settings: Mapping[str, Any], prefix: str = ""
) -> list[str]:
    """Return "name=value" for each setting, those of ``first`` before the others.

    Choices come first, as they replace the settings of what was chosen before.
    """
    named = {**first, **{f"{prefix}{name}": value for name, value in settings.items()}}
    return [f"{name}={_text(value)}" for name, value in named.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
