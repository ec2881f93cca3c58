"""The declaration of a lab, and a result of its operator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.data.views.view_spec import Lens, ViewSpec
from pushforward.studio.app.engine.actions import Actions

if TYPE_CHECKING:
    from pushforward.studio.app.engine.requests.request_base import Answer
    from pushforward.studio.store.results import ResultRecord

__all__ = ["Arrays", "Finding", "Lab", "can_ask"]

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Finding:
    """What an operator returned for a run.

    Attributes:
        arrays: the arrays by name.
        config: the settings that were used.
        step: the training step of the weights.
        note: a sentence of the operator about the result.
        preview: whether it is a preview, which is not stored in the run.
    """

    arrays: Arrays
    config: Mapping[str, Any]
    step: int
    note: str = ""
    preview: bool = False

    @classmethod
    def of_record(cls, record: "ResultRecord", arrays: Arrays) -> "Finding":
        """Return a stored result."""
        return cls(arrays, record.config, record.step, record.note)

    @classmethod
    def of_answer(cls, answer: "Answer", config: Mapping[str, Any]) -> "Finding":
        """Return a preview that was requested with ``config``."""
        said = answer.result or {}
        used = {**config, **said.get("config", {})}
        return cls(answer.arrays, used, int(said.get("step", 0)), said.get("note", ""), True)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """An operator whose results a view shows.

    Attributes:
        operator: slug of the operator.
        result: name of an array that each result has.
        preview: settings of the preview; the operator's defaults for all others.
        costly: settings that replace those where a sample is more than a few numbers.
        samples: the setting of ``preview`` that is its number of samples.
        unit: what that number counts, as the mark of the preview names it.
    """

    operator: str
    result: str
    preview: Mapping[str, Any]
    costly: Mapping[str, Any] = field(default_factory=dict)
    samples: str = "rows"
    unit: str = "n"

    def preview_config(self, state: AppState) -> dict[str, Any]:
        """Return the settings of the preview for the selected run."""
        cheap = kind_of_run(state.runs.current, state.catalog).layout == "plane"
        return {**self.preview, **({} if cheap else self.costly)}

    def applies(self, state: AppState) -> bool:
        """Return whether the selected run supports the operator."""
        return can_ask(state, self.operator)

    def view(
        self,
        factory: Callable[[AppState, Actions], QWidget],
        *,
        id: str,
        lens: Lens,
        title: str,
        order: int,
        timed: bool | None = None,
        applies: Callable[[AppState], bool] | None = None,
    ) -> ViewSpec:
        """Return the registration of the lab's view; ``applies`` is a further condition."""
        return ViewSpec(
            id=id,
            lens=lens,
            title=title,
            order=order,
            timed=timed,
            applies=lambda state: self.applies(state) and (applies is None or applies(state)),
            factory=factory,
        )


def can_ask(state: AppState, operator: str) -> bool:
    """Return whether the selected run supports an operator."""
    return any(each.slug == operator for each in offered(state.runs.current, state.catalog))
