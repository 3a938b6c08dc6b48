"""Check the settings of all hosts, and write them to a file for the command line."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    ControllerAction,
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_settings import (
    origin,
    plain,
    settings_of,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event


class ActionModule(ControllerAction):
    """Resolve and parse the settings of all hosts of the play; contacts no host.

    With `hand_over` the resolved variables are written to that file, if the settings of all hosts
    are valid.
    """

    _requires_connection = False
    phase = "settings"
    reports_good = True
    """True to report that the settings are valid."""
    lines: list[str] = []  # noqa: RUF012 -- replaced, never changed
    """Further output for a person."""

    def act(self) -> dict[str, Any]:
        """Return the number of hosts, or the complaints about all of them."""
        self._hostvars = self.vars["hostvars"]
        return self._all(sorted(self.vars["ansible_play_hosts_all"]))

    def _all(self, hosts: list[str]) -> dict[str, Any]:
        from holdfast.settings import SettingsError, across_hosts  # noqa: PLC0415 -- may be missing

        good, variables, complaints, wrong = {}, {}, [], set[str]()
        for host in hosts:
            try:
                good[host], variables[host] = settings_of(self._hostvars[host], lambda value: value)
            except SettingsError as error:
                complaints += [self._place(host, str(line)) for line in error.complaints]
        for host, settings in good.items():
            lines = [self._place(host, line) for line in self._looked_at(host, settings)]
            complaints += lines
            wrong |= {host} if lines else set()
        together = across_hosts.complaints(good)
        complaints += [self._place(host, str(line)) for host, line in together]
        if complaints:
            bad = len({*hosts} - {*good} | wrong | {host for host, _ in together})
            total = f"{len(complaints)} wrong in {bad} of {len(hosts)} hosts; nothing was touched."
            result = failure("settings", complaints, "INPUT")
            result["holdfast"]["facts"] = {"summary": total}
            return result
        text = f"{len(hosts)} host{'s' * (len(hosts) > 1)}: settings are good"
        facts = {"hosts": hosts, **self._use(good, variables)}
        events = [*self._warnings(variables), *self._notes(good)]
        events += [event("settings", "ok", text)] if self.reports_good else []
        events += self._weaknesses(good)
        return {"holdfast": {"events": events, "lines": self.lines, "facts": facts}}

    def _looked_at(self, host: str, settings: Any) -> list[str]:
        """Return the problems of files on the controller that the settings name.

        Returns nothing for a command that needs only the settings: it may run where no key is.
        """
        if self._task.args.get("hand_over"):
            return []
        from holdfast.certificates import provided_errors  # noqa: PLC0415 -- may be missing
        from holdfast.settings.files import file_errors  # noqa: PLC0415

        folder = Path(str(self._hostvars[host].get("inventory_dir") or "."))
        found = [str(one) for one in file_errors(settings, folder)]
        return found or provided_errors(settings, folder, datetime.now(UTC))

    def _warnings(self, variables: dict[str, Any]) -> list[Event]:
        """Return one line for each `registry_*` variable that is no setting, whatever its value."""
        from holdfast.settings import warnings  # noqa: PLC0415 -- may be missing

        found: dict[str, list[str]] = {}
        for host, own in variables.items():
            for warning in warnings(own):
                found.setdefault(str(warning), []).append(host)
        lines = [self._place(hosts[0], line, several(hosts)) for line, hosts in found.items()]
        return [event("settings", "warning", line) for line in lines]

    def _notes(self, settings: dict[str, Any]) -> list[Event]:
        """Return one event for each choice that the settings leave open."""
        del settings
        return []

    def _weaknesses(self, settings: dict[str, Any]) -> list[Event]:
        """Return one event for each setting that is accepted but weak."""
        from holdfast.settings.weaknesses import weaknesses  # noqa: PLC0415 -- may be missing

        return [
            event("settings", "warning", self._place(host, str(line)))
            for host, one in settings.items()
            for line in weaknesses(one)
        ]

    def _use(self, settings: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Use the valid settings; return facts about the result."""
        del settings
        if self._task.args.get("hand_over"):
            self._hand_over(variables, self._task.args["hand_over"])
        return {}

    def _place(self, host: str, complaint: str, several: str | None = None) -> str:
        """Return a complaint with its host, and with file and line of the value if known."""
        name = re.split(r"[^\w]", complaint, maxsplit=1)[0]
        raw = self._hostvars.raw_get(host).get(name)
        place = origin(raw)
        return f"{os.path.relpath(place) + '  ' if place else ''}{several or host}: {complaint}"

    def _hand_over(self, variables: dict[str, Any], path: str) -> None:
        """Write settings and connection of each host to a file that only this user can read."""
        known = {
            host: {"settings": own, "connection": self._connection_of(host)}
            for host, own in variables.items()
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(known, stream)

    def _connection_of(self, host: str) -> dict[str, Any]:
        known = self._hostvars[host]
        names = [n for n in known if str(n).startswith("ansible_") and n in _CONNECTION]
        return {
            "inventory_dir": str(known.get("inventory_dir") or "."),
            **{str(name): plain(known[name]) for name in names},
        }


def several(hosts: list[str]) -> str:
    """Return the name of the first host, and the number of the others."""
    more = len(hosts) - 1
    return f"{hosts[0]} and {more} more host{'s' * (more > 1)}" if more else hosts[0]


_CONNECTION = {
    *(f"ansible_{key}" for key in ("host", "port", "user", "connection", "password")),
    *(f"ansible_ssh_{key}" for key in ("common_args", "extra_args", "private_key_file", "pass")),
    *(f"ansible_{key}" for key in ("private_key_file", "ssh_host", "ssh_port", "ssh_user")),
    *(f"ansible_become{key}" for key in ("", "_user", "_method", "_password", "_pass")),
}
"""Ansible variables that define the connection to a host."""
