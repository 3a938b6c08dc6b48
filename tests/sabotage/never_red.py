"""Controls that no test has seen red, by the reason. The list is empty, and stays so."""

from __future__ import annotations

NEVER_RED: dict[str, tuple[str, ...]] = {}
