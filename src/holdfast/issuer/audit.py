"""The audit log: a line of JSON for each login and each token, and never a secret."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
from pathlib import Path
from typing import Any


class Audit:
    """Appends to a file that may be moved away meanwhile, as logrotate does."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the file; None: nothing is written."""
        self._logger = logging.Logger("holdfast.audit", logging.INFO)
        if path:
            handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8")
            self._logger.addHandler(handler)

    def write(self, **facts: Any) -> None:
        """Write one line. What clients send is quoted by JSON: it cannot make a line of its own."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        line = {"time": f"{stamp}.{int(now % 1 * 1000):03d}Z", **facts}
        self._logger.info("%s", json.dumps(line, separators=(",", ":")))
