"""From one generation to another without a lost request; back to the first one when a step fails.

A note of what is being done lies on the disk meanwhile. Wherever this is cut, the link `current`
names a whole generation whose registry was started once, so a boot serves the old one or the new
one; and the note makes the next deploy go through all steps again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from subprocess import SubprocessError
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    cache,
    candidate,
    certificates,
    files,
    hardening,
    history,
    names,
    prepare,
    proxy,
    renewal,
    signing,
    smoke,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.history import Point
from ansible_collections.holdfast.registry.plugins.module_utils.steps import Log, StepError, as_step
from ansible_collections.holdfast.registry.plugins.module_utils.store import Store, same_pool

KEPT = 5
"""Older generations that are kept to go back to."""


@dataclass
class Activation:
    """The way from one point to another."""

    store: Store
    old: Point
    new: Point
    probe: dict[str, Any]
    """How the registry is reached, see module_utils/smoke.py."""
    log: Log
    keys: str | None = None
    """What changes of the keys that sign tokens, see signing.carry; None: nothing."""
    obtain: dict[str, bool] | None = None
    """How the host gets its certificate once the proxy serves, see renewal.obtain; None: not."""

    def run(self) -> None:
        """Go to the new point. Raises StepError when a step fails; the old one serves then."""
        interrupted = history.interrupted(self.store)
        history.begin(self.store, self.old, self.new)
        self.log.step("noted")
        try:
            flipped = self._forward(interrupted)
        except (StepError, OSError, SubprocessError) as error:
            failure = as_step(error)
            self._back(failure)
            history.record(self.store, self.old, self.new, failure.message)
            raise failure from error
        others = self._replaced()
        self.log.add("activate", "changed", f"{self._words()}, {candidate.drain(others, flipped)}")
        cache.put_away(self.store.path(self.new.generation or 0))
        self.log.step("drained")
        history.record(self.store, self.old, self.new)
        history.end(self.store)
        self._prune()
        if (self.old.certificate, self.old.clients) != (self.new.certificate, self.new.clients):
            files.remove(names.UPKEEP)
            systemd.run(["systemctl", "start", "--no-block", names.RENEWAL])
        self.log.step("done")

    def _forward(self, interrupted: bool) -> float:
        """Go through all steps up to the proof; return when, by the monotonic clock, it flipped."""
        number = self.new.generation or 0
        if signing.issues(number):
            done = signing.carry(self.old.generation, number, self.keys)
            if done:
                self.log.add("keys", "changed", done)
            self.log.step("keyed")
        prepare.link_units(number)
        self._directories(number)
        self.log.step("linked")
        if self.new.clients:
            # nginx reads it as it loads its configuration; the old one, at its next reload.
            certificates.flip(certificates.CLIENTS, self.new.clients)
        if self.old.certificate is None:
            certificates.flip(certificates.SERVER, self.new.certificate)
        proxy.test(self.store.path(number))
        hardening.before(self.store.path(number))
        self.log.step("tested")
        seconds, waiting = self._start(number)
        self.log.step("started")
        same = number == self.old.generation
        count = len(self.store.manifest(number)["files"])
        ready = " and ".join(one for one in self._services(number) if one not in waiting)
        text = f"{number} {'stays' if same else 'staged'}: {count} files, nginx -t ok,"
        text += f" {ready or 'nothing'} ready in {seconds:.1f} s"
        self.log.add("generation", "ok" if same else "changed", text)
        for warning in waiting.values():
            self.log.add("generation", "warning", warning)
        flipped = self._flip()
        # After a cut nobody knows what the proxy has read: let it read everything again.
        changed = self._changed() | (set(proxy.RELOADED) if interrupted else set())
        cached = cache.take_up(
            self.store.path(number), changed, afresh=interrupted or self._moved()
        )
        done = proxy.take_up(changed, self._reread(number))
        done += f", {cached}" if cached else ""
        systemd.systemctl("start", names.TARGET)
        self.log.step("taken-up")
        changed_host = hardening.apply(self.store.path(number))
        if changed_host:
            self.log.add("hardening", "changed", changed_host)
        self.log.step("hardened")
        if self.obtain is not None:
            text = renewal.obtain(renewal.plan_of(self.store.path(number)), **self.obtain)
            self.new = history.here(self.store)
            self.log.add("certificates", "changed", text)
            self.log.step("obtained")
        mirrors = [one for one in self.probe["mirrors"] if one["service"] not in waiting]
        told = smoke.smoke(number, {**self.probe, "mirrors": mirrors})
        self.log.add("smoke", "ok", f"{told}; {done}")
        self.log.step("proven")
        return flipped

    def _reread(self, number: int) -> bool:
        """Tell whether there are certificates that the proxy reads only with its configuration."""
        clients = self.old.clients != self.new.clients
        static = renewal.staples(self.store.path(number))
        return clients or (static and self.old.certificate != self.new.certificate)

    def _flip(self) -> float:
        self.store.flip(self.new.generation)
        flipped = time.monotonic()
        self.log.step("flipped")
        certificates.flip(certificates.SERVER, self.new.certificate)
        certificates.flip(certificates.CLIENTS, self.new.clients)
        systemd.systemctl("daemon-reload")
        self.log.step("reloaded")
        return flipped

    def _back(self, error: StepError) -> None:
        """Let the old point serve again; what cannot be put back is added to the error."""
        try:
            flipped = history.here(self.store) != self.old
            self.store.flip(self.old.generation)
            certificates.flip(certificates.SERVER, self.old.certificate)
            certificates.flip(certificates.CLIENTS, self.old.clients)
            systemd.systemctl("daemon-reload")
            self._directories(self.old.generation)
            if self.old.generation is None:
                systemd.run(["systemctl", "stop", names.TARGET, *names.STARTED])
            elif flipped:
                hardening.before(self.store.path(self.old.generation))
                self._start(self.old.generation)
                proxy.take_up(self._changed(), self._reread(self.old.generation))
                self._cache_back()
            number = self.old.generation
            hardening.apply(None if number is None else self.store.path(number))
            if self.new.generation not in (None, self.old.generation):
                old = self._units(self.old.generation)
                units = [one for one in self._units(self.new.generation) if one not in old]
                candidate.stop(units)
            history.end(self.store)
        except (StepError, OSError, SubprocessError) as second:
            told = as_step(second)
            error.lines += [f"and the way back failed: {told.message}", *told.lines]

    def _directories(self, number: int | None) -> None:
        """Give directories what a generation gives them, where the other one differs."""
        if number is not None and "systemd/tmpfiles.conf" in self._changed():
            prepare.directories(self.store.path(number))

    def _cache_back(self) -> None:
        """Let the cache be that of the old generation again."""
        path = self.store.path(self.old.generation or 0)
        cache.take_up(path, self._changed(), afresh=self._moved())
        cache.put_away(path)

    def _moved(self) -> bool:
        """Tell whether the two generations keep images in different places."""
        one, two = (
            (self.store.manifest(point.generation).get("expect", {}).get("cache") or {}).get("of")
            for point in (self.old, self.new)
        )
        return bool(one != two)

    def _start(self, number: int) -> tuple[float, dict[str, str]]:
        served = self._units(self.old.generation)
        return candidate.start(self._services(number), self.probe["host"], served)

    def _services(self, number: int | None) -> candidate.Services:
        """Return how each service of a generation is asked whether it is ready, and its unit."""
        expected = self.store.manifest(number)["expect"]["services"]
        instances = self.store.instances(number)
        return {one: {**how, "instance": instances[one]} for one, how in expected.items()}

    def _units(self, number: int | None) -> list[str]:
        """Return the units of the services of a generation."""
        return [names.unit(one, service) for service, one in self.store.instances(number).items()]

    def _replaced(self) -> list[str]:
        """Return the units of services that run and are not of the new generation."""
        running = names.running(systemd.states(names.SERVICES))
        return [unit for unit in running if unit not in self._units(self.new.generation)]

    def _changed(self) -> set[str]:
        """Return the paths whose content or rights differ between the two generations."""
        one = self.store.manifest(self.old.generation).get("files", {})
        two = self.store.manifest(self.new.generation).get("files", {})
        found = {path for path in {*one, *two} if one.get(path) != two.get(path)}
        # A reload closes the connections that the proxy keeps to the one before.
        manifest = self.store.manifest(self.new.generation)
        again = same_pool(manifest, self.new.generation or 0, self.old.generation)
        return found | (set(proxy.RELOADED) if again else set())

    def _words(self) -> str:
        if self.old.generation == self.new.generation:
            return f"generation {self.new.generation} again"
        return f"{self.old.generation or 'nothing'} -> {self.new.generation}"

    def _prune(self) -> None:
        """Remove generations older than the last few, their units, and unused certificates."""
        current = self.store.current() or 0
        older = [number for number in self.store.numbers() if number < current]
        kept = [current, *older[-KEPT:]]
        needed = {one for number in kept for one in self.store.instances(number).values()}
        for number in (one for one in older[:-KEPT] if one not in needed):
            prepare.unlink_units(number)
            files.remove(self.store.path(number))
            files.remove(signing.folder(number))
        certificates.prune()
