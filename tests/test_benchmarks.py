"""Every benchmark is started once, with its smallest size: one that is broken shows here."""

import faulthandler
import subprocess
import sys
from pathlib import Path

from pushforward.studio.launch import own_env
from tests.benchmarks.__main__ import benchmarks
from tests.tiers import EXHAUSTIVE

ROOT = Path(__file__).parent.parent


@EXHAUSTIVE
def test_every_benchmark_works() -> None:
    """Also a trial of the crash matrix: a training that is killed and resumed."""
    faulthandler.cancel_dump_traceback_later()  # on a busy computer it takes some minutes
    assert "kill_matrix" in benchmarks()
    work = [sys.executable, "-m", "tests.benchmarks"]
    done = subprocess.run(
        work, cwd=ROOT, env=own_env(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    working = [line for line in done.stdout.splitlines() if line.endswith("  works")]
    assert len(working) == len(benchmarks())
    assert done.stdout.endswith("none failed\n")
