"""A closer look at a model: what it is, how it moves, what data it takes, what it costs here."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGridLayout

from pushforward.studio import resources
from pushforward.studio.app.core import field_carrier_switch
from pushforward.studio.app.core.data_type_registry import all_kinds
from pushforward.studio.app.core.run_ranking import NOT_KNOWN, not_known
from pushforward.studio.app.design.basic import clear, label, section
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.design.literal_text import Label
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.places.setup.motion_card import works
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.option_preview import ListLook
from pushforward.studio.app.text.number_format import duration
from pushforward.studio.methods import Method
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.spec import Recipe

__all__ = ["FamilyLook", "likelihood_fact"]

PICTURE = QSize(264, 118)  # pixels of a picture at most
KINDS = 2  # side by side


class FamilyLook(ListLook):
    """Preview of a family: ``recipes`` provide a picture and a duration; ``dataset`` is the slug of
    the chosen data.
    """

    def __init__(self, recipes: Sequence[Recipe], dataset: str, kind: str) -> None:
        super().__init__()
        self._recipes, self._dataset, self._kind = recipes, dataset, kind
        self._pictured = self._low = False
        self.picture = Label()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.motion = Formula(15)
        self.source = label("", "small", wrap=True)
        self._takes = section("Takes")
        self._kinds = QGridLayout()
        self._kinds.setVerticalSpacing(2)
        above = (self.picture, self.title, self.summary, self.why)
        for place, widget in enumerate((*above, self.motion, self.source, self._takes)):
            self.body.insertWidget(place, widget)
        self.body.insertLayout(7, self._kinds)

    def lie(self, low: bool) -> None:
        self._low = low
        self.picture.setVisible(self._pictured and not low)

    def show_option(self, option: Option | None) -> None:
        entry = option.thing if option is not None and isinstance(option.thing, EntrySpec) else None
        named = option is not None and isinstance(option.thing, Method)
        super().show_option(
            option if named or option is None else replace(option, facts=self._facts_of(entry))
        )
        self.motion.set_text(entry.motion if entry is not None else "")
        self.source.setText(works(entry.source) if entry is not None else "")
        self.source.setVisible(entry is not None)
        self._show_picture(entry)
        clear(self._kinds)
        self._takes.setVisible(entry is not None)
        for place, kind in enumerate(all_kinds() if entry is not None else ()):
            takes = entry is not None and field_carrier_switch.fits(entry, kind.slug)
            said = label(f"{'✓' if takes else '–'}  {kind.title}", "" if takes else "muted")
            said.setAccessibleName(f"{kind.title}: {'yes' if takes else 'no'}")
            self._kinds.addWidget(said, *divmod(place, KINDS))

    def _facts_of(self, entry: EntrySpec | None) -> tuple[tuple[str, str], ...]:
        if entry is None:
            return ()
        recipe = self._recipe(entry)
        here = recipe is not None and recipe.run.dataset.slug == self._dataset
        took = f"{duration(recipe.expected_seconds)} in its recipe" if recipe and here else ""
        needs = [each.title.lower() for each in entry.inputs if not each.optional]
        one = entry.carrier == field_carrier_switch.GENERATOR
        facts = (
            ("Training", took),
            ("A sample", "one pass" if one else ""),
            ("Likelihood", likelihood_fact(entry)),
            ("Needs a run", f"a {needs[0]}" if needs else "no"),
        )
        return tuple(fact for fact in facts if fact[1])

    def _recipe(self, entry: EntrySpec) -> Recipe | None:
        """Return a recipe of a model, best one on the data that are chosen, or of their kind."""
        of = [each for each in self._recipes if each.run.family.slug == entry.slug]

        def fit(recipe: Recipe) -> tuple[bool, bool]:
            return recipe.run.dataset.slug == self._dataset, recipe.kind == self._kind

        return max(of, key=fit, default=None)

    def _show_picture(self, entry: EntrySpec | None) -> None:
        recipe = self._recipe(entry) if entry is not None else None
        scheme = theme.colors().name
        path = resources.thumbnail(recipe.slug, scheme) if recipe is not None else None
        picture = QPixmap(str(path)) if path is not None and path.is_file() else QPixmap()
        if recipe is not None and not picture.isNull():
            ratio = self.devicePixelRatioF()
            picture = picture.scaled(
                PICTURE * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            picture.setDevicePixelRatio(ratio)
            self.picture.setAccessibleName(f"A picture of the recipe {recipe.title}")
        self.picture.setPixmap(picture)
        self._pictured = not picture.isNull()
        self.picture.setVisible(self._pictured and not self._low)


def likelihood_fact(entry: EntrySpec) -> str:
    """Return how well a model knows how likely a datum is, and what to do where it does not."""
    if "likelihood" in entry.capabilities:
        return "exact"
    if "bound" in entry.capabilities:
        return "a bound"
    # What makes no samples, such as a classifier, is asked for none.
    return f"{NOT_KNOWN}. {not_known(entry)}" if "samples" in entry.capabilities else ""
