"""Records of claims: they hold what the code declares, or are marked as outdated."""

import json
from typing import Any

import pytest

from pushforward.models.registry import Registry, registry
from pushforward.studio import resources
from pushforward.studio.__main__ import main
from pushforward.studio.cli import catalogue, claim_records
from pushforward.studio.cli.verify import _about
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.discovery import discover

discover()
ENTRIES = registry.all("experiment")


def kept(slug: str) -> dict[str, Any]:
    path = resources.folder("verified") / f"{slug}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)
def test_a_record_is_of_the_declared_line_and_null_models_or_is_marked(entry) -> None:
    """``pushforward verify --refresh`` marks it; ``pushforward verify ID --record`` measures it."""
    record, about = kept(entry.slug), _about(entry)
    assert claim_records.describe_difference(record, about) == record.get("outdated", "")
    for name in ("title", "claim", "source", "group", "slow"):
        assert record[name] == about[name], name
    if not record.get("outdated"):
        alive = [title for title, null in record["nulls"].items() if null["passed"]]
        assert not (alive and record["passed"]), alive
        for title, each in record.get("baselines", {}).items():
            assert each["passed"] is not False, f"{title} misses the line: declare it as a null"


def test_every_record_is_of_a_claim() -> None:
    files = {path.stem for path in resources.folder("verified").glob("*.json")}
    assert files == {entry.slug for entry in ENTRIES}


@pytest.fixture
def say(capsys):
    """Return a function that runs a command line: its status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def claim(monkeypatch, tmp_path):
    """Return a function that declares a claim with null models; its records go to a temporary
    folder. What is measured is counted.
    """
    monkeypatch.setattr(claim_records, "folder", lambda name: tmp_path)
    counted: list[str] = []

    def declare(*nulls: str, line: str = "x <= 1", baselines: tuple[str, ...] = ()) -> list[str]:
        fresh = Registry()
        monkeypatch.setattr("pushforward.models.registry.registry", fresh)
        monkeypatch.setattr(catalogue, "registry", fresh)
        monkeypatch.setattr("pushforward.verify.discovery.discover", list)

        def model(title: str, passed: bool) -> Null:
            def measure() -> Outcome:
                counted.append(title)
                return Outcome(f"x of {title}", {"x": 2.0}, passed, "", [0])

            return Null(title, measure)

        @experiment(
            "T1",
            title="T",
            claim=f"A claim with {len(nulls)} nulls",
            pass_line=line,
            group="T",
            source="tests",
            nulls=[model(title, title == "alive") for title in nulls],
            baselines=[model(title, True) for title in baselines],
        )
        def measure() -> Outcome:
            counted.append("T1")
            return Outcome("x of T1", {"x": 0.5}, True, "", [0])

        return counted

    return declare


def test_only_null_models_that_a_record_lacks_are_measured(claim, say, tmp_path) -> None:
    counted = claim("one")
    assert say("verify", "T1", "--record")[0] == 0
    claim("one", "two", baselines=("look-up",))
    counted.clear()
    status, out, _ = say("verify", "T1", "--nulls", "--record")
    assert (status, counted) == (0, ["two", "look-up"])
    assert "look-up: x of look-up" in out
    record = json.loads((tmp_path / "T1.json").read_text())
    assert sorted(record["nulls"]) == ["one", "two"]
    assert record["baselines"]["look-up"]["figure"] == "x of look-up"
    assert (record["figure"], record["passed"]) == ("x of T1", True)
    assert record["nulls_date"] >= record["date"]


def test_a_null_model_that_is_added_and_meets_the_line_fails_the_claim(claim, say, tmp_path):
    claim("one")
    say("verify", "T1", "--record")
    claim("one", "alive")
    assert say("verify", "T1", "--nulls", "--record")[0] == 1
    assert json.loads((tmp_path / "T1.json").read_text())["passed"] is False


def test_null_models_of_another_line_are_refused(claim, say) -> None:
    claim("one")
    _, _, error = say("verify", "T1", "--nulls", "--record")
    assert "T1 has no record" in error
    say("verify", "T1", "--record")
    claim("one", "two", line="x <= 3")
    status, _, error = say("verify", "T1", "--nulls", "--record")
    assert status != 0
    assert "The pass line is now: x <= 3." in error


def test_a_record_is_marked_until_it_is_measured_again(claim, say, tmp_path) -> None:
    claim("one")
    say("verify", "T1", "--record")
    claim("one", "two")
    status, out, _ = say("verify", "--refresh")
    assert status == 0
    assert "1 of 1 records are outdated." in out
    record = json.loads((tmp_path / "T1.json").read_text())
    assert record["outdated"] == "Not measured with these null models: two."
    assert record["claim"] == "A claim with 2 nulls"
    claim("one")
    say("verify", "--refresh")
    assert "outdated" not in json.loads((tmp_path / "T1.json").read_text())
