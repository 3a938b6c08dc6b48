"""The registry's log."""

from __future__ import annotations

from typing import Literal

from holdfast.settings.section import Section


class Log(Section):
    """The registry's log, which goes to the journal."""

    level: Literal["error", "warn", "info", "debug"] = "warn"
    """Minimum severity that is logged. `info` and `debug` also log the state tokens of uploads."""
    format: Literal["text", "json"] = "text"
    """Format of log lines."""
