"""Verify all hosts of the play from the controller, against their settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.action.check import ActionModule as Check

if TYPE_CHECKING:
    from holdfast.verification.controls import Profile


class ActionModule(Check):
    """Run the verification suite, if the settings of all hosts are valid."""

    reports_good = False

    def _looked_at(self, host: str, settings: Any) -> list[str]:
        """Return nothing: a verification needs no file that is only deployed."""
        del host, settings
        return []

    def _use(self, settings: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Verify; return the counts."""
        from holdfast.verification import hosts, run, table  # noqa: PLC0415 -- slow to import
        from holdfast.verification import results as results_of  # noqa: PLC0415
        from holdfast.verification.controls import chosen  # noqa: PLC0415
        from holdfast.verification.report import page  # noqa: PLC0415

        del variables
        given = self._task.args
        profile: Profile = given.get("profile") or "default"
        only = _listed(given.get("only") or ())
        controls = chosen(profile, only, self._asked("intrusive"))
        ca = Path(given["ca"]) if given.get("ca") else None
        login = self._login(settings.values()) if given.get("user") else None
        view = hosts.View(self._asked("outside"), self._asked("by_address"), ca, login)
        extent = view.extent(profile, only)
        junit, html = (Path(given[kind]) if given.get(kind) else None for kind in ("junit", "html"))
        known = [(name, one, self._connection_of(name)) for name, one in settings.items()]
        with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
            targets = hosts.targets(known, view, Path(folder))
            origin = results_of.Origin(inventory=_inventories(known), extent=extent)
            results = run(targets, controls=controls, junit=junit, origin=origin)
        if html:
            page.write(results, html)
        reports = [one for one in (junit, html) if one]
        self.lines = [*table.table(results), table.total(results, reports)]
        return {"well": results.ok, "counts": asdict(results.total)}

    def _login(self, settings: Iterable[Any]) -> Any:
        """Return the user of the task, with the password of the settings or of a file."""
        from holdfast.errors import InputError  # noqa: PLC0415 -- may be missing
        from holdfast.verification.hosts import login_of  # noqa: PLC0415

        name, path = self._task.args["user"], self._task.args.get("password_file")

        def password() -> str:
            if not path:
                raise InputError(
                    f"user: expected a password of {name}, got none. Set password_file"
                )
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")

        return login_of(name, settings, password)

    def _asked(self, name: str) -> bool:
        return bool(boolean(self._task.args.get(name) or False))


def _inventories(known: list[tuple[str, Any, Any]]) -> str:
    """Return the folders of the inventories that name the hosts."""
    return ", ".join(sorted({str(connection["inventory_dir"]) for _, _, connection in known}))


def _listed(value: Any) -> list[str]:
    """Return a list, also of a text as `-e` gives it, as Ansible converts one."""
    return value.split(",") if isinstance(value, str) else list(value)
