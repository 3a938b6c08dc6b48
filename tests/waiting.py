"""Wait for what happens a moment later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(happened: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something happened. Raises AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
