"""Every process that the program starts is started as `studio.launch` says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTS = {
    "Popen", "create_subprocess_exec", "create_subprocess_shell", "execv", "execve", "fork",
    "posix_spawn", "popen", "spawnv", "startDetached", "subprocess_exec",
}  # fmt: skip
# A `QProcess` is told by calls.
QT = ("setWorkingDirectory(str(own_folder()))", "setProcessEnvironment(", "own_env()")


def starts(tree: ast.AST) -> list[ast.Call]:
    """Return the calls that start a process."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func).rpartition(".")[2] in STARTS
            or ast.unparse(node.func).startswith("subprocess.")
        )
    ]


def careless(code: str) -> list[int]:
    """Return the lines that start a process in a folder or an environment that is not ours."""
    tree = ast.parse(code)
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
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "QProcess":
            lines += [node.lineno] * (not all(word in ast.unparse(tree) for word in QT))
    return lines


def test_whoever_starts_a_process_gives_it_a_safe_path_and_a_folder_of_ours() -> None:
    starting, found = set(), []
    for path in sorted([*ROOT.glob("studio/**/*.py"), *ROOT.glob("models/**/*.py")]):
        code = path.read_text(encoding="utf-8")
        if starts(ast.parse(code)) or "QProcess(" in code:
            starting.add(path.name)
        found += [f"{path.relative_to(ROOT)}:{line}" for line in careless(code)]
    assert starting == {"background.py", "child.py", "engine_process.py", "reading.py"}
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
    assert careless(f"own_env(), own_folder(), popen_options()\n{call}") == [2]


def test_what_is_not() -> None:
    assert careless("subprocess.Popen(['x'], stdin=PIPE, **popen_options())") == []
