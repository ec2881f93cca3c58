"""What import-linter cannot see: what is really loaded, and when."""

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_contracts_on_torch_and_on_qt_hold_for_every_module_that_all_share() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = {f"pushforward.studio.{path.stem}" for path in ROOT.glob("studio/[!_]*.py")}
    assert shared
    for forbidden in ("torch", "PySide6"):
        [bound] = [
            set(contract["source_modules"])
            for contract in pyproject["tool"]["importlinter"]["contracts"]
            if forbidden in contract.get("forbidden_modules", [])
            and "pushforward.studio.store" in contract["source_modules"]
        ]
        assert shared <= bound, forbidden


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the names in ``sys.modules`` at its end."""
    program = textwrap.dedent(code) + "\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_application_loads_no_torch_and_starts_light() -> None:
    loaded = modules_after("import pushforward.studio.app.shell.main")
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & {"torch", "pushforward.models", "h5py", "networkx", "scipy", "pyqtgraph"}


def test_the_engine_loads_no_qt_and_a_training_no_compiler() -> None:
    """Each a second or more of computing, in every process that trains."""
    loaded = modules_after("""
        import pushforward.studio.engine.main, pushforward.studio.engine.jobs.training
        import torch
        from pushforward.models.nets.mlp import linear
        from pushforward.models.registry import discover
        from pushforward.models.tensors import make_generator
        from pushforward.models.training.optim import OptimizerConfig
        from pushforward.models.training.trained import Trained

        discover()
        for kind in ("adam", "adamw", "radam"):
            net = linear(2, 1, generator=make_generator(0))
            trained = Trained(net, OptimizerConfig(kind=kind, clip=1.0), 5, decay=0.9)
            trained.descend(lambda rows: (net(torch.ones(2, 2)).square().mean(), {}), 2)
    """)
    assert {"torch", "pushforward.models.families.edm"} <= loaded
    assert not {name for name in loaded if name.startswith(("PySide6", "pyqtgraph", "qasync"))}
    assert not loaded & {"torch._dynamo", "sympy", "scipy", "ot", "zuko", "networkx"}


def test_hello_can_be_sent_before_torch_is_imported() -> None:
    assert "torch" not in modules_after("import pushforward.studio.engine.main")


def test_it_is_known_what_a_command_asks_for_before_torch_is_imported() -> None:
    """Two seconds of computing that help, a list of recipes and a mistyped word do not need."""
    assert "torch" not in modules_after(
        "from pushforward.studio.cli.parser import parser; parser()"
    )


@pytest.mark.parametrize(
    "package", ["pushforward.studio.protocol.messages", "pushforward.studio.client.client"]
)
def test_the_client_side_is_free_of_heavy_libraries(package: str) -> None:
    loaded = modules_after(f"import {package}")
    assert not loaded & {"torch", "pushforward.models", "PySide6", "h5py"}
