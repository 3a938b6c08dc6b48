"""Read the required state of a host from the rendered systemd files."""

from __future__ import annotations

import re

from holdfast.rendering import Tree

MEBIBYTES = re.compile(r"\d+M")


class Expected:
    """Accounts, directories and properties of units that a generation asks systemd for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @property
    def accounts(self) -> list[str]:
        """Users of the services. Source: sysusers.d(5)."""
        return [row[1] for row in self._rows("systemd/sysusers.conf") if row[0] == "u"]

    @property
    def memberships(self) -> set[tuple[str, str]]:
        """Pairs of user and group, for each supplementary group of a user."""
        rows = self._rows("systemd/sysusers.conf")
        return {(row[1], row[2]) for row in rows if row[0] == "m"}

    @property
    def directories(self) -> dict[str, tuple[str, str, int]]:
        """Owner, group and mode of each directory. Source: tmpfiles.d(5)."""
        rows = self._rows("systemd/tmpfiles.conf")
        return {row[1]: (row[3], row[4], int(row[2], 8)) for row in rows if row[0] == "d"}

    def properties(self, unit: str) -> list[tuple[str, str]]:
        """Return key and value of each line of a unit's file, in its order."""
        name = unit.partition("@")[0] + "@.service" if "@" in unit else unit
        lines = self._tree[f"systemd/{name}"].content.splitlines()
        rows = [line.partition("=") for line in lines if not line.startswith("#")]
        return [(key, value) for key, _, value in rows if value]

    def loaded(self, unit: str) -> list[tuple[str, str]]:
        """Return the lines of `properties` as systemd shows them: sizes in bytes."""
        return [
            (key, str(int(value[:-1]) << 20) if MEBIBYTES.fullmatch(value) else value)
            for key, value in self.properties(unit)
        ]

    def _rows(self, path: str) -> list[list[str]]:
        lines = self._tree[path].content.splitlines()
        return [line.split() for line in lines if line and not line.startswith("#")]
