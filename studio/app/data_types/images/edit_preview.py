"""The preview of an edit: a few draws of the chosen task, which are not stored in the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject

from pushforward.studio.app.data_types.images.edit_captions import Edited, edited
from pushforward.studio.app.data_types.images.image_edits import Sheet, Task, operator_inputs
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["DRAWS", "EditPreview", "PreviewRequest", "half_masked"]

DRAWS = 4
"""Images of a preview."""
QUICK: Mapping[str, Mapping[str, Any]] = {
    "inpaint": {"method": {"slug": "repaint", "config": {"resamplings": 2}}}
}
"""Settings of a preview by operator, where the user has chosen none."""
PAUSE_MS = 250  # after the last stroke


def half_masked(sheet: Sheet) -> Sheet:
    """Return a sheet with its lower half masked, as it is shown before anything is painted."""
    mask = np.zeros(sheet.image.shape[1:], bool)
    mask[len(mask) // 2 :] = True
    return replace(sheet, mask=mask)


@dataclass(frozen=True)
class PreviewRequest:
    """What a preview is of.

    Attributes:
        run, step: the run, and its checkpoint.
        task, config, labels: the task with its settings; whether the model is told a class.
        sheet, second: the image as it is open in the editor, and the second one.
        able: whether the operator has a number of draws.
    """

    run: str
    step: int
    task: Task
    sheet: Sheet
    second: Sheet | None
    config: Mapping[str, Any]
    labels: bool
    able: bool

    @property
    def shown(self) -> Sheet:
        """The sheet that is edited: half of it masked where nothing is."""
        masks = self.task.brush == "mask" and not self.sheet.marked.any()
        return half_masked(self.sheet) if masks else self.sheet


@dataclass(frozen=True, eq=False)
class Previewed:
    """A preview, with the sheet that was edited, and the sheet that is open."""

    sheet: Sheet
    edited: Sheet
    result: Edited


class EditPreview(Query[PreviewRequest, Previewed]):
    """Computes the preview of the newest request."""

    def __init__(self, parent: QObject, actions: Actions) -> None:
        super().__init__(parent, self._compute, debounce_ms=PAUSE_MS)
        self._actions = actions

    async def _compute(self, asked: PreviewRequest) -> Previewed:
        sheet = asked.shown
        made = operator_inputs(asked.task, sheet, asked.second, asked.config, asked.labels)
        if made.wrong:
            raise Refused(ErrorInfo(kind="user", message=made.wrong))
        config = {name: value for name, value in asked.config.items() if name != "given"}
        config = {**QUICK.get(asked.task.operator, {}), **config}
        if asked.able:
            config["draws"] = DRAWS
        answer = await self._actions.operating.ask(
            asked.run, asked.task.operator, config=config, given=made.given, inputs=made.inputs,
            step=asked.step,
        )  # fmt: skip
        said = answer.result or {}
        used, step = {**config, **said.get("config", {})}, int(said.get("step", asked.step))
        try:
            result = edited(
                asked.task, sheet, answer.arrays, used, 0.0, str(said.get("note", "")), "",
                made.given, step,
            )  # fmt: skip
        except KeyError as error:
            message = f"The preview cannot be shown: {error} is missing."
            raise Refused(ErrorInfo(kind="bug", message=message)) from error
        return Previewed(asked.sheet, sheet, result)
