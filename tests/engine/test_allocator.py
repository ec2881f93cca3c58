"""Memory that one step frees is there for the next."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: what has been allocated before decides what glibc keeps by itself.
_FAULTS = """
import resource
import numpy as np
from pushforward.studio.engine.process.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [np.full(2**18, 1.0, np.float32) for _ in range(8)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), keep_freed_memory(), faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep it or not")
def test_steps_get_the_memory_that_others_freed():
    told = subprocess.run(
        [sys.executable, "-c", _FAULTS], capture_output=True, text=True, check=True
    )
    before, kept, after = told.stdout.split()
    assert kept == "True"
    # Eight megabytes have 2,048 pages: once, not twenty times.
    assert int(after) < 3_000 < int(before)
