"""Simulated streaming service: long tail, new releases, series and sessions, with times."""

from functools import lru_cache
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Splits
from pushforward.models.data.streaming_law import simulate, streaming_service
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.ranking.protocol_setting import USERS, ProtocolSetting
from pushforward.models.ranking.protocols import split_histories
from pushforward.models.registry import dataset

__all__ = ["StreamingConfig", "streaming", "streaming_users"]


class StreamingConfig(Config, frozen=True):
    """How many users there are, and how their histories are split."""

    users: Annotated[int, param("Users", "Number of users.", low=100, high=20_000)] = 1300
    protocol: ProtocolSetting = "users"
    draw: Annotated[
        int, param("Seed", "The same seed gives the same users.", low=0, high=2**31 - 1)
    ] = 0


@lru_cache(maxsize=4)
def streaming_users(users: int, seed: int) -> InteractionSet:
    """Return the whole histories of simulated users."""
    service = streaming_service()
    x, times, law = simulate(users, seed)
    return InteractionSet(x, service.titles, times=times, categories=service.categories, known=law)


@dataset(
    "streaming",
    title="Simulated streaming service",
    summary="Simulated users of 700 titles over two years: long tail, new releases, series, "
    "drifting tastes. The best possible list is known.",
    licence="ours, Apache-2.0",
    source="simulated; popularity by Zipf's law, with the exponent 0.9",
    holds="interactions",
    config=StreamingConfig,
    finite=True,
    size="1,300 users, 700 titles",
    made="Simulated: users choose by taste, popularity, novelty of the title, and what they "
    "watched in the last five steps.",
)
def streaming(config: StreamingConfig) -> Splits:
    """Return the histories, split by the protocol."""
    data = streaming_users(config.users, config.draw)
    if config.protocol == USERS:
        tenth = len(data) // 10
        parts = torch.split(torch.arange(len(data)), [len(data) - 2 * tenth, tenth, tenth])
        train, validation, test = (data.take(part) for part in parts)
        return Splits(train, test, validation)
    split = split_histories(data, config.protocol)
    return Splits(split.learning, split.test, split.validation)
