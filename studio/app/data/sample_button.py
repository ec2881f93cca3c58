"""The button that draws new samples into the run that a lens shows."""

from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.design.basic import button
from pushforward.studio.app.engine.actions import Actions

__all__ = ["sample_button"]

TIP = (
    "Generate as many new samples as shown, with a new seed. Earlier sets stay below the run in "
    "the sidebar. Generate lets you choose number and seed"
)


def sample_button(actions: Actions) -> QPushButton:
    """Return the button of one lens."""
    return button("Sample now", actions.training.sample, tip=TIP)
