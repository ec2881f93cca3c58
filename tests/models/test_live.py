"""Settings that change while a run trains: which they are, and which must stay."""

from typing import Annotated

import pytest

from pushforward.models.config import Config, ConfigError, Pick, param
from pushforward.models.live import changed, check_live


class Noise(Config, frozen=True):
    size: Annotated[float, param("Size", "How much.", live=True)] = 0.1
    kind: str = "white"


class Settings(Config, frozen=True):
    speed: Annotated[float, param("Speed", "How fast.", live=True)] = 1.0
    net: Pick = Pick()
    noise: Noise | None = None


def test_settings_inside_a_part_that_is_left_out_are_compared_too():
    """Without the part all else can change, and the part cannot come in the middle."""
    plain = Settings()
    assert changed(plain, plain) == []
    assert check_live(plain, Settings(speed=2.0)) == ["speed"]
    with pytest.raises(ConfigError, match="in the middle of a training") as caught:
        check_live(plain, Settings(noise=Noise()))
    assert caught.value.path == "noise"


def test_settings_inside_a_part_change_where_they_may():
    loud = Settings(noise=Noise(size=0.5))
    assert check_live(Settings(noise=Noise()), loud) == ["noise.size"]
    with pytest.raises(ConfigError) as caught:
        check_live(loud, Settings(noise=Noise(size=0.5, kind="pink")))
    assert caught.value.path == "noise.kind"


def test_a_setting_that_is_not_live_stays():
    with pytest.raises(ConfigError) as caught:
        check_live(Settings(), Settings(net=Pick(slug="mlp")))
    assert caught.value.path == "net"
    with pytest.raises(ConfigError, match="expected Settings, got Noise"):
        check_live(Settings(), Noise())
