"""How long an evaluation still takes, by what its pieces took."""

from pushforward.studio.engine.watch.task_progress import TaskProgress


def test_it_is_known_as_soon_as_each_piece_was_done_once():
    now = [0.0]
    ahead = TaskProgress(lambda: now[0])
    ahead.start(["samples", "a", "b", "a", "b", "a", "b"])

    def do(name, seconds):
        with ahead.piece(name, f"doing {name}"):
            assert ahead.doing == f"doing {name}"
            now[0] += seconds

    assert ahead.seconds_left is None
    do("samples", 5.0)
    do("a", 1.0)
    assert ahead.seconds_left is None, "nobody knows how long b takes"
    do("b", 10.0)
    assert (ahead.done, ahead.total, ahead.seconds_left) == (3, 7, 22.0)
    with ahead.piece("a", "a"):
        now[0] += 0.25
        assert ahead.seconds_left == 21.75
        now[0] += 100.0
        assert ahead.seconds_left == 21.0, "what takes longer than it did is soon done"
    for name in ("b", "a", "b"):
        do(name, 1.0)
    assert (ahead.done, ahead.seconds_left, ahead.doing) == (7, 0.0, "doing b")
