"""What is refused is said by the options that were typed, and a file is said to be imported."""

from pathlib import Path

import pytest

from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.workflows import target
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.wording import as_typed, in_options, problem

OPTIONS = {"config.n": "--count"}


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        ("config.n", "config.n: must be at most 9.", "--count: must be at most 9."),
        ("config.tau", "config.tau: is odd.", "--set tau: is odd."),
        ("config.sampler.config.steps", "config.sampler.config.steps: no.", "--set steps: no."),
        ("file", "x.csv cannot be written.", "x.csv cannot be written."),
    ],
)
def test_a_setting_of_an_operator_is_named_by_its_option(path, message, said):
    found = in_options(Refused(message, "Do.", path=path, kind="data"), OPTIONS).info
    assert found == ErrorInfo(kind="data", message=said, hint="Do.", path=path)


def test_rows_that_are_not_there_are_said_by_an_option():
    info = in_options(Refused("Likelihood needs rows.", path="inputs.rows"), {}).info
    assert "--rows 'rows=[[...], ...]'" in info.hint
    assert "--rows rows=data" in info.hint


def test_a_setting_of_a_run_is_named_as_it_is_typed():
    assert as_typed("family.net.config.width") == "family.net.width"
    at = "family.net.config.width"
    wrong = ErrorInfo(kind="user", message=f"{at}: must be 1.", path=at)
    assert problem(wrong) == "family.net.width: must be 1."
    assert problem(ErrorInfo(kind="user", message="No.", path=at)) == "No."


def test_files_are_imported_first_and_it_is_said_how(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.touch()
    with pytest.raises(UsageError) as caught:
        target.find(f"edm@{file}")
    assert f"pushforward import {file} --out PROJECT" in str(caught.value)
    assert "edm@project:NAME" in str(caught.value)
    with pytest.raises(UsageError, match="no file"):
        target.find(f"edm@{tmp_path}/none.csv")
    assert target.find("edm@two-moons").spec.dataset.slug == "two-moons"
