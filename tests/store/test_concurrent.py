"""A reader beside a writer that never stops meets whole things only."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

from pushforward.studio.store.run import RunFolder

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
import numpy as np
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store.run import RunFolder
run = RunFolder(Path(sys.argv[1]))
run.flow.capacity = 4
run.checkpoints.keep = 1
print("on", flush=True)
for step in range(1, 31):
    run.update_status(state="running", step=step, durable=False)
    run.metrics.append({"loss": ([step], [float(step)])})
    run.checkpoints.save(step, {"w": np.full(100, step)}, {"step": step})
    run.flow.keep(FlowRecord.from_arrays(step, np.arange(2), np.full((2, 50, 2), step)))
run.update_status(state="finished")
"""


def test_reading_beside_a_writer(tmp_path):
    run = RunFolder(tmp_path)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    seen, offset, looks = [], 0, 0
    while writer.poll() is None:
        looks += 1
        assert run.status().error is None
        columns, _, offset = run.metrics.read_new(offset)
        seen += columns.get("loss", ([], []))[0]
        checkpoint, damaged = run.checkpoints.newest()
        assert damaged == []
        if checkpoint is not None:
            assert set(checkpoint.tensors["w"]) == {checkpoint.step}
        record, damaged = run.flow.nearest(looks % 30)
        assert damaged == []
        if record is not None:
            assert np.unique(record.x).tolist() == [record.step]
    writer.communicate()
    assert writer.returncode == 0
    assert looks > 5
    seen += run.metrics.read_new(offset)[0].get("loss", ([], []))[0]
    assert seen == list(range(1, 31))
    assert run.status().state == "finished"
    with h5py.File(tmp_path / "flow.h5") as index:
        assert index.attrs["steps"].tolist() == run.flow.steps()
