"""Tab goes through the setup as the eye does, also after a part of it was built anew."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.design.basic import Link
from pushforward.studio.protocol.spec import Pick, RunSpec


def walk(window, first, count):
    """Press Tab so many times, and say where the keyboard was."""
    first.setFocus()
    seen = []
    for _ in range(count):
        window.focusNextChild()
        seen.append(QApplication.focusWidget())
    return seen


async def test_tab_follows_the_layout(bench, wait):
    await bench.start()
    data, family = Pick(slug="ring-of-five"), Pick(slug="gan")
    bench.actions.setup.open(RunSpec(name="a", family=family, dataset=data))
    await wait(lambda: bench.state.draft.checked)
    setup, said = bench.window.inspector.setup, bench.window.canvas.setup.sentence
    for change in ("", "eight-gaussians", "ring-of-five"):
        if change:
            bench.actions.setup.choose("dataset", change)
        seen = walk(bench.window, said.data, 3)
        assert seen[0] is said.family
        assert seen[1].parent() is said.carrier
        assert seen[2] is said.budget
    (first, *_) = (each for each in walk(bench.window, said.budget, 9) if setup.isAncestorOf(each))
    assert first is setup.tabs.heir
    for change in ("eight-gaussians", "ring-of-five"):
        bench.actions.setup.choose("dataset", change)
        sections = {each.section: each for each in setup.sections}
        last, first = (
            list(sections[name].form.rows.values())[place].editor
            for name, place in (("dataset", -1), ("family", 0))
        )
        await wait(last.isVisible)
        (after,) = walk(bench.window, getattr(last, "line", last), 1)
        assert after is getattr(first, "line", first)
    tops = [
        each.mapTo(bench.window, each.rect().topLeft()).y()
        for each in walk(bench.window, setup.name, 14)
        if each is not setup.train and setup.isAncestorOf(each)
    ]
    assert tops == sorted(tops)


def test_a_long_link_ends_in_an_ellipsis_and_leaves_the_column_narrow(qtbot):
    clicks = []
    link = Link("Step 1,234: " + "a very long change " * 9, lambda: clicks.append(1))
    qtbot.addWidget(link)
    link.resize(180, 24)
    link.show()
    assert link.minimumSizeHint().width() < 60
    assert "very long" in link.toolTip()
    plain = link.grab().toImage()
    link.setText("Step 1,234: a very l")
    assert link.grab().toImage() != plain
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert clicks == [1]
