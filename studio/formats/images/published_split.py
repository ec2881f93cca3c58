"""Files of images that their makers set apart to test with, by their names."""

import re
from collections.abc import Sequence

__all__ = ["held_notes", "is_test"]

_TEST = re.compile(r"(^|[-_.])(test|t10k)([-_.]|$)", re.IGNORECASE)


def is_test(name: str) -> bool:
    """Whether a file is one of those: "test_batch", "t10k-images-idx3-ubyte.gz", "test"."""
    return _TEST.search(name) is not None


def held_notes(tests: Sequence[str], files: int) -> list[str]:
    """Describe the test split of ``files`` files, ``tests`` of which are test sets."""
    if tests and len(tests) < files:
        named = " and ".join(tests[:2]) + (" and others" if len(tests) > 2 else "")
        return [f"{named} is the test set, as published."]
    if files > 1:
        return ["The test set is chosen by the seed from all files."]
    return []
