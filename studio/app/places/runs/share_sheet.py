"""The dialog that shares the flow of runs as a file: what is shown, how, and where to."""

from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import draft_spec, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import answers_in, kind_of_run
from pushforward.studio.app.core.display_names import file_stem
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button, label
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.catalog import Choice, Dependency, EntrySpec, FieldSpec
from pushforward.studio.protocol.messages import ShareFlow
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["ShareSheet", "runs_shown"]

WIDTH = 480
SUMMARY = "Writes what was recorded. The web page is one file that opens offline."
FORMATS = {
    "html": "Web page",
    "gif": "GIF",
    "webp": "WebP",
    "mp4": "MP4 video",
    "webm": "WebM video",
}
FILMS = Dependency(path="format", values=[each for each in FORMATS if each != "html"])


def runs_shown(state: AppState) -> list[RunState]:
    """Return the runs that are compared now, else the selected one; [] if none is."""
    current = state.runs.current
    if current is None:
        return []
    return run_comparison.compared(state.runs) or [current]


class ShareSheet(Dialog):
    """It closes once the file is chosen; the line above the canvas shows the progress."""

    def __init__(self, state: AppState, actions: Actions, run: RunState, parent: QWidget) -> None:
        super().__init__(parent, "Share the flow", WIDTH)
        self._state, self._actions, self._run = state, actions, run
        self._runs = [each.key for each in runs_shown(state)]
        self.config: dict[str, Any] = {}
        planar = kind_of_run(run, state.catalog).layout != "tiles"
        answers = answers_in(run, state.catalog)
        self.form = Form(_entry(len(self._runs), planar=planar, answers=answers))
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._check)
        self.go = button("Choose a file…", self._ask_file, kind="primary")
        self.body.addWidget(label(SUMMARY, "muted", wrap=True))
        self.body.addWidget(self.form)
        self.add_buttons(button("Cancel", self.reject), self.go)
        self.form.show_config(self.config)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        spec = RunSpec(name="", family=Pick(slug="", config=self.config), dataset=Pick(slug=""))
        self.config = draft_spec.put(spec, "family", field, value).family.config
        self.form.show_config(self.config)
        self._check()

    def _check(self, *_: object) -> None:
        self.go.setEnabled(self.form.is_right)

    def _ask_file(self) -> None:
        chosen = self.config.get("format", "html")
        folder = folder_of_exports(self._state.project)
        name, filters = f"{file_stem(self._run)}-flow.{chosen}", f"{FORMATS[chosen]} (*.{chosen})"
        dialog = save_dialog(self, "Share the flow", name, filters, chosen, folder)
        dialog.fileSelected.connect(self._share)
        dialog.open()

    def _share(self, file: str) -> None:
        config = {name: value for name, value in self.config.items() if name != "format"}
        runs = [self._run.key] if config.pop("runs", "all") == "one" else self._runs
        self._actions.export.share(ShareFlow(runs=runs, file=file, overwrite=True, **config))
        self.accept()


def _entry(several: int, *, planar: bool, answers: bool) -> EntrySpec:
    """Return the settings as a form takes them; of models that give answers, these are shown."""
    flow = "Class by class, or the history" if answers else "Flow time"
    over = (
        "The last step class by class or item by item, or the answers over the training."
        if answers
        else "Noise to data at the last step, or the last flow time over the training."
    )
    choice = partial(FieldSpec, kind="choice")
    number = partial(FieldSpec, kind="int")
    fields = [
        choice(
            path="format", title="Format", default="html", choices=_choices(FORMATS),
            help="Videos need the program ffmpeg.",
        ),
        choice(
            path="clock", title="Plays", default="flow", depends=FILMS,
            choices=_choices({"flow": flow, "training": "Training time"}), help=over,
        ),
        choice(
            path="theme", title="Theme", default=theme.colors().name,
            choices=_choices({"dark": "Dark", "light": "Light"}),
            help="Colours at the start. The reader of a web page can switch.",
        ),
        number(
            path="size", title="Size", default=480, low=64, high=2160, unit="pixels",
            depends=FILMS, help="Width and height of a run.",
        ),
        FieldSpec(
            path="seconds", kind="float", title="Duration", default=6.0, low=0.5, high=120,
            unit="s", help="Of one pass from noise to data, or over the training.",
        ),
    ]  # fmt: skip
    if several > 1:
        known = {"all": f"All {several} compared runs", "one": "Only the selected run"}
        runs = choice(
            path="runs", title="Runs", default="all", choices=_choices(known),
            help="Runs are shown side by side.",
        )  # fmt: skip
        fields.insert(0, runs)
    if planar:
        fields.append(number(path="particles", title="Particles", default=1000, low=1, high=20_000,
                             help="Of each run. More particles make a larger file."))  # fmt: skip
    return EntrySpec(kind="share", slug="share", title="", summary="", source="", fields=fields)


def _choices(titles: dict[str, str]) -> list[Choice]:
    return [Choice(value=value, title=title) for value, title in titles.items()]
