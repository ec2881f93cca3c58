"""A headless Chromium that opens a page without a network, does what a script says, and answers."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")


def ask_page(page: Path, script: str, folder: Path) -> Any:
    """Return what an async script answers on a copy of a page, once its flow is ready."""
    probe = f"""<script>addEventListener("load", async () => {{
      const wait = ms => new Promise(done => setTimeout(done, ms));
      const root = document.getElementById("flow");
      for (let i = 0; i < 200 && !root.dataset.ready; i++) await wait(20);
      let answer;
      try {{ answer = await (async () => {{ {script} }})(); }} catch (error) {{ answer = String(error); }}
      const made = document.createElement("pre"); made.id = "answer";
      made.textContent = JSON.stringify(answer); document.body.append(made);
    }})</script>"""  # noqa: E501
    # Nothing is presented in this mode, so that no animation frame would come.
    frames = (
        "<script>requestAnimationFrame = f => setTimeout(() => f(performance.now()), 8)</script>"
    )
    copy = folder / f"{page.stem}-asked.html"
    copy.write_text(
        page.read_text(encoding="utf-8")
        .replace("<head>", f"<head>{frames}", 1)
        .replace("</body>", f"{probe}</body>")
    )
    assert PROGRAM is not None
    done = subprocess.run(
        [
            PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=900,800",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=10000", "--dump-dom", copy.as_uri(),
        ],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.S)
    assert found is not None, done.stdout[-2000:]
    return json.loads(unescape(found.group(1)))
