"""Base of the action plugins: run verbs on the host, and build results with events."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.holdfast.registry.plugins.plugin_utils import bootstrap, phases
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    VERSION,
    ControllerAction,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_settings import settings_of

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        CertificateTexts,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Observed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ObtainOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import UserProbe

    from holdfast.certificates import Wanted
    from holdfast.deploying import Desired
    from holdfast.distribution import Binary
    from holdfast.settings import Settings

HOST = "holdfast.registry.host"
PYTHON = "/usr/bin/python3"
"""Python of the supported platforms, if the inventory names none."""


SERVING = ("deploy", "rollback", "rotate", "restart", "flush", "move-copy", "remove", "patch")
"""Verbs that can fail after they have begun."""
PLATFORM_FACT = "holdfast_platform"
"""Key of `ansible_facts` with the host's platform, for later tasks of a play."""


class HostError(Exception):
    """A verb failed on the host; `result` is the result of the task."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = result


class HostAction(ControllerAction):
    """An action that works from a host's settings."""

    _supports_diff = True
    guesses = False
    """True to parse settings that name no platform before the host reported its own."""
    _platform: str | None = None

    def outcome(self) -> dict[str, Any]:
        """Run `act`, and convert an error of the host to a task result, too."""
        try:
            return super().outcome()
        except HostError as error:
            return self.failed(error.result)

    def desired(self) -> Desired:
        """Return the desired state of the host."""
        from holdfast.deploying import desired  # noqa: PLC0415 -- slow to import

        return desired(self.settings())

    def settings(self) -> Settings:
        """Return the settings of the host. Raises SettingsError if they are invalid."""
        if not (self.platform or self.guesses or "registry_platform" in self.vars):
            self.host("platform")
        settings, self.flat = settings_of(self.vars, self._templar.template, self.platform)
        return settings

    @property
    def platform(self) -> str | None:
        """Platform that the host reported in this task or an earlier one; None: not yet."""
        known = self.vars.get("ansible_facts") or {}
        return self._platform or known.get(PLATFORM_FACT)

    def host(self, verb: str, order: Any = None, secrets: Any = None) -> dict[str, Any]:
        """Run a verb on the host, see module_utils/dispatch.py. Raises HostError if it fails."""
        more = {"holdfast": VERSION, "despite_lock": self.despite_lock}
        order, secrets = {**(order or {}), **more}, secrets or {}
        if self._connection.is_pipelining_enabled():
            result = self._sent(verb, order, secrets)
        else:
            arguments = {"verb": verb, "order": order, "secrets": secrets}
            result = self._execute_module(
                module_name=HOST, module_args=arguments, task_vars=self.vars
            )
        if result.get("failed") or result.get("unreachable"):
            began = verb in SERVING and not result.get("refused")
            raise HostError(self._failed(result, began))
        self._learn_platform(result.get("answer"))
        return result

    @property
    def despite_lock(self) -> bool:
        """True if this run may change a host that is closed to deploys."""
        return bool(boolean(self.vars.get("holdfast_despite_lock") or False))

    def _learn_platform(self, answer: Any) -> None:
        """Store the host's platform, for settings that do not name it."""
        if isinstance(answer, dict) and answer.get("os"):
            from holdfast.platforms import found  # noqa: PLC0415 -- while the host is at work

            self._platform = found(answer["os"])

    def _sent(self, verb: str, order: Any, secrets: Any) -> dict[str, Any]:
        """Run a verb by our own program: Ansible's wrapper takes three times as long."""
        found = constants.config.get_config_value("INTERPRETER_PYTHON", variables=self.vars)
        python = str(self._templar.template(found))
        # Isolated: nothing that lies in a home directory is imported; nor is what others installed.
        command = f"{python if python.startswith('/') else PYTHON} -I -S -"
        done = self._low_level_execute_command(
            f"{self._compute_environment_string()} {command}".strip(),
            in_data=bootstrap.program(verb, order, secrets, check=self._task.check_mode),
        )
        return bootstrap.answer(done)

    def observe(self) -> tuple[Observed, tuple[float, float]]:
        """Return the host's facts, and the controller's times before and after."""
        before = time.time()
        return self.host("observe")["answer"], (before, time.time())

    def reconnect(self) -> None:
        """Reset the connection, so that the next command opens a new one."""
        reset = getattr(self._connection, "reset", None)
        if reset:
            reset()

    def answers(self) -> bool:
        """Return True if the host can be reached."""
        try:
            return bool(self._low_level_execute_command("true", sudoable=False)["rc"] == 0)
        except AnsibleError:
            return False

    @property
    def phases(self) -> frozenset[str]:
        """Phases of a deploy that the tags of this run leave."""
        return phases.chosen(
            self.vars.get("ansible_run_tags") or (), self.vars.get("ansible_skip_tags") or ()
        )

    @staticmethod
    def probe_of(desired: Desired) -> tuple[UserProbe, str | None]:
        """Return the probe of the registry with its username, and the password."""
        user = desired.settings.probe_user
        password = user.password.get_secret_value() if user and user.password else None
        probe: UserProbe = {
            **desired.expect["probe"],
            "username": user.name if user else None,
        }
        return probe, password

    def obtain(self, settings: Settings, machine: str) -> tuple[Binary, list[str]]:
        """Return the registry's binary on the controller, and notes about its origin."""
        from holdfast.distribution import default_cache, obtain  # noqa: PLC0415 -- rarely needed
        from holdfast.rendering import outbound  # noqa: PLC0415

        notes = list[str]()
        source = settings.distribution.obtained
        assert source
        folder, cache = self.inventory_directory, default_cache()
        proxied = outbound.of_controller(settings.outbound)
        return obtain(source, machine, folder, cache, notes.append, proxied), notes

    def certificates(
        self, desired: Desired, present: CertificateTexts | None, *, create: bool
    ) -> Wanted:
        """Return the certificates that the host needs in addition to those that are `present`."""
        from holdfast.certificates import Occasion, wanted  # noqa: PLC0415 -- slow to import

        new = boolean(self._task.args.get("new_authority") or False)
        occasion = Occasion(datetime.now(UTC), create=create, new_authority=new, **self.requested)
        return wanted(desired.settings, self.inventory_directory, present, occasion)

    @property
    def requested(self) -> ObtainOrder:
        """Requested changes of certificates that are not due: renew them, with a new key."""
        given = self._task.args
        return {
            "renew": boolean(given.get("renew") or False),
            "new_key": boolean(given.get("new_key") or False),
        }

    @property
    def inventory_directory(self) -> Path:
        """Directory that relative paths in settings refer to."""
        return Path(self.vars.get("inventory_dir") or ".")

    def _failed(self, result: dict[str, Any], serving: bool) -> dict[str, Any]:
        lines = [str(result.get("msg", "failed")).strip(), *result.get("lines", [])]
        exit_name = "FAILED" if serving else "REFUSED"
        failed = failure(self.phase, lines, "INPUT" if result.get("wrong_input") else exit_name)
        failed["holdfast"]["events"][:0] = result.get("events", [])
        return {**failed, "unreachable": bool(result.get("unreachable"))}


def deployer() -> str:
    """Return the name of the user who deploys."""
    return getpass.getuser()
