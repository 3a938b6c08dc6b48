"""What the action plugins share: the host's module, and results that tell what happened."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

try:
    # The rest of holdfast is imported where it is used, while the host is already at work.
    from holdfast.errors import Exit, HoldfastError

    MISSING = ""
except ImportError as error:  # pragma: no cover -- a broken installation
    MISSING = (
        f"the Python package holdfast cannot be imported ({error})."
        " Install this project with pip for the Python that runs Ansible"
    )

from ansible_collections.holdfast.registry.plugins.plugin_utils import payload
from ansible_collections.holdfast.registry.plugins.plugin_utils.hostsettings import settings_of

if TYPE_CHECKING:
    from holdfast.certificates import Wanted
    from holdfast.deploying import Desired
    from holdfast.settings import Settings

HOST = "holdfast.registry.host"
PYTHON = "/usr/bin/python3"
"""Python of the platforms that there are, where the inventory names none."""


class HostError(Exception):
    """The host's module failed; `result` is what the task shall return."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = result


class HostAction(ActionBase):  # type: ignore[misc]
    """An action that works from a host's settings."""

    _supports_check_mode = True
    _supports_diff = True
    phase = "preflight"

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run `act`, and turn every error of ours into a result."""
        super().run(tmp, task_vars)
        self.vars = task_vars or {}
        self.events: list[dict[str, Any]] = []
        if MISSING:
            return failure("preflight", [MISSING], "UNEXPECTED")
        try:
            return self.act()
        except HostError as error:
            told = error.result
        except HoldfastError as error:
            told = failure(self.phase, list(error.lines), Exit(error.exit_code).name)
        # What went well before is told, too.
        told["holdfast"]["events"][:0] = self.events
        return told

    def act(self) -> dict[str, Any]:
        """Return the result of the task."""
        raise NotImplementedError

    def desired(self) -> Desired:
        """Return what the host should be."""
        from holdfast.deploying import desired  # noqa: PLC0415 -- slow to import

        return desired(self.settings())

    def settings(self) -> Settings:
        """Return the settings of the host; SettingsError when they are wrong."""
        settings, self.flat = settings_of(self.vars, self._templar.template)
        return settings

    def host(self, verb: str, order: Any = None, secrets: Any = None) -> dict[str, Any]:
        """Let the host do something, see module_utils/verbs.py; HostError when it fails."""
        order, secrets = order or {}, secrets or {}
        if self._connection.is_pipelining_enabled():
            result = self._sent(verb, order, secrets)
        else:
            arguments = {"verb": verb, "order": order, "secrets": secrets}
            result = self._execute_module(
                module_name=HOST, module_args=arguments, task_vars=self.vars
            )
        if result.get("failed") or result.get("unreachable"):
            serving = verb in ("deploy", "rollback", "rotate", "move-copy")
            raise HostError(self._told(result, serving))
        return result

    def _sent(self, verb: str, order: Any, secrets: Any) -> dict[str, Any]:
        """Run a verb by a program of ours: Ansible's own wrapper takes three times as long."""
        found = constants.config.get_config_value("INTERPRETER_PYTHON", variables=self.vars)
        python = str(self._templar.template(found))
        # Isolated: nothing that lies in a home directory is imported; nor is what others installed.
        command = f"{python if python.startswith('/') else PYTHON} -I -S -"
        done = self._low_level_execute_command(
            f"{self._compute_environment_string()} {command}".strip(),
            in_data=payload.program(verb, order, secrets, check=self._task.check_mode),
        )
        return payload.answer(done)

    def observe(self) -> tuple[dict[str, Any], tuple[float, float]]:
        """Return what the host says of itself, and between which times here it said so."""
        before = time.time()
        return self.host("observe")["answer"], (before, time.time())

    def reconnect(self) -> None:
        """Let the next command of this task go over a new connection."""
        reset = getattr(self._connection, "reset", None)
        if reset:
            reset()

    def answers(self) -> bool:
        """Tell whether the host can be reached."""
        try:
            return bool(self._low_level_execute_command("true", sudoable=False)["rc"] == 0)
        except AnsibleError:
            return False

    @staticmethod
    def probe_of(wish: Desired) -> tuple[dict[str, Any], str | None]:
        """Return how the host reaches its registry, and the password with which it does."""
        user = wish.settings.probe_user
        password = user.password.get_secret_value() if user and user.password else None
        return {**wish.expect["probe"], "username": user.name if user else None}, password

    def certificates(self, wish: Desired, present: Any, *, create: bool) -> Wanted:
        """Return the certificates that the host needs beside those that are `present`."""
        from holdfast.certificates import Occasion, wanted  # noqa: PLC0415 -- slow to import

        occasion = Occasion(datetime.now(UTC), create=create, **self.asked)
        return wanted(wish.settings, self.inventory_directory, present or {}, occasion)

    @property
    def asked(self) -> dict[str, bool]:
        """What is asked of certificates beyond what is due: to renew them, with a new key."""
        return {name: boolean(self._task.args.get(name) or False) for name in ("renew", "new_key")}

    @property
    def inventory_directory(self) -> Path:
        """Folder from which relative paths of the settings count."""
        return Path(self.vars.get("inventory_dir") or ".")

    def _told(self, result: dict[str, Any], serving: bool) -> dict[str, Any]:
        lines = [str(result.get("msg", "failed")).strip(), *result.get("lines", [])]
        told = failure(self.phase, lines, "FAILED" if serving else "REFUSED")
        told["holdfast"]["events"][:0] = result.get("events", [])
        return {**told, "unreachable": bool(result.get("unreachable"))}


def deployer() -> str:
    """Return who deploys, as this machine knows them."""
    return getpass.getuser()


def failure(phase: str, lines: list[str], exit_name: str) -> dict[str, Any]:
    """Return the result of a task that failed, with the exit code that the command line gives."""
    event = {"phase": phase, "state": "failed", "text": lines[0], "lines": lines[1:]}
    return {
        "failed": True,
        "msg": "\n".join(lines),
        "holdfast": {"events": [event], "exit": exit_name},
    }


def event(phase: str, state: str, text: str, **more: Any) -> dict[str, Any]:
    """Return one line of progress."""
    return {"phase": phase, "state": state, "text": text, **more}
