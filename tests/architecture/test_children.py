"""Every process that the program starts is started as `studio.launch` says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("models", "observables", "studio", "verify")
STARTS = {
    "Popen", "create_subprocess_exec", "create_subprocess_shell", "execv", "execve", "fork",
    "posix_spawn", "popen", "spawnv", "startDetached", "subprocess_exec",
}  # fmt: skip
# A `QProcess` is told by calls.
QT = ("setWorkingDirectory(str(own_folder()))", "setProcessEnvironment(", "own_env()")


def starts(tree: ast.AST) -> list[ast.Call]:
    """Return the calls that start a process."""
    return [
        call
        for call in calls(tree)
        if last(call.func) in STARTS or module(call.func) == "subprocess"
    ]


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def last(called: ast.expr) -> str:
    """Return the last name of what is called, "" where that is no name."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def module(called: ast.expr) -> str:
    """Return the first name of what is called."""
    while isinstance(called, ast.Attribute):
        called = called.value
    return last(called)


def careless(tree: ast.AST) -> list[int]:
    """Return the lines that start a process in a folder or an environment that is not ours."""
    lines = [
        call.lineno
        for call in starts(tree)
        if not any(
            word.arg is None
            and isinstance(word.value, ast.Call)
            and ast.unparse(word.value.func) == "popen_options"
            for word in call.keywords
        )
        or any(word.arg in ("env", "cwd", "shell") for word in call.keywords)
    ]
    for call in calls(tree):
        if last(call.func) == "QProcess":
            lines += [call.lineno] * (not all(word in ast.unparse(tree) for word in QT))
    return lines


def test_whoever_starts_a_process_gives_it_a_safe_path_and_a_folder_of_ours() -> None:
    starting, found = set(), []
    for path in sorted(path for top in PRODUCT for path in ROOT.glob(f"{top}/**/*.py")):
        code = path.read_text(encoding="utf-8")
        if not any(word in code for word in (*STARTS, "subprocess", "QProcess")):
            continue
        tree = ast.parse(code)
        if starts(tree) or any(last(call.func) == "QProcess" for call in calls(tree)):
            starting.add(path.name)
        found += [f"{path.relative_to(ROOT)}:{line}" for line in careless(tree)]
    assert starting == {
        "background.py", "child.py", "process_transport.py", "maker_job.py", "file_reader.py",
        "qt_process.py", "video.py", "bridge.py", "engine_host.py", "ranks.py",
        "check.py", "computer.py", "computer_requests.py", "gpu_support.py", "installation.py",
        "slurm.py",
    }  # fmt: skip
    assert not found


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run(['x'])",
        "Popen(['x'], cwd=own_folder(), env=os.environ)",
        "subprocess.Popen(['x'], **popen_options(), env={})",
        "QProcess()",
        "os.execv('x', [])",
    ],
)
def test_what_is_careless(call: str) -> None:
    assert careless(ast.parse(f"own_env(), own_folder(), popen_options()\n{call}")) == [2]


def test_what_is_not() -> None:
    assert careless(ast.parse("subprocess.Popen(['x'], stdin=PIPE, **popen_options())")) == []
