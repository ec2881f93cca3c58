"""Settings that change in the middle of a training: which may, and to what."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pushforward.models.config import Config, ConfigError, decode, describe, encode, replace_at
from pushforward.spelling import ask_whether
from pushforward.studio.engine.data.target import check_points_edit
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import ChangeSetting, Edit, EditPoints, UndoPoints

__all__ = ["changed", "live_settings", "problems", "sentence"]

C = TypeVar("C", bound=Config)


def live_settings(config: type[Config]) -> list[str]:
    """Return the dotted paths of the settings that may change in a training."""
    return [row["path"] for row in describe(config) if row["live"]]


def changed(config: C, edit: ChangeSetting) -> C:
    """Return a config with one live setting changed.

    Raises:
        Refused: there is no such setting, it is not live, or the value will not do; the path is
            "family.<path>".
    """
    at = f"family.{edit.path}"
    rows = {row["path"]: row for row in describe(type(config))}
    if edit.path not in rows:
        live = live_settings(type(config))
        hint = ask_whether(edit.path, live, _list_live_settings(live), 1, sentence=True)
        raise Refused(f"This model has no setting {edit.path!r}.", hint, path=at)
    if not rows[edit.path]["live"]:
        raise Refused(
            f"{rows[edit.path]['title']} ({edit.path}) cannot change during training.",
            _list_live_settings(live_settings(type(config))),
            path=at,
        )
    try:
        return decode(type(config), replace_at(encode(config), edit.path, edit.value))
    except ConfigError as error:
        raise Refused(f"family.{error}", path=f"family.{error.path}".rstrip(".")) from error


def _list_live_settings(live: Sequence[str]) -> str:
    if not live:
        return "No setting of this model can; start a new run."
    return f"Those that can: {', '.join(live)}."


def problems(edits: Iterable[Edit], config: Config) -> list[ErrorInfo]:
    """Return the problems of a spec's edits, by place ("edits.0"); ``config`` is the initial config
    of the family.
    """
    found: list[ErrorInfo] = []
    before, points = 0, 0
    for index, edit in enumerate(edits):
        try:
            if edit.step < 0:
                raise Refused(f"A change must come after a step ≥ 0, not {edit.step}.")
            if edit.step < before:
                raise Refused(
                    f"The change after step {edit.step:,} comes after one of step {before:,}.",
                    "Put the changes in the order of their steps.",
                )
            if isinstance(edit, ChangeSetting):
                config = changed(config, edit)
            else:
                check_points_edit(edit)
                points += 1 if isinstance(edit, EditPoints) else -1
                if points < 0:
                    raise Refused("There is no edit of points to undo.")
            before = edit.step
        except Refused as refused:
            info = refused.info
            message = f"edits.{index}: {info.message}"
            found.append(
                ErrorInfo(kind="user", message=message, hint=info.hint, path=f"edits.{index}")
            )
    return found


def sentence(edit: Edit, points: int | None = None) -> str:
    """Say for the log what was changed; ``points`` is how many there are now."""
    after = f"After step {edit.step:,}"
    if isinstance(edit, ChangeSetting):
        return f"{after}: {edit.path} is {edit.value} from here on."
    if isinstance(edit, UndoPoints):
        what = "the last edit of points is undone"
    else:
        place = f"within {edit.radius:.3g} of ({edit.centre[0]:.3g}, {edit.centre[1]:.3g})"
        what = {
            "add": f"{edit.count:,} points are added around {place.partition('of ')[2]}",
            "move": f"the points {place} move by ({edit.offset[0]:.3g}, {edit.offset[1]:.3g})",
            "remove": f"the points {place} are removed",
        }[edit.action]
    return (
        f"{after}: {what}; metrics and their floors compare with these {points:,} points from "
        "here on."
    )
