"""Keep an index equal to the store: by hints at once, by looks at all of it every few minutes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import schema, writing
from ansible_collections.holdfast.registry.plugins.module_utils.index.hints import Hints

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexPlan,
        IndexState,
    )

TURN_SECONDS = 0.1
"""Time between two looks at the size of the access log."""
LEAST_PAUSE, MOST_PAUSE, SHARE = 30.0, 900.0, 50.0
"""Seconds between two looks at the store: so many times what the last one took, within limits."""
THOROUGH_SECONDS = 24 * 3600.0
"""Time between two looks at each blob."""
LEAST_RETRY, MOST_RETRY = 1.0, 300.0
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Builder:
    """Writer of the index. Nobody waits for it: questions are answered with what is there."""

    def __init__(self, plan: IndexPlan) -> None:
        self._path, self._store = plan["database"], Directory(plan["directory"])
        self._hints = Hints(plan["log"])
        self._gaps = 0
        self._thorough = time.monotonic() + THOROUGH_SECONDS
        self._unread: dict[str, str] = {}
        self.state: IndexState = {"complete": False, "looked": 0, "problem": ""}
        self.damaged = threading.Event()
        """Set by a reader to which the file is damaged."""

    def run(self, ended: threading.Event) -> None:
        """Write until the end; a file that cannot be used is made again."""
        retry = LEAST_RETRY
        while not ended.is_set():
            begun = time.monotonic()
            try:
                with contextlib.closing(schema.opened(self._path)) as database:
                    self._write(database, ended)
            except (sqlite3.Error, OSError) as problem:
                if damage(problem):
                    schema.wipe(self._path)
                self.state["problem"] = f"{self._path}: {problem}"
                retry = LEAST_RETRY if time.monotonic() - begun > MOST_RETRY else retry * 2
                ended.wait(min(retry, MOST_RETRY))

    def _write(self, database: sqlite3.Connection, ended: threading.Event) -> None:
        """Follow the store until the end, or until the file is another one or damaged."""
        file = os.stat(self._path).st_ino
        self.state["complete"] = False
        steps = self._steps(database)
        while not ended.is_set():
            if self.damaged.is_set():
                self.damaged.clear()
                schema.wipe(self._path)
            if not _is(self._path, file):
                return
            for name in self._hints.names():
                self._update(database, name)
            if not next(steps):
                ended.wait(TURN_SECONDS)

    def _steps(self, database: sqlite3.Connection) -> Iterator[bool]:
        """Yield True after each step of a look, and False while none is due."""
        while True:
            begun, self._gaps = time.monotonic(), self._hints.gaps
            try:
                yield from self._look(database)
            except OSError as problem:  # a folder went away meanwhile, or cannot be read
                self.state["problem"] = str(problem)
            else:
                self.state["complete"], self.state["problem"] = True, self._problem
            took = time.monotonic() - begun
            due = time.monotonic() + min(max(SHARE * took, LEAST_PAUSE), MOST_PAUSE)
            while time.monotonic() < due and self._hints.gaps == self._gaps:
                yield False

    def _look(self, database: sqlite3.Connection) -> Iterator[bool]:
        """Compare all repositories of the store with the index, one a step."""
        again = time.monotonic() >= self._thorough
        if again:
            self._thorough = time.monotonic() + THOROUGH_SECONDS
        self._unread, seen = {}, set[str]()
        self.state["looked"] = 0
        for one in self._store.repositories():
            seen.add(one.name)
            self._update(database, one.name, again=again)
            self.state["looked"] = len(seen)
            yield True
        for (name,) in database.execute("select name from repository").fetchall():
            if name not in seen:
                self._update(database, name)
                yield True

    def _update(self, database: sqlite3.Connection, name: str, *, again: bool = False) -> None:
        try:
            writing.update(database, self._store, name, again=again)
            self._unread.pop(name, None)
        except OSError as problem:
            self._unread[name] = str(problem)

    @property
    def _problem(self) -> str:
        if not self._unread:
            return ""
        name, why = next(iter(self._unread.items()))
        return f"{len(self._unread)} repositories cannot be read, such as {name}: {why}"


def damage(problem: Exception) -> bool:
    """Return True if an error says that the file is damaged."""
    return (getattr(problem, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def _is(path: str, file: int) -> bool:
    try:
        return os.stat(path).st_ino == file
    except OSError:
        return False
