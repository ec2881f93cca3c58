"""The editor for each kind of setting."""

from pushforward.studio.app.design.forms.editors import (
    ChoiceEditor,
    Editor,
    LineEditor,
    SwitchEditor,
)
from pushforward.studio.app.design.forms.multiple_choice import SeveralEditor
from pushforward.studio.app.design.forms.reference_editors import (
    DataChoiceEditor,
    FileEditor,
    PartEditor,
    RunEditor,
)
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["make"]

_EDITORS: dict[str, type[Editor]] = {
    "int": LineEditor,
    "float": LineEditor,
    "text": LineEditor,
    "list": LineEditor,
    "bool": SwitchEditor,
    "choice": ChoiceEditor,
    "file": FileEditor,
    "run": RunEditor,
    "data-choice": DataChoiceEditor,
    "part": PartEditor,
}


def make(field: FieldSpec) -> Editor:
    """Return the editor for a setting.

    Raises:
        ValueError: the kind is not known.
    """
    if field.kind not in _EDITORS:
        raise ValueError(f"{field.path}: no editor for the kind {field.kind!r}")
    if field.kind == "list" and field.choices:
        return SeveralEditor(field)
    return _EDITORS[field.kind](field)
