"""Count what a copy has done, and say how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MIB = 1 << 20
_COUNTS = ("unchanged", "older", "hanging", "mounted", "blobs", "bytes", "notes")


class StoppedError(Exception):
    """The run ends: what a thread still reads is not wanted."""


@dataclass
class Report:
    """Result of a run."""

    copied: list[tuple[str, str, str]] = field(default_factory=list)
    """Repository, tag and digest of what is new on the target."""
    unchanged: int = 0
    older: int = 0
    """Images that --since leaves out."""
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    """Repository, tag and reason of what was not copied."""
    notes: list[str] = field(default_factory=list)
    denied: int = 0
    hanging: int = 0
    """Signatures and other tags that follow an image."""
    mounted: int = 0
    blobs: int = 0
    bytes: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        return {
            "event": "copied",
            "images": [
                dict(zip(("repository", "tag", "digest"), one, strict=True)) for one in self.copied
            ],
            "failed": [
                dict(zip(("repository", "tag", "reason"), one, strict=True)) for one in self.failed
            ],
            **{name: getattr(self, name) for name in _COUNTS},
        }

    def total(self, *, check: bool) -> str:
        """Return one line with the result."""
        new = f"{len(self.copied)} {'to copy' if check else 'copied and compared'}"
        parts = [new, f"{self.unchanged} there already"]
        parts += [f"{self.older} older"] * bool(self.older)
        parts += [f"{self.hanging} signatures and the like"] * bool(self.hanging)
        parts += [f"{len(self.failed)} failed"] * bool(self.failed)
        sent = f"{self.bytes / MIB:.1f} MiB in {self.blobs} blobs, {self.mounted} mounted"
        return ", ".join(parts) + ("" if check else f"; {sent}")


class Progress:
    """Bytes and images of a run, for all threads."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._begun, self._shown = time.monotonic(), 0.0
        self.images = self.done = 0
        self.planned = self.bytes = 0
        self.stopped = False
        self.waiting: Callable[[], float] = lambda: 0.0

    def stop(self) -> None:
        """End all threads at their next bytes."""
        self.stopped = True

    def expect(self, images: int) -> None:
        """Note the number of images."""
        self.images = images

    def plan(self, count: int) -> None:
        """Note bytes that will be sent."""
        with self._lock:
            self.planned += count

    def took(self, count: int) -> None:
        """Note bytes that passed."""
        if self.stopped:
            raise StoppedError
        with self._lock:
            self.bytes += count
        self.show()

    def image(self) -> None:
        """Note an image that is done."""
        with self._lock:
            self.done += 1
        self.show()

    def show(self) -> None:
        """Show the state, at most a few times a second."""
        now = time.monotonic()
        if now - self._shown > 0.2:
            self._shown = now
            self._show(self.text(now))

    def text(self, now: float) -> str:
        """Return the state: images, bytes, time left."""
        parts = [f"{self.done} of {self.images} images", f"{self.bytes / MIB:.1f} MiB"]
        if (pause := self.waiting()) > 1:
            return ", ".join([*parts, f"a registry wants a pause of {pause:.0f} s"])
        passed = now - self._begun
        if self.done and passed > 2:
            left = passed * (self.images - self.done) / self.done
            pending = (self.planned - self.bytes) * passed / self.bytes if self.bytes else 0
            parts += [f"{self.bytes / MIB / passed:.1f} MiB/s", f"{_time(max(left, pending))} left"]
        return ", ".join(parts)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
