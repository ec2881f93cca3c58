"""Bringing files in: what is refused before the engine is asked."""

import os


async def test_a_name_that_is_not_utf_8_is_refused_in_words(bench, wait, tmp_path):
    await bench.start()
    bench.actions.data.inspect_files([str(tmp_path / os.fsdecode(b"caf\xe9.csv"))])
    await wait(lambda: bench.state.notices.banners or bench.state.notices.history)
    notices = [*bench.state.notices.banners, *bench.state.notices.history]
    words = " ".join(str(n) for n in notices)
    assert "caf?.csv cannot be imported" in words
    assert "has a name that is not valid UTF-8" in words
    assert "Rename it" in words
