"""The count of the faults that the tests find: which failure counts, and which faults there are."""

from pathlib import Path

import pytest

from tests.mutation.__main__ import Trial, load_results, named_failure
from tests.mutation.faults import KINDS, find_faults

SOURCE = """async def f(x, mask, cache, g):
    cache.clear()
    await g()
    return x[0] + (x * mask)
"""


def test_a_captured_log_is_no_failed_test() -> None:
    log = "ERROR    pushforward.studio.app.core:async_tasks.py:57 a task failed\n"
    assert named_failure(log) is None
    failed = "FAILED tests/app/test_a.py::test_b - AssertionError\\n"
    assert named_failure(log + failed) == "tests/app/test_a.py::test_b"


def test_each_kind_of_fault_is_found_and_changes_the_source(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(SOURCE, encoding="utf-8")
    faults = find_faults(tmp_path, module)
    assert {fault.kind for fault in faults} == set(KINDS)
    for fault in faults:
        module.write_text(SOURCE, encoding="utf-8")
        fault.apply(tmp_path)
        changed = module.read_text(encoding="utf-8")
        assert changed != SOURCE
        compile(changed, "module.py", "exec")


def test_results_are_read_back_and_missing_ones_are_none(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert load_results(None) == load_results(file) == {}
    file.write_text('{"short: a": "short", "short: b": null}', encoding="utf-8")
    assert load_results(file) == {"short: a": "short", "short: b": None}


def test_a_test_that_fails_without_the_fault_does_not_end_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tests.mutation.__main__ as mutation

    original, copy = tmp_path / "original", tmp_path / "copy"
    for root in (original, copy):
        (root / "models").mkdir(parents=True)
        (root / "models" / "module.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(mutation, "ROOT", original)
    monkeypatch.setattr(mutation, "_naming", lambda root, path: iter(["near"]))
    trial = Trial(copy, 0)
    left_out: list[str] = []

    def run(tests: list[str], suite: str, workers: int, ignored: object = ()) -> str | None:
        if tests == ["red"]:
            left_out.append("red")
            return "red"
        if "red" not in left_out:
            return "red"
        changed = (copy / "models" / "module.py").read_text(encoding="utf-8") != SOURCE
        return "green" if changed else None

    monkeypatch.setattr(trial, "_run", run)
    fault = find_faults(original, original / "models" / "module.py")[0]
    assert trial.find(fault, ["short"]) == "short"
    assert (copy / "models" / "module.py").read_text(encoding="utf-8") == SOURCE
