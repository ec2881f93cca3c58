"""What a branch does again of its parent's steps, by its files."""

from pathlib import Path

import pytest

from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.branches import BRANCHED, replayed
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord

SPEC = RunSpec(name="a", family=Pick(slug="gan"), dataset=Pick(slug="ring-of-five"))


@pytest.mark.parametrize(
    ("to", "start", "steps"),
    [(None, None, None), (7, None, (0, 7)), (7, 5, (5, 7)), (7, 7, None), (0, None, None)],
)
def test_from_its_checkpoint_up_to_where_it_leaves(
    tmp_path: Path, to: int | None, start: int | None, steps: tuple[int, int] | None
) -> None:
    def fill(folder: RunFolder) -> None:
        if start is not None:
            folder.events.append(BRANCHED, start)

    record = RunRecord(spec=SPEC, parent=None if to is None else "0001-a", branch_step=to)
    run = Project.create(tmp_path / "p", "p").new_run(record, fill)
    assert replayed(run) == steps
