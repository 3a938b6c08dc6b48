"""Start a real registry with a test's configuration, and read its output."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    client as registry_client,
)

from holdfast.settings.sections.extra_config import merged

SECONDS = 20.0
DRIVERS = {"s3", "s3aws", "gcs", "azure", "swift"}
NAME = "registry.test.example"


@dataclass(frozen=True)
class Run:
    """A registry that answers, or one that ended at its start."""

    socket: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def code(self) -> int | None:
        """Exit code; None while it runs."""
        return self.process.poll()

    def ended(self) -> bool:
        """Return True if it ends by itself: it finds some errors only after it listens."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS)
        return self.code is not None

    @property
    def said(self) -> str:
        """Output so far, including configuration errors."""
        return self.log.read_text(errors="replace")

    def comes_to_say(self, text: str) -> bool:
        """Return True if it writes a text: some lines follow only after it listens."""
        deadline = time.monotonic() + SECONDS
        while text not in self.said and time.monotonic() < deadline:
            time.sleep(0.02)
        return text in self.said

    def ask(self, method: str, path: str, **headers: str) -> registry_client.Reply:
        """Return its answer to one request, whatever the status."""
        client = registry_client.over_unix(str(self.socket), NAME)
        try:
            return client.request(method, path, b"", headers)
        finally:
            client.close()


@contextmanager
def run(
    binary: Path, folder: Path, changes: Mapping[str, Any], **environment: str
) -> Iterator[Run]:
    """Run a registry with a small configuration and some changes to it; end it afterwards.

    A storage driver among the changes takes the place of the file system.
    """
    config = merged(least(folder), changes)
    if {*config["storage"]} & DRIVERS:
        del config["storage"]["filesystem"]
    path, log = folder / "config.yml", folder / "log"
    path.write_text(yaml.safe_dump(config))
    with serving(binary, path, log, folder / "socket", **environment) as one:
        yield one


def least(folder: Path) -> dict[str, Any]:
    """Return the least that a registry starts with, all of it below a folder."""
    return {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"net": "unix", "addr": str(folder / "socket"), "secret": "0" * 32},
    }


@contextmanager
def serving(
    binary: Path, config: Path, log: Path, listening: Path, **environment: str
) -> Iterator[Run]:
    """Run a registry with a configuration file until it answers on its socket or ends."""
    everything = {**os.environ, "OTEL_TRACES_EXPORTER": "none", **environment}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [binary, "serve", config],
            cwd=config.parent,  # what a relative path in a configuration names is left there
            env=everything,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and not _answers(listening):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield Run(listening, log, process)
    finally:
        process.terminate()
        process.wait(10)


def _answers(listening: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(listening))
        except OSError:
            return False
    return True


def nest(path: str, value: Any) -> dict[str, Any]:
    """Return a configuration with one value at a path."""
    for part in reversed(path.split(".")):
        value = {part: value}
    return dict(value)


def spread(rows: list[Any]) -> list[Any]:
    """Return one row for each version of a row."""
    return [
        pytest.param(version, version, *row[1:], id=f"{version} {number} {str(row[1])[:40]}")
        for number, row in enumerate(rows)
        for version in row[0]
    ]
