"""Compare a host with its settings, and run the preflight: the first task of a deploy.

A single-host play that needs no packages and no binary activates the new generation in the same
task, because no other host can still fail its preflight.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking
from ansible_collections.holdfast.registry.plugins.plugin_utils.activate import activate
from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import (
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    PLATFORM_FACT,
    HostAction,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_settings import resolved

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        Examined,
        Locked,
        Observed,
        Seen,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ExamineOrder,
    )

    from holdfast.deploying import Desired


class ActionModule(HostAction):
    """Compare a host with its settings in one round trip; examine it further if they differ."""

    guesses = True

    def act(self) -> dict[str, Any]:
        """Return the pending changes, or the complaints of the preflight."""
        with ThreadPoolExecutor(1) as beside:
            self._beside = beside
            self._coming: Future[Desired] | None = None
            seen, between = self.observe()
            # Nothing is imported here before: two threads that import can find half of a package.
            coming = self._coming or beside.submit(self._desired)
            desired = self.desired() if self._guessed_wrong else coming.result()
        known = seen["locked"]
        if known and not (self.despite_lock or self._task.check_mode):
            return failure("lock", [locking.refusal(known)], "REFUSED")
        reason = self.certificates(desired, seen["certificates"], create=False).reason
        facts, strangers = self._facts(desired, seen), self._drop_ins(desired, seen)
        self.events = [*self._warnings(), *strangers, *self._locked(known)]
        if seen["identity"] == desired.identity and not (
            seen["drift"] or seen["interrupted"] or reason
        ):
            report = {"events": [*self.events, self._ended(seen, strangers)], "facts": facts}
            return {"changed": False, "in_sync": True, "holdfast": report}
        return self._closer(desired, seen, between, reason, facts)

    @staticmethod
    def _ended(seen: Observed, strangers: list[Event]) -> Event:
        """Return the result of a deploy that finds the generation as the settings say."""
        number = seen["generation"]
        if strangers:
            text = f"generation {number} answers, but drop-ins change its units. See above"
            return event("gate", "warning", text)
        return event("gate", "ok", f"nothing to do (generation {number}, intact, answering)")

    @staticmethod
    def _drop_ins(desired: Desired, seen: Observed) -> list[Event]:
        """Return one event for each drop-in that the settings do not name."""
        from holdfast.deploying import drop_ins  # noqa: PLC0415 -- while the host is at work

        found = drop_ins.foreign(desired.settings, seen["drop_ins"])
        return [event("units", "warning", drop_ins.complaint(path)) for path in found]

    def _locked(self, known: Locked | None) -> list[Event]:
        """Return one event if a deploy would be refused, which check mode is not."""
        dry = self._task.check_mode and not self.despite_lock
        return [event("lock", "warning", locking.said(known))] if known and dry else []

    def _warnings(self) -> list[Event]:
        """Return one event for each `registry_*` variable that is no setting."""
        from holdfast.settings import warnings  # noqa: PLC0415 -- slow to import

        return [event("settings", "warning", str(one)) for one in warnings(self.flat)]

    @property
    def _guessed_wrong(self) -> bool:
        """True if the settings name no platform, and the host does not run the default one."""
        from holdfast.platforms import DEFAULT  # noqa: PLC0415 -- while the host is at work

        return "registry_platform" not in self.vars and self.platform != DEFAULT

    def _desired(self) -> Desired:
        import holdfast.certificates  # noqa: F401, PLC0415 -- slow to import

        return self.desired()

    def _low_level_execute_command(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Run a command on the host, and parse and render on the controller meanwhile."""
        self._coming = self._coming or self._beside.submit(self._desired)
        found: dict[str, Any] = super()._low_level_execute_command(*args, **more)
        return found

    def _closer(
        self,
        desired: Desired,
        observed: Observed,
        between: tuple[float, float],
        reason: str | None,
        facts: dict[str, Any],
    ) -> dict[str, Any]:
        from holdfast.deploying import (  # noqa: PLC0415
            clock_offset,
            dry_run,
            images,
            judge,
            preflight,
        )

        offset = clock_offset(observed["time"], *between)
        looks = self._task.check_mode or not self.phases & {"install", "deploy"}
        paths = desired.changes(observed["files"]) if self._task.diff else []
        order: ExamineOrder = {
            **desired.expect,
            "contents_of": paths,
            "writes": not looks,
            "hardening": desired.hardening,
            "images": desired.images,
            "version": desired.settings.version,
        }
        examined: Examined = self.host("examine", order, desired.storage_secrets)["answer"]
        seen: Seen = {**observed, **examined}
        binary = bool(seen["binary_damage"]) and not desired.from_package
        complaints = [*self._apart(desired), *judge(desired, seen, offset)]
        complaints += self._not_installed(seen, binary=binary)
        if binary and not complaints and "install" in self.phases:
            # A download that is refused has to be refused before any host is changed.
            self.obtain(desired.settings, seen["machine"])
        if complaints:
            return failure("preflight", complaints, "REFUSED")
        fit = event("preflight", "ok", preflight.summary(desired, seen, offset))
        unseen = [event("preflight", "warning", text) for text in images.warnings(seen["images"])]
        events = [*self.events, fit, *unseen]
        if looks:
            events += [
                event(phase, "would change", text)
                for phase, text in dry_run.planned_changes(desired, seen, reason)
            ]
        diff = dry_run.differences(desired, seen) if self._task.diff else []
        report = {"events": events, "facts": facts}
        if self._at_once and not (binary or seen["packages_missing"]):
            return self._onward(desired, seen, report, diff)
        return {
            "changed": self._task.check_mode,
            "in_sync": False,
            "packages": seen["packages_missing"],
            "binary": binary,
            "machine": seen["machine"],
            "own_units": list(desired.settings.os.own_units),
            "direct": desired.settings.outbound.hosts,
            "ansible_facts": {PLATFORM_FACT: self.platform},
            "certificates": seen["certificates"],
            "diff": diff,
            "holdfast": report,
        }

    def _onward(
        self, desired: Desired, seen: Seen, report: dict[str, Any], diff: list[Any]
    ) -> dict[str, Any]:
        """Activate the new generation in this task."""
        self.events = report["events"]
        done = activate(self, desired, seen["certificates"])
        report = {
            "events": [*report["events"], *done["events"]],
            "facts": {**report["facts"], **done["facts"]},
        }
        return {"changed": True, "in_sync": True, "diff": diff, "holdfast": report}

    @property
    def _at_once(self) -> bool:
        """True if no other host could still fail, and a deploy is wanted."""
        wanted = "deploy" in self.phases and not self._task.check_mode
        return wanted and len(self.vars["ansible_play_hosts_all"]) == 1

    def _not_installed(self, seen: Seen, *, binary: bool) -> list[str]:
        """Return what a deploy lacks on the host, if the tags of this run leave out `install`."""
        lacking = [*seen["packages_missing"], *(["the registry's binary"] if binary else [])]
        if not lacking or "deploy" not in self.phases or "install" in self.phases:
            return []
        text = "expected on the host, for --tags leaves out install. Add the tag install"
        return [f"{', '.join(lacking)}: {text}"]

    def _apart(self, desired: Desired) -> list[str]:
        """Return the conflicts with other hosts of the play that use the same storage."""
        from holdfast.settings import across_hosts  # noqa: PLC0415 -- slow to import

        if desired.settings.storage.on_host:
            return []
        own, known = self.vars["inventory_hostname"], {}
        for host in self.vars["ansible_play_hosts_all"]:
            variables = self.vars["hostvars"][host]
            one = across_hosts.share(
                resolved(variables, lambda value: value, across_hosts.bears)[0]
            )
            if one:  # its own first task reports what is wrong with it
                known[host] = one
        return [str(line) for host, line in across_hosts.complaints(known) if host == own]

    def _facts(self, desired: Desired, seen: Observed) -> dict[str, Any]:
        user = desired.settings.probe_user or next(iter(desired.settings.users), None)
        return {
            "url": desired.settings.url,
            "authority": desired.settings.authority,
            "username": user.name if user else None,
            "generation": seen["generation"],
            "version": seen["version"],
        }
