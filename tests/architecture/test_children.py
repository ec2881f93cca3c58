"""Every process that the program starts is started as `studio.launch` says."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTS = {
    "Popen", "QProcess", "create_subprocess_exec", "create_subprocess_shell", "execv", "execve",
    "fork", "posix_spawn", "popen", "spawnv", "startDetached", "subprocess_exec",
}  # fmt: skip


def names(tree: ast.Module) -> set[str]:
    """Return the last parts of all names that are called or imported."""
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    subprocess = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "subprocess"
    }
    return called | ({"Popen"} if subprocess else set())


def test_whoever_starts_a_process_gives_it_a_safe_path_and_a_folder_of_ours() -> None:
    starting, careless = [], []
    for path in sorted([*ROOT.glob("studio/**/*.py"), *ROOT.glob("models/**/*.py")]):
        used = names(ast.parse(path.read_text(encoding="utf-8")))
        if not used & STARTS:
            continue
        starting.append(path.name)
        if not {"own_env", "own_folder"} <= used:
            careless.append(str(path.relative_to(ROOT)))
    assert {"child.py", "engine_process.py", "background.py"} <= set(starting)
    assert not careless
