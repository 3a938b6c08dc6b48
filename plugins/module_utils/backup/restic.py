"""Run restic with secrets that are in no command line, and explain its errors."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, cast

from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
        Snapshot,
    )

PROGRAM = "restic"
SNAPSHOTS = "holdfast"
"""Tag of a snapshot with the list of links, whose images are complete."""
BLOBS = "holdfast-blobs"
"""Tag of a snapshot with blobs."""
_HINTS = (
    (
        "wrong password",
        "the password opens no key of the repository. Look at registry_backup_password",
    ),
    (
        "already locked",
        "another process works on the repository. Wait for its end; if it died on"
        " another host, remove its lock there: restic unlock",
    ),
    ("no space left", "the target is full. Make room there, or lower registry_backup_keep"),
    (
        "unsupported repository version",
        "restic is too old for the repository. Install a newer one,"
        " or choose another registry_backup_target",
    ),
)
"""Explanations by a part of restic's message."""
_LOGIN = re.compile(r"://[^@/\s]*@")
MOST_LINES = 5
END_SECONDS = 2.0
"""Time that a restic needs to end after its last byte."""


class ResticError(StepError):
    """Restic failed; `said` is its own message."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message, said.splitlines()[:MOST_LINES])
        self.said = said


class Restic:
    """The repository of a plan; the files with its secrets are in a folder."""

    def __init__(self, plan: BackupPlan, secrets: str) -> None:
        self.plan = plan
        self._secrets = secrets

    def run(self, *arguments: str, cwd: str | None = None, good: tuple[int, ...] = (0,)) -> str:
        """Return what a command of restic prints. Raises ResticError."""
        done = subprocess.run(
            self._argv(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=cwd,
            env=self._environment(),
        )
        if done.returncode not in good:
            raise self._error(arguments[0], done.stderr or done.stdout)
        return done.stdout

    @contextmanager
    def reading(self, *arguments: str) -> Iterator[IO[bytes]]:
        """Give the block what a command prints, as a stream. Raises ResticError if it fails."""
        with subprocess.Popen(
            self._argv(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(),
        ) as process:
            out, err = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)
            try:
                yield out
            except BaseException as error:
                # Of a stream that restic has cut, its own message is the reason.
                with suppress(subprocess.TimeoutExpired):
                    process.wait(END_SECONDS)
                if process.returncode:
                    said = err.read().decode("utf-8", "replace")
                    raise self._error(arguments[0], said) from error
                process.kill()
                raise
            for _ in iter(lambda: out.read(1 << 16), b""):
                pass
            said = err.read().decode("utf-8", "replace")
        if process.returncode:
            raise self._error(arguments[0], said)

    def json(self, *arguments: str) -> Any:
        """Return the JSON that a command prints."""
        return json.loads(self.run(*arguments, "--json") or "null")

    def snapshots(self) -> list[Snapshot]:
        """Return the snapshots of this registry, the oldest first."""
        found = self.json("snapshots", "--host", self.plan["host"]) or []
        ours: list[Snapshot] = [
            one for one in found if {SNAPSHOTS, BLOBS} & set(one.get("tags") or ())
        ]
        return sorted(ours, key=lambda one: one["time"])

    def _argv(self, arguments: tuple[str, ...]) -> list[str]:
        options = [one.replace("{secrets}", self._secrets) for one in self.plan["options"]]
        cache = () if self.plan["cache"] else ("--no-cache",)
        return [PROGRAM, *cache, *options, *arguments]

    def _environment(self) -> dict[str, str]:
        if shutil.which(PROGRAM) is None:
            raise StepError("restic: expected the program, found none. Run: holdfast deploy")
        own: dict[str, str] = files.read_json(f"{self._secrets}/environment.json") or {}
        return {
            **{key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ},
            "RESTIC_PASSWORD_FILE": f"{self._secrets}/password",
            "RESTIC_REPOSITORY_FILE": f"{self._secrets}/repository",
            "RESTIC_CACHE_DIR": self.plan["cache"],
            **own,
        }

    def _error(self, verb: str, said: str) -> ResticError:
        said = _LOGIN.sub("://***@", said.strip())
        target, low = self.plan["target"], said.lower()
        for part, words in _HINTS:
            if part in low:
                return ResticError(f"{target}: {words}", said)
        first = said.partition("\n")[0] or "it said nothing"
        return ResticError(f"{target}: restic {verb}: {first}. See docs/backup.md", said)
