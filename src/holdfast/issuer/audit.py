"""Write the audit log: one line of JSON for each login and each token, without secrets."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
from pathlib import Path
from typing import Any


class Audit:
    """Append to a file that logrotate may move."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the log file; None: nothing is written."""
        self._logger = logging.Logger("holdfast.audit", logging.INFO)
        if path:
            handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8")
            self._logger.addHandler(handler)

    def write(self, **facts: Any) -> None:
        """Write one line. JSON escapes clients' data, so that it cannot create lines."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        line = {"time": f"{stamp}.{int(now % 1 * 1000):03d}Z", **facts}
        self._logger.info("%s", json.dumps(line, separators=(",", ":")))
