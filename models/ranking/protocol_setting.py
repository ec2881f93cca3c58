"""The setting by which interactions are split into training and test data."""

from typing import Annotated, Literal, TypeAlias

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.ranking.protocols import ProtocolName, split_histories

__all__ = ["USERS", "HistorySettings", "ProtocolSetting", "split_by_setting"]

USERS: Literal["users"] = "users"
"""The protocol that holds out users rather than parts of histories."""

ProtocolSetting: TypeAlias = Annotated[
    Literal["users", "ratio", "last-item", "time"],
    param(
        "Evaluation protocol",
        "Users: some users are held out, and their last item is predicted. 80:20: the last fifth "
        "of each history. Last item: leave-one-out. Time: all events of the last fifth; only this "
        "one never trains on the future.",
        choices={
            "users": "Held-out users",
            "ratio": "80:20 per user",
            "last-item": "Last item (leave-one-out)",
            "time": "Global time split",
        },
    ),
]


class HistorySettings(Config, frozen=True):
    """Settings of imported interactions."""

    protocol: ProtocolSetting = "users"


def split_by_setting(data: InteractionSet, protocol: ProtocolName) -> Splits:
    """Return whole histories split by a protocol, in the order that they have.

    Raises:
        ConfigError: the times are unknown, or too few users are left; the path is "protocol".
    """
    try:
        split = split_histories(data, protocol, longest=data.x.shape[1], reorder=False)
    except ValueError as error:
        raise ConfigError("protocol", f"{error}.") from error
    return Splits(split.learning, split.test, split.validation)
