"""Show on a terminal what a long verb waits for, and how far it is."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from holdfast.terminal import spinner

if TYPE_CHECKING:
    from rich.status import Status


class Waiting:
    """A line on standard error that is replaced while a verb works; none without a terminal."""

    def __init__(self, text: str, *, quiet: bool = False) -> None:
        self._text = text
        self._wanted = not quiet and sys.stderr.isatty()
        self._status: Status | None = None

    def __enter__(self) -> Waiting:
        self.show(self._text)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()
            self._status = None

    def show(self, text: str) -> None:
        """Replace the line."""
        if not self._wanted:
            return
        from rich.text import Text  # noqa: PLC0415 -- slow to import

        if self._status is None:
            from rich.console import Console  # noqa: PLC0415

            console = Console(stderr=True)
            self._status = console.status(Text(text), spinner=spinner(console.encoding))
            self._status.start()
        self._status.update(Text(text, overflow="ellipsis", no_wrap=True))
