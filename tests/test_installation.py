"""Version, commit and licences of the installation, in a checkout and in a bundle."""

import json
from pathlib import Path

import pytest

from pushforward.studio import installation, version


def test_each_required_package_is_listed_with_its_licence() -> None:
    parts = {part.name.lower(): part for part in installation.collect_parts()}
    assert {"python", "torch", "numpy", "pyside6_essentials", "msgspec"} <= parts.keys()
    assert not {"pytest", "onnxruntime", "rdkit"} & parts.keys()
    assert parts["numpy"].licence.startswith("BSD")
    assert "Redistribution" in parts["numpy"].text
    assert all(part.licence for part in parts.values())


def test_a_bundle_states_what_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build, licences = tmp_path / "build.json", tmp_path / "licences.json"
    build.write_text(json.dumps({"version": "7.1", "commit": "abc123"}))
    licences.write_text(json.dumps([{"name": "X", "version": "1", "licence": "MIT", "text": "t"}]))
    monkeypatch.setattr(version, "BUILD_FILE", build)
    monkeypatch.setattr(installation, "LICENCES_FILE", licences)
    version.build_facts.cache_clear()
    assert (version.program_version(), installation.commit()) == ("7.1", "abc123")
    assert installation.parts() == [installation.Part("X", "1", "MIT", "t")]
    version.build_facts.cache_clear()
