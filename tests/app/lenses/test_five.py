"""Five lenses for every run; what a lens has not it says, with what to do."""

import msgspec
import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from pushforward.studio.app.data.views.view_spec import LENSES, ViewSpec
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.shell.lens_tabs import Lenses
from pushforward.studio.protocol.spec import Pick

FIVE = ["watch", "samples", "quality", "compare", "explain"]


class Plain(QWidget):
    def __init__(self, state, actions):
        super().__init__()


class Barred(Plain):
    def __init__(self, state, actions):
        super().__init__(state, actions)
        self.bar = QLabel("controls")


def spec(id, lens, factory=Plain, applies=lambda state: True, order=10):
    return ViewSpec(
        id=id, lens=lens, title=id.title(), order=order, applies=applies, factory=factory
    )


@pytest.fixture
def lenses(lens, qtbot):
    made = Lenses(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def words(view):
    return " ".join(each.text() for each in view.findChildren(QLabel))


def ids(lenses):
    return [lenses.tabs.tabData(i) for i in range(lenses.tabs.count())]


def test_there_are_five_in_one_order_whatever_applies(lenses, lens):
    assert list(LENSES) == FIVE
    assert ids(lenses) == FIVE
    lenses.offer([spec("a", "watch", applies=lambda state: False)])
    assert ids(lenses) == FIVE
    lens.state.runs.select("")
    lenses.refresh()
    assert ids(lenses) == FIVE
    assert "No run is selected" in words(lenses.view)


def test_views_of_a_lens_stand_in_a_segmented_control(lenses, qtbot):
    lenses.offer([spec("one", "samples"), spec("two", "samples", Barred, order=20)])
    lenses.want("samples")
    (control,) = lenses.findChildren(Segments)
    first, second = control.findChildren(QPushButton)
    assert (first.text(), second.text()) == ("One", "Two")
    assert first.isChecked()
    second.click()
    assert isinstance(lenses.view, Barred)
    assert lenses.view.bar.isVisible()
    lenses.want("watch")
    lenses.want("samples")
    assert isinstance(lenses.view, Barred)


def test_a_lone_view_has_no_segments_and_a_bar_only_for_its_controls(lenses):
    lenses.offer([spec("one", "watch"), spec("two", "samples", Barred)])
    lenses.want("watch")
    assert not lenses.findChildren(Segments)
    lenses.want("samples")
    assert lenses.view.bar.isVisible()
    lenses.want("watch")
    assert not any(bar.isVisible() for bar in lenses.findChildren(QLabel, "controls"))


def test_a_view_may_be_wanted_by_its_name(lenses):
    lenses.offer([spec("one", "explain"), spec("two", "explain", Barred, order=20)])
    lenses.want("explain/two")
    assert lenses.shown == "explain"
    assert isinstance(lenses.view, Barred)


@pytest.mark.parametrize(
    ("before", "now"),
    [("flow", "watch"), ("metrics", "quality"), ("rescaling", "explain"), ("scene", "samples"),
     ("compare", "compare"), ("of a later version", "watch"), ("", "watch")],
)  # fmt: skip
def test_the_lens_that_an_earlier_version_left_open_is_found(lenses, before, now):
    lenses.offer([spec("one", "watch")])
    lenses.restore(before)
    assert lenses.shown == now


def test_what_does_not_move_says_where_to_look(lenses, lens, qtbot):
    family = msgspec.structs.replace(lens.state.catalog.entries[0], carrier="", title="SVM")
    lens.state.catalog = replace_entries(lens.state.catalog, family)
    lenses.offer([spec("one", "watch", applies=lambda state: False), spec("two", "samples")])
    lens.state.window.show_lens.connect(lenses.want)
    lenses.want("watch")
    assert "SVM generates no samples" in words(lenses.view)
    button = next(b for b in lenses.view.findChildren(QPushButton) if b.text() == "Open Samples")
    button.click()
    assert lenses.shown == "samples"


def test_what_cannot_be_explained_says_why(lenses, lens):
    lenses.offer([spec("one", "watch")])
    lenses.want("explain")
    assert "The step of EDM is not divided into stages" in words(lenses.view)
    lens.run.spec = None
    lenses.refresh()
    assert "not known yet" in words(lenses.view)
    lens.run.spec = msgspec.structs.replace(
        spec_of(lens), family=Pick(slug="of another installation")
    )
    lenses.refresh()
    assert "of another installation" in words(lenses.view)


def spec_of(lens):
    from pushforward.studio.protocol.spec import RunSpec

    return RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))


def replace_entries(catalog, family):
    return msgspec.structs.replace(catalog, entries=[family, *catalog.entries[1:]])
