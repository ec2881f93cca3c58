"""The set-up script, without installing anything: it must run on the standard library alone."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
SCRIPT = PACKAGING / "bootstrap.py"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The modules of the steps, as the script imports them."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    from steps import checks, environment, pip, system, talk, torch_build

    return SimpleNamespace(
        checks=checks, environment=environment, pip=pip, system=system, talk=talk,
        torch_build=torch_build,
    )  # fmt: skip


@pytest.fixture
def commands(steps, monkeypatch) -> list[list[str]]:
    """What would be installed, in order; every command succeeds."""
    done: list[list[str]] = []

    def attempt(command, environment=None):
        done.append([str(word) for word in command])

    monkeypatch.setattr(
        steps.environment, "run", lambda command, what, advice: done.append(command)
    )
    for module in (steps.pip, steps.torch_build):
        monkeypatch.setattr(module, "attempt", attempt)
    monkeypatch.setattr(steps.torch_build, "configured_sources", lambda python: [])
    monkeypatch.delenv(steps.torch_build.VARIABLE, raising=False)
    return done


def installed(commands: list[list[str]]) -> str:
    return "\n".join(" ".join(command) for command in commands)


def test_it_needs_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "open" in done.stdout


def test_a_wrong_python_is_refused_with_advice(steps, monkeypatch) -> None:
    monkeypatch.setattr(steps.system.sys, "version_info", (3, 10, 0))
    with pytest.raises(steps.talk.StepFailed) as caught:
        steps.system.check_python()
    assert "3.11" in caught.value.advice


def test_missing_libraries_are_named_by_package(steps, monkeypatch) -> None:
    monkeypatch.setattr(steps.system.sys, "platform", "linux")
    monkeypatch.setattr(steps.system, "has_library", lambda name: name != "libEGL.so.1")
    monkeypatch.setattr(steps.system.shutil, "which", lambda name: None)
    assert "libegl1" in steps.system.missing_packages(tests=False)
    assert "xvfb" in steps.system.missing_packages(tests=True)
    assert "xvfb" not in steps.system.missing_packages(tests=False)


def test_without_apt_it_says_what_is_missing(steps, monkeypatch) -> None:
    monkeypatch.setattr(steps.system.shutil, "which", lambda name: None)
    with pytest.raises(steps.talk.StepFailed, match="libegl1"):
        steps.system.install_system(["libegl1"])


def test_a_failed_step_says_what_to_do(steps) -> None:
    with pytest.raises(steps.talk.StepFailed) as caught:
        steps.talk.run([sys.executable, "-c", "raise SystemExit(3)"], "trying", "try harder")
    assert "trying failed" in str(caught.value)
    assert caught.value.advice == "try harder"


def test_an_environment_once_made_is_left_alone(steps, commands, monkeypatch, tmp_path) -> None:
    made = steps.environment.Environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    monkeypatch.setattr(steps.environment, "bring_torch", lambda python, choice: None)
    make = steps.environment.make_environment
    make(made, tests=True, torch="auto")
    assert "--require-hashes" in installed(commands)
    assert "tests.txt" in installed(commands)
    before = len(commands)
    make(made, tests=True, torch="auto")
    # What the tests need includes what the studio needs.
    make(made, tests=False, torch="auto")
    assert len(commands) == before
    make(made, tests=False, torch="cpu")
    assert len(commands) > before
    before = len(commands)
    # A build that was asked for once is kept.
    make(made, tests=False, torch="auto")
    assert len(commands) == before
    # Who needs none takes any, and does not forget which it is.
    make(made, tests=True, torch="skip")
    make(made, tests=False, torch="auto")
    assert len(commands) == before
    monkeypatch.setattr(steps.environment, "fingerprint", lambda: "another lock")
    make(made, tests=False, torch="auto")
    assert len(commands) > before
    assert "studio.txt" not in installed(commands), "the test tools were asked for before"


def test_another_python_has_an_environment_of_its_own(steps, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(steps.environment, "ROOT", tmp_path)
    assert steps.environment.environment_of_this_python().folder.name == ".venv"
    python = steps.environment.Environment(tmp_path / ".venv").python
    python.parent.mkdir(parents=True)
    python.touch()
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    monkeypatch.setattr(steps.environment, "python_version", lambda interpreter: mine)
    assert steps.environment.environment_of_this_python().folder.name == ".venv"
    monkeypatch.setattr(steps.environment, "python_version", lambda interpreter: "3.99")
    assert steps.environment.environment_of_this_python().folder.name == f".venv-{mine}"


def test_every_locked_package_has_hashes_and_no_address() -> None:
    for name in ("studio", "tests", "torch"):
        text = (PACKAGING / "lock" / f"{name}.txt").read_text()
        entries = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert all("==" in line and line.endswith("\\") for line in entries)
        assert "://" not in text
    locked = (PACKAGING / "lock" / "tests.txt").read_text()
    assert "nvidia" not in locked
    assert not any(line.startswith("torch==") for line in locked.splitlines())


def test_the_studio_has_the_versions_that_are_tested() -> None:
    def versions(name: str) -> set[str]:
        text = (PACKAGING / "lock" / f"{name}.txt").read_text()
        return {line.split(" \\")[0] for line in text.splitlines() if not line.startswith(" ")}

    assert versions("studio") < versions("tests")


class TestTorch:
    """Which build of PyTorch a machine gets."""

    PYTHON = Path("python")

    @pytest.fixture
    def there(self, steps, monkeypatch):
        """Say what can be imported before an installation, and after it."""

        def set_to(*answers):
            left = list(answers)
            monkeypatch.setattr(
                steps.torch_build, "present",
                lambda python: left.pop(0) if len(left) > 1 else left[0],
            )  # fmt: skip

        monkeypatch.setattr(steps.torch_build.sys, "platform", "linux")
        return set_to

    def test_one_that_fits_is_kept(self, steps, commands, there, capsys) -> None:
        there(("2.9.1+rocm6", True))
        steps.torch_build.bring_torch(self.PYTHON, "auto")
        assert not commands
        assert "keeping PyTorch 2.9.1+rocm6" in capsys.readouterr().out

    def test_one_that_is_too_old_is_replaced(self, steps, commands, there) -> None:
        there(("2.5.0", False), ("2.13.0+cpu", False))
        steps.torch_build.bring_torch(self.PYTHON, "auto")
        assert "uninstall" in installed(commands)
        assert "--torch-backend auto" in installed(commands)

    def test_a_configured_source_is_used_untouched(
        self, steps, commands, there, monkeypatch, capsys
    ) -> None:
        monkeypatch.setattr(
            steps.torch_build, "configured_sources", lambda python: ["global.find-links"]
        )
        there(None, ("2.13.0+cpu", False))
        steps.torch_build.bring_torch(self.PYTHON, "auto")
        (only,) = commands
        assert only[-1] == f"torch=={steps.torch_build.locked_version()}"
        assert not any("index" in word or "uv" in word or "hash" in word for word in only)
        assert "global.find-links" in capsys.readouterr().out

    def test_uv_picks_the_build_for_the_machine(self, steps, commands, there, capsys) -> None:
        there(None, ("2.13.0+cpu", False))
        steps.torch_build.bring_torch(self.PYTHON, "auto")
        (only,) = commands
        assert "uv" in only
        assert only[only.index("--torch-backend") + 1] == "auto"
        assert "CPU build): chosen for this machine by uv" in capsys.readouterr().out

    def test_where_its_indices_are_out_of_reach_the_plain_package_is_taken(
        self, steps, commands, there, monkeypatch, capsys
    ) -> None:
        def attempt(command, environment=None):
            commands.append([str(word) for word in command])
            return "Connection refused" if "uv" in command else None

        monkeypatch.setattr(steps.torch_build, "attempt", attempt)
        there(None, ("2.13.0", True))
        steps.torch_build.bring_torch(self.PYTHON, "auto")
        assert "--require-hashes" in commands[-1]
        assert commands[-1][-1].endswith("torch.txt")
        assert "the plain package" in capsys.readouterr().out

    def test_cuda_is_the_plain_package_on_linux(self, steps, commands, there) -> None:
        there(("2.13.0+cpu", False), ("2.13.0", True))
        steps.torch_build.bring_torch(self.PYTHON, "cuda")
        assert commands[-1][-1].endswith("torch.txt")
        assert "--torch-backend" not in installed(commands)

    def test_a_build_that_could_not_be_had_is_told(self, steps, commands, there, capsys) -> None:
        there(None, ("2.13.0+cpu", False))
        steps.torch_build.bring_torch(self.PYTHON, "cuda")
        assert "not the cuda build that was asked for" in capsys.readouterr().out

    def test_skipping_installs_nothing(self, steps, commands, there) -> None:
        there(None)
        steps.torch_build.bring_torch(self.PYTHON, "skip")
        assert not commands

    def test_the_environment_variable_chooses(self, steps, monkeypatch) -> None:
        monkeypatch.setenv(steps.torch_build.VARIABLE, "cpu")
        assert steps.torch_build.default_choice() == "cpu"
        monkeypatch.setenv(steps.torch_build.VARIABLE, "gpu")
        with pytest.raises(steps.talk.StepFailed, match="'gpu'") as caught:
            steps.torch_build.default_choice()
        assert "auto, cpu, cuda, skip" in caught.value.advice


@pytest.mark.parametrize(
    ("said", "meaning", "advice"),
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full", "free"),
        ("Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
         "the network is out of reach", "Without a network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "DO NOT MATCH", "mirror"),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_a_sentence(steps, said, meaning, advice) -> None:
    failure = steps.pip.explained(said, "installing the packages")
    assert meaning in str(failure)
    assert advice in failure.advice


def test_the_settings_of_this_machines_pip_are_read(steps, monkeypatch) -> None:
    said = "global.timeout='60'\n:env:.find-links='wheels'\nglobal.index-url='mirror'\n"
    monkeypatch.setattr(steps.pip, "answer", lambda command: said)
    assert steps.pip.configured_sources(Path("python")) == [":env:.find-links", "global.index-url"]


def test_other_pythons_are_found_once_each(steps, monkeypatch) -> None:
    versions = {"python3.11": "3.11", "python3.12": "3.12", "/usr/bin/python3": "3.12"}
    monkeypatch.setattr(steps.checks, "python_version", versions.get)
    monkeypatch.setattr(steps.checks, "VERSION", "3.11")
    assert steps.checks.other_pythons() == ["python3.12"]


def test_what_a_check_compiles_is_kept_for_the_next_process(steps, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import os, sys; sys.exit(sys.dont_write_bytecode or os.environ['SCREEN'] != 'none')"
    check = ("looking", [sys.executable, "-c", code], {"SCREEN": "none"})
    assert steps.checks.run_checks([check], []) == []


def test_the_short_suite_leaves_out_what_only_the_whole_has(steps, tmp_path) -> None:
    """Both selections, as pytest makes them by the settings of the project."""
    (tmp_path / "pyproject.toml").write_bytes((PACKAGING.parent / "pyproject.toml").read_bytes())
    code = "import pytest\n" + "".join(
        f"{mark}\ndef test_{name}(): pass\n"
        for name, mark in (
            ("plain", ""),
            ("case", "@pytest.mark.exhaustive"),
            ("claim", "@pytest.mark.slow"),
        )
    )
    (tmp_path / "test_it.py").write_text(code)
    found = []
    for whole in (False, True):
        _, command, _ = steps.checks.tests_check(SimpleNamespace(python=sys.executable), whole)
        select = command[command.index("--durations=10") + 1 :]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", *select, "test_it.py"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found.append([word for word in ("plain", "case", "claim") if f"test_{word}" in done.stdout])
    assert found == [["plain"], ["plain", "case", "claim"]]


@pytest.mark.parametrize("status", [0, 3])
def test_a_check_beside_others_is_waited_for_and_says_what_it_said(steps, capfd, status) -> None:
    code = f"import sys, time; time.sleep(0.2); print('looked'); sys.exit({status})"
    with steps.checks.beside(("looking", [sys.executable, "-c", code], {})) as failed:
        steps.talk.say("meanwhile")
    assert failed == (["looking"] if status else [])
    said = capfd.readouterr()
    assert said.out.index("meanwhile") < said.out.index("looked")
    assert ("looking failed" in said.err) == bool(status)


@pytest.mark.parametrize(
    "words",
    [
        ["open", "--newest"],
        ["fast", "--every-python"],
        ["fast", "--all"],
        ["test", "--newest", "--torch=skip"],
    ],
)
def test_options_that_would_be_ignored_are_refused(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--newest" in done.stderr
