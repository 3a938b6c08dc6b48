"""The registry's log."""

from __future__ import annotations

from typing import Literal

from holdfast.settings.section import Section

ACCESS_LOG_DAYS = 14
"""Days for which the proxy's access log is kept: what is known of pulls."""


class Log(Section):
    """The registry's log, which goes to the journal."""

    level: Literal["error", "warn", "info", "debug"] = "warn"
    """Minimum severity that is logged. `info` and `debug` also log the state tokens of uploads."""
    format: Literal["text", "json"] = "text"
    """Format of log lines."""
