"""Rephrase refusals in terms of the command line options."""

from collections.abc import Mapping

from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["as_typed", "in_options", "problem"]


def as_typed(path: str) -> str:
    """Return how a setting is written after ``--set``: "family.net.width" for
    "family.net.config.width".
    """
    return ".".join(part for part in path.split(".") if part != "config")


def problem(found: ErrorInfo) -> str:
    """Return a problem of a spec, at the setting as typed."""
    if not found.path or not found.message.startswith(f"{found.path}: "):
        return found.message
    return f"{as_typed(found.path)}: {found.message.removeprefix(f'{found.path}: ')}"


def in_options(refused: Refused, options: Mapping[str, str]) -> Refused:
    """Return a refusal of an operator that names the option at fault; ``options`` gives the option
    of a setting by its path.
    """
    info = refused.info
    path, message, hint = info.path, info.message, info.hint
    if path.startswith("config.") and message.startswith(f"{path}: "):
        setting = as_typed(path)
        option = options.get(path) or f"--set {setting.removeprefix('sampler.')}"
        message = f"{option}: {message.removeprefix(f'{path}: ')}"
    name = path.removeprefix("inputs.")
    if name != path:
        hint = f"Use --rows '{name}=[[...], ...]', or --rows {name}=data for the training data."
    if path == "overwrite":
        hint = "Choose another name, or use --overwrite."
    return Refused(message, hint, kind=info.kind, path=path)
