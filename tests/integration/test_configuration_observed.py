"""Keys that can be seen at work: in the log, in an answer, or by the reason of an early end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.distribution.configuration import check_keys
from tests.integration.shown_keys import SHOWS, Seen
from tests.integration.startup import nest, run, spread


@pytest.mark.parametrize(
    ("registry_of", "version", "key", "value", "seen"), spread(SHOWS), indirect=["registry_of"]
)
def test_a_key_shows(
    registry_of: Path, tmp_path: Path, *, version: str, key: str, value: Any, seen: Seen
) -> None:
    with run(registry_of, tmp_path, nest(key, value)) as one:
        assert seen(one), one.said
    unknown = [str(c) for c in check_keys(nest(key, value), version) if "no such" in c.text]
    assert unknown == []
