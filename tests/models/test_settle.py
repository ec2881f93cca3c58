"""Settling a config: every setting read once, every error found."""

import pytest

from pushforward.models import config as config_module
from pushforward.models.config import ConfigError
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.settle import settle, settle_all

EDM = registry.get("family", "edm")


def test_all_errors_are_found_also_inside_a_pick_and_a_nested_config():
    wrong = {
        "label_dropout": 7,
        "net": {"slug": "mlp", "config": {"width": "wide", "widht": 3}},
        "optimizer": {"lr": -1.0},
        "nonsense": 1,
    }
    _, errors = settle_all(EDM.config, wrong, "points")
    assert {error.path for error in errors} == {
        "label_dropout",
        "net.config.width",
        "net.config.widht",
        "optimizer.lr",
        "nonsense",
    }
    with pytest.raises(ConfigError) as first:
        settle(EDM.config, wrong, "points")
    assert first.value.path == errors[0].path


def test_each_setting_is_read_once(monkeypatch):
    read = []
    leaf = config_module._leaf
    monkeypatch.setattr(
        config_module, "_leaf", lambda path, *rest: read.append(path) or leaf(path, *rest)
    )
    data = {"label_dropout": 0.2, "net": {"slug": "mlp", "config": {"width": 32}}}
    settled = settle(EDM.config, filled(EDM, data, "points"), "points")
    assert settled.net.config["width"] == 32
    assert read.count("label_dropout") == 1
    assert len(read) == len(set(read))
