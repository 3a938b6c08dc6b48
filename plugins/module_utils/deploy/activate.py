"""Activate a generation without a lost request; undo everything if a step fails.

A note of the activation is on the disk meanwhile. Whenever it is interrupted, the link `current`
names a complete generation whose registry was started once, so that a boot serves the old or the
new one. The note makes the next deploy repeat all steps.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import renewal
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import (
    history,
    links,
    prerequisites,
    services,
    smoke_test,
    units,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.history import ServingState
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import (
    Store,
    same_pool,
)
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import parts
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    nginx,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
    as_step,
)
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        ObtainOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
    )

KEPT = 5
"""Number of older generations that are kept for a rollback."""


@dataclass
class Activation:
    """Change from one serving state to another."""

    store: Store
    old: ServingState
    new: ServingState
    probe: ClientProbe
    """Address, names and login of the registry, see module_utils/deploy/smoke_test.py."""
    log: Log
    keys: str | None = None
    """Change of the signing keys, see token_keys.prepare_keys; None for no change."""
    obtain: ObtainOrder | None = None
    """Arguments of renewal.obtain; None if the host does not get its certificate itself."""

    smoke: bool = True
    """False to leave out the test as a client."""
    restarts_proxy: bool = False
    """True if the proxy that runs sees directories that are gone."""

    def run(self) -> None:
        """Activate the new state. Raises StepError if a step fails; the old state serves then."""
        interrupted = history.interrupted(self.store)
        history.begin(self.store, self.old, self.new)
        token_keys.remember(self.old.generation)
        self.log.step("noted")
        try:
            flipped = self._forward(interrupted)
        except Exception as error:  # for every error the old state has to serve again
            failure = as_step(error)
            self._back(failure)
            history.record(self.store, self.old, self.new, failure.message)
            raise failure from error
        token_keys.remember(self.new.generation)
        others = self._replaced()
        self.log.add("activate", "changed", f"{self._words()}, {services.drain(others, flipped)}")
        cache_service.put_away(self.store.path(self.new.generation or 0))
        units.stop_left(
            self.store.manifest(self.old.generation), self.store.manifest(self.new.generation)
        )
        self.log.step("drained")
        history.record(self.store, self.old, self.new)
        history.end(self.store)
        self._close_old_images()
        self._prune()
        if (self.old.certificate, self.old.clients) != (self.new.certificate, self.new.clients):
            files.remove(paths.MAINTENANCE_RESULT)
            systemd.run(["systemctl", "start", "--no-block", paths.MAINTENANCE])
        self.log.step("done")

    def _forward(self, interrupted: bool) -> float:
        """Run all steps up to the smoke test; return the monotonic time of the flip."""
        number = self.new.generation or 0
        if token_keys.issues(number):
            done = token_keys.prepare_keys(self.old.generation, number, self.keys)
            if done:
                self.log.add("keys", "changed", done)
            self.log.step("keyed")
        links.link_units(number)
        self._directories(number)
        self.log.step("linked")
        if self.new.clients:
            # nginx reads it when it loads its configuration; a running one at its next reload.
            certificate_store.flip(certificate_store.CLIENTS, self.new.clients)
        if self.old.certificate is None:
            certificate_store.flip(certificate_store.SERVER, self.new.certificate)
        self._programs(number)
        nginx.test(self.store.path(number))
        parts.before(self.store.path(number))
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
        # After an interruption it is unknown what the proxy has read: it reads everything again.
        changed = self._changed() | (set(nginx.RELOADED) if interrupted else set())
        cached = cache_service.apply(
            self.store.path(number), changed, afresh=interrupted or self._moved()
        )
        units.apply(self.store.manifest(number), changed)
        changed |= {f"systemd/{paths.PROXY}"} if self.restarts_proxy else set()
        done = nginx.apply(changed, self._reread(number))
        done += f", {cached}" if cached else ""
        systemd.systemctl("start", paths.TARGET)
        self.log.step("applied")
        changed_host = parts.apply(self.store.path(number))
        if changed_host:
            self.log.add("hardening", "changed", changed_host)
        self.log.step("hardened")
        if self.obtain is not None:
            text = renewal.obtain(renewal.plan_of(self.store.path(number)), **self.obtain)
            self.new = history.current(self.store)
            self.log.add("certificates", "changed", text)
            self.log.step("obtained")
        self.log.add("smoke", "ok", f"{self._smoke(number, waiting)}; {done}")
        self.log.step("proven")
        return flipped

    def _programs(self, number: int) -> None:
        missing = prerequisites.missing_programs(self.store.path(number))
        if missing:
            owner = systemd.run(["dpkg-query", "--search", missing[0]])
            text = f"{missing[0]} is missing"
            if owner.returncode:
                raise StepError(f"{text}. Run: holdfast deploy")
            package = owner.stdout.partition(":")[0]
            text += f", though the package {package} is installed"
            raise StepError(f"{text}. Run: apt-get install --reinstall -y {package}")

    def _smoke(self, number: int, waiting: dict[str, str]) -> str:
        """Test as a client what serves now, without the mirrors that wait for their upstream."""
        if not self.smoke:
            return "left out (--skip-tags smoke)"
        mirrors = [one for one in self.probe["mirrors"] if one["service"] not in waiting]
        return smoke_test.smoke(number, {**self.probe, "mirrors": mirrors})

    def _reread(self, number: int) -> bool:
        """Return True if certificates changed that the proxy reads only with its configuration."""
        clients = self.old.clients != self.new.clients
        static = renewal.staples(self.store.path(number))
        return clients or (static and self.old.certificate != self.new.certificate)

    def _flip(self) -> float:
        self.store.flip(self.new.generation)
        flipped = time.monotonic()
        self.log.step("flipped")
        certificate_store.flip(certificate_store.SERVER, self.new.certificate)
        certificate_store.flip(certificate_store.CLIENTS, self.new.clients)
        systemd.systemctl("daemon-reload")
        self.log.step("reloaded")
        return flipped

    def _back(self, error: StepError) -> None:
        """Restore the old state; add a failure of the restoration to the error."""
        try:
            flipped = history.current(self.store) != self.old
            self.store.flip(self.old.generation)
            certificate_store.flip(certificate_store.SERVER, self.old.certificate)
            certificate_store.flip(certificate_store.CLIENTS, self.old.clients)
            systemd.systemctl("daemon-reload")
            self._directories(self.old.generation)
            if self.old.generation is None:
                started = manifests.started(self.store.manifest(self.new.generation))
                systemd.run(["systemctl", "stop", paths.TARGET, *started])
            elif flipped:
                parts.before(self.store.path(self.old.generation))
                self._start(self.old.generation)
                units.apply(self.store.manifest(self.old.generation), self._changed())
                nginx.apply(self._changed(), self._reread(self.old.generation))
                self._cache_back()
                units.stop_left(
                    self.store.manifest(self.new.generation),
                    self.store.manifest(self.old.generation),
                )
            number = self.old.generation
            parts.apply(None if number is None else self.store.path(number))
            if self.new.generation not in (None, self.old.generation):
                old = self._units(self.old.generation)
                begun = [one for one in self._units(self.new.generation) if one not in old]
                services.stop(begun)
            history.end(self.store)
        except Exception as second:  # the first error is the one that is raised
            second_step = as_step(second)
            error.lines += [
                f"and restoring the old state failed: {second_step.message}",
                *second_step.lines,
            ]

    def _directories(self, number: int | None) -> None:
        """Apply a generation's owners and modes of directories, if they differ."""
        if number is not None and "systemd/tmpfiles.conf" in self._changed():
            prerequisites.directories(self.store.path(number))

    def _cache_back(self) -> None:
        """Restore the cache configuration of the old generation."""
        path = self.store.path(self.old.generation or 0)
        cache_service.apply(path, self._changed(), afresh=self._moved())
        cache_service.put_away(path)

    def _close_old_images(self) -> None:
        """Close a directory from which nothing is served any more to all but its owner.

        The units of the new generation do not know it, and so do not hide it. A generation that
        serves from it opens it again with its own directories.
        """
        before, now = (
            self.store.manifest(one.generation)
            .get("expect", {})
            .get("storage", {})
            .get("directory")
            for one in (self.old, self.new)
        )
        inside = f"{now or ''}/".startswith(f"{before}/")
        if before and not inside and os.path.isdir(before):
            os.chmod(before, 0o700)

    def _moved(self) -> bool:
        """Return True if the two generations keep images in different places."""
        return self._cached_storage(self.old) != self._cached_storage(self.new)

    def _cached_storage(self, point: ServingState) -> str | None:
        """Return the fingerprint of the storage that a state's cache is of."""
        cache = self.store.manifest(point.generation).get("expect", {}).get("cache")
        return cache["of"] if cache else None

    def _start(self, number: int) -> tuple[float, dict[str, str]]:
        served = self._units(self.old.generation)
        return services.start(self._services(number), self.probe["host"], served)

    def _services(self, number: int | None) -> services.Services:
        """Return the readiness check and the instance of each service of a generation."""
        expected = self.store.manifest(number)["expect"]["services"]
        instances = self.store.instances(number)
        return {one: {**how, "instance": instances[one]} for one, how in expected.items()}

    def _units(self, number: int | None) -> list[str]:
        """Return the units of the services of a generation."""
        return [paths.unit(one, service) for service, one in self.store.instances(number).items()]

    def _replaced(self) -> list[str]:
        """Return the units of services that run and are not of the new generation."""
        running = paths.running(systemd.states(paths.SERVICES))
        return [unit for unit in running if unit not in self._units(self.new.generation)]

    def _changed(self) -> set[str]:
        """Return the paths whose content or rights differ between the two generations."""
        one = self.store.manifest(self.old.generation).get("files", {})
        two = self.store.manifest(self.new.generation).get("files", {})
        found = {path for path in {*one, *two} if one.get(path) != two.get(path)}
        # A reload closes the connections that the proxy keeps to the one before.
        manifest = self.store.manifest(self.new.generation)
        again = same_pool(manifest, self.new.generation or 0, self.old.generation)
        return found | (set(nginx.RELOADED) if again else set())

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
            links.unlink_units(number)
            files.remove(self.store.path(number))
        token_keys.prune(self.store.numbers())
        certificate_store.prune()
