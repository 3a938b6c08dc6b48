"""Remember what a copy has written, so that a second run need not look for it again.

A line that was cut by a sudden end is not read. What the journal says is a hint alone: if the
target lacks it by now, the journal forgets it and the part is written again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
from pathlib import Path

from holdfast.errors import RefusedError


def place(source: str, target: str) -> Path:
    """Return the path of the journal of a pair of sides."""
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    name = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:16]
    return base / "holdfast" / "copies" / f"{name}.journal"


class Journal:
    """Parts that are on the target, by repository and digest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[str, set[str]] = {}
        """Repositories by digest."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for line in _lines(path):
            repository, _, digest = line.partition(" ")
            self._known.setdefault(digest, set()).add(repository)
        self._stream = path.open("a", encoding="utf-8")
        _hold(self._stream.fileno())

    def has(self, repository: str, digest: str) -> bool:
        """Return True if a part was written to a repository."""
        return repository in self._known.get(digest, ())

    def elsewhere(self, digest: str) -> str:
        """Return a repository that has a part; "" if none is known."""
        with self._lock:
            return next(iter(sorted(self._known.get(digest, ()))), "")

    def add(self, repository: str, digest: str) -> None:
        """Note a part that is on the target."""
        with self._lock:
            if repository in self._known.setdefault(digest, set()):
                return
            self._known[digest].add(repository)
            self._stream.write(f"{repository} {digest}\n")
            self._stream.flush()

    def forget(self, repository: str) -> None:
        """Forget a repository, for this run."""
        with self._lock:
            for repositories in self._known.values():
                repositories.discard(repository)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _lines(path: Path) -> list[str]:
    """Return the complete lines, and cut one off that is not."""
    with contextlib.suppress(FileNotFoundError):
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(path, len(whole))
        return whole.decode("utf-8", "replace").splitlines()
    return []


def _hold(descriptor: int) -> None:
    """Lock the journal until its file is closed. Raises RefusedError if another run has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RefusedError(
            "copy: expected to be the only one between these two registries, and another one runs."
            " Wait for its end"
        ) from error
