"""The first task of a deploy: is there anything to do, and is the host fit for it?

A host that is alone in its play, and has all that a new generation needs, goes over to it in the
same task: there is no other whose complaint it would have to wait for.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.activating import activate
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.hostsettings import resolved


class ActionModule(HostAction):
    """Compare a host with its settings in one round trip; look closer only when they differ."""

    def act(self) -> dict[str, Any]:
        """Return what is to be done, or the complaints of the preflight."""
        with ThreadPoolExecutor(1) as beside:
            self._beside = beside
            self._coming: Future[Any] | None = None
            seen, between = self.observe()
            # Nothing is imported here before: two threads that import can find half of a package.
            wish = (self._coming or beside.submit(self._wish)).result()
        reason = self.certificates(wish, seen["certificates"], create=False).reason
        facts = self._facts(wish, seen)
        if seen["identity"] == wish.identity and not (
            seen["drift"] or seen["interrupted"] or reason
        ):
            text = f"nothing to do (generation {seen['generation']}, intact, answering)"
            told = {"events": [event("gate", "ok", text)], "facts": facts}
            return {"changed": False, "in_sync": True, "holdfast": told}
        return self._closer(wish, seen, between, reason, facts)

    def _wish(self) -> Any:
        import holdfast.certificates  # noqa: F401, PLC0415 -- slow to import

        return self.desired()

    def _low_level_execute_command(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Parse and render here while the host, which is now being asked, looks at itself."""
        self._coming = self._coming or self._beside.submit(self._wish)
        found: dict[str, Any] = super()._low_level_execute_command(*args, **more)
        return found

    def _closer(
        self, wish: Any, seen: dict[str, Any], between: Any, reason: str | None, facts: Any
    ) -> dict[str, Any]:
        from holdfast.deploying import clock_offset, forecast, judge, preflight  # noqa: PLC0415

        offset = clock_offset(seen["time"], *between)
        paths = wish.changes(seen["files"]) if self._task.diff else []
        order = {
            **wish.expect,
            "contents_of": paths,
            "writes": not self._task.check_mode,
            "hardening": wish.hardening,
        }
        seen = {**seen, **self.host("examine", order, wish.storage_secrets)["answer"]}
        complaints = [*self._apart(wish), *judge(wish, seen, offset)]
        if complaints:
            return failure("preflight", complaints, "REFUSED")
        events = [event("preflight", "ok", preflight.summary(wish, seen, offset))]
        if self._task.check_mode:
            events += [
                event(phase, "would change", text)
                for phase, text in forecast.forecast(wish, seen, reason)
            ]
        diff = forecast.differences(wish, seen) if self._task.diff else []
        told = {"events": events, "facts": facts}
        binary = bool(seen["binary_damage"]) and not wish.from_package
        if self._alone and not (self._task.check_mode or binary or seen["packages_missing"]):
            return self._onward(wish, seen, told, diff)
        return {
            "changed": self._task.check_mode,
            "in_sync": False,
            "packages": seen["packages_missing"],
            "binary": binary,
            "machine": seen["machine"],
            "certificates": seen["certificates"],
            "diff": diff,
            "holdfast": told,
        }

    def _onward(
        self, wish: Any, seen: dict[str, Any], told: dict[str, Any], diff: list[Any]
    ) -> dict[str, Any]:
        """Go over to the new generation at once."""
        self.events = told["events"]
        done = activate(self, wish, seen["certificates"])
        told = {
            "events": [*told["events"], *done["events"]],
            "facts": {**told["facts"], **done["facts"]},
        }
        return {"changed": True, "in_sync": True, "diff": diff, "holdfast": told}

    @property
    def _alone(self) -> bool:
        return len(self.vars["ansible_play_hosts_all"]) == 1

    def _apart(self, wish: Any) -> list[str]:
        """Return what keeps this host from sharing its storage with the others of the play."""
        from holdfast.settings import sharing  # noqa: PLC0415 -- slow to import
        from holdfast.settings.storage import Remote  # noqa: PLC0415

        if not isinstance(wish.settings.storage, Remote):
            return []
        own, known = self.vars["inventory_hostname"], {}
        for host in self.vars["ansible_play_hosts_all"]:
            variables = self.vars["hostvars"][host]
            one = sharing.share(resolved(variables, lambda value: value, sharing.bears)[0])
            if one:  # what is wrong with it, its own gate tells
                known[host] = one
        return [str(line) for host, line in sharing.complaints(known) if host == own]

    def _facts(self, wish: Any, seen: dict[str, Any]) -> dict[str, Any]:
        user = wish.settings.probe_user or next(iter(wish.settings.users), None)
        return {
            "url": wish.settings.url,
            "authority": wish.settings.authority,
            "username": user.name if user else None,
            "generation": seen["generation"],
        }
