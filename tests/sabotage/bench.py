"""One host that is broken and mended, and the suite that looks at it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.settings import parse
from holdfast.verification import Connection, Results, Target, run
from holdfast.verification.controls import CONTROLS
from tests.hosts.conftest import Site
from tests.sabotage.sabotage import PRELUDE, Sabotage

# One connection for all: a new one would take longer than what is asked by it.
SHARED = "-o ControlMaster=auto -o ControlPersist=60"


@dataclass(frozen=True)
class Bench:
    """A deployed host."""

    site: Site
    sockets: Path

    def sh(self, script: str) -> str:
        """Run a script of bash as root, after the words of sabotage."""
        argv = ["ssh", *self._shared, *self.site.host.ssh_command()[1:], "bash", "-s"]
        done = subprocess.run(
            argv, input=PRELUDE + script, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def look(self, controls: Iterable[str], **changes: Any) -> Results:
        """Look at some controls, with these settings changed that nobody deployed."""
        return run([self._target(changes)], controls=frozenset(controls))

    @property
    def _shared(self) -> list[str]:
        return [*SHARED.split(), "-o", f"ControlPath={self.sockets}/%C"]

    def _target(self, changes: dict[str, Any]) -> Target:
        given = self.site.host.inventory_vars()
        given["ansible_ssh_extra_args"] = " ".join(self._shared)
        wanted = {**self.site.variables, **changes}
        settings = parse({name: value for name, value in wanted.items() if value is not None})
        host = self.site.host
        ca = self.site.folder / "pki" / "ca.crt"
        connection = Connection.from_variables(host.name, given)
        return Target(host.name, settings, connection, host.address, ca)


def looked_at(case: Sabotage) -> set[str]:
    """Return the controls that are looked at for a sabotage: its group, or its own alone."""
    group = CONTROLS[case.red].group
    quick = {
        c.id for c in CONTROLS.values() if c.group == group and c.depth in ("basic", "default")
    }
    return case.reds if case.only else quick | case.reds
