#!/usr/bin/env python3
"""Make the judges and noise floors of bundled data sets, for runs with default settings.

    .venv/bin/python packaging/make_references.py

Run it after a change of a metric's floor (`studio.engine.data.floors.VERSION`), of a judge or of
bundled data. It takes about a minute; all files of ``resources/references`` are replaced.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from pushforward.studio import home

BUNDLED = ("digits", "emoji", "fashion-mnist", "mnist", "pythia-jets")


def measure(dataset: str, project: Path) -> list[dict[str, Any]]:
    """Return the floors of one data set as plain data, each with the name of the data set, and put
    its judge into the cache folder.
    """
    from pushforward.models.contracts.learner import finish
    from pushforward.studio.engine.data.floors import cache_folder
    from pushforward.studio.engine.jobs.headless import create
    from pushforward.studio.engine.run.session_opening import open_session
    from pushforward.studio.protocol.spec import Pick, RunSpec

    before = set(cache_folder().glob("*.json"))
    spec = RunSpec(name=dataset, family=Pick(slug="edm"), dataset=Pick(slug=dataset),
                   training={"steps": 1})  # fmt: skip
    session = open_session(create(spec, project), 1)
    for evaluator in (session.evaluator, session.evaluator.light()):
        finish(evaluator.prepare(session.family))
    made = sorted(set(cache_folder().glob("*.json")) - before)
    return [{"dataset": dataset, **json.loads(path.read_text())} for path in made]


def main() -> None:
    """Measure, and replace all files of references."""
    from pushforward.studio.engine.data import floors, reference_classifier
    from pushforward.studio.engine.process.discovery import discover
    from pushforward.studio.resources import folder

    discover()
    target = folder("references")
    if target.exists():  # or they would be found again
        shutil.rmtree(target)
    found = [floor for name in BUNDLED for floor in measure(name, home.cache_folder() / name)]
    (target / "judges").mkdir(parents=True)
    for path in sorted(reference_classifier.cache_folder().glob(f"*{reference_classifier.SUFFIX}")):
        shutil.copyfile(path, target / "judges" / path.name)
    found.sort(key=lambda each: (each["dataset"], each["key"]))
    text = json.dumps({"floors": found}, indent=1)
    (target / floors.SHIPPED).write_text(f"{text}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        os.environ[home.VARIABLE] = empty
        main()
