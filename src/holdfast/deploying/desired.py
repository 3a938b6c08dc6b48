"""The desired state of a host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.generations.manifest import STATES

from holdfast import __version__
from holdfast.deploying.states import states, with_states
from holdfast.rendering import Tree, outbound, render
from holdfast.rendering.component import Component
from holdfast.rendering.components import components
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Expect,
        FileNote,
        Manifest,
        Units,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        ImagesQuestion,
        StorageSecrets,
    )

FORMAT = 2
"""Format of the manifest. A host refuses a newer one than its code knows; 1 had no components."""
SHARED_LINKS = {
    "/etc/systemd/system/holdfast.target.wants": "systemd/holdfast.target.wants",
    "/etc/sysusers.d/holdfast.conf": "systemd/sysusers.conf",
    "/etc/tmpfiles.d/holdfast.conf": "systemd/tmpfiles.conf",
    "/etc/logrotate.d/holdfast": "logrotate/holdfast",
}
"""Links in system directories, besides the units, by path."""


@dataclass(frozen=True)
class Desired:
    """A rendered tree, and the requirements for running it on a host."""

    settings: Settings
    tree: Tree

    @cached_property
    def components(self) -> list[Component]:
        """Components of the host."""
        return components(self.settings)

    @cached_property
    def expect(self) -> Expect:
        """Facts that the host checks about itself, merged from all components."""
        services = [service for one in self.components for service in one.services]
        found: Expect = {
            "packages": self.packages,
            "ports": [port for one in self.components for port in one.ports],
            "services": {service.name: service.readiness for service in services},
            "units": self._units,
            "accounts": [account.name for one in self.components for account in one.accounts],
        }
        for one in self.components:
            facts: Any = one.expect
            found.update(facts)
        return found

    @property
    def _units(self) -> Units:
        """Systemd units: links by path, units to start, and units that stay active."""
        units = [unit for one in self.components for unit in one.all_units]
        linked = {f"/etc/systemd/system/{one.name}": f"systemd/{one.name}" for one in units}
        return {
            "jobs": [job.name for one in self.components for job in one.jobs],
            "linked": {**linked, **SHARED_LINKS},
            "started": [unit.name for unit in units if unit.started],
            "active": [unit.name for unit in units if unit.active],
            "restarted": {one.name: list(one.restarted_by) for one in units if one.restarted_by},
        }

    @property
    def storage_secrets(self) -> StorageSecrets:
        """Credentials by which the host accesses a bucket like the registry: access, secret, ca."""
        s3 = self.settings.storage.s3
        if s3 is None:
            return {}
        found: StorageSecrets = {"ca": self.settings.service.ca or ""}
        if proxied := outbound.environment(self.settings):
            found["outbound"] = proxied
        if s3.access_key:
            found["access"] = s3.access_key.get_secret_value()
        if s3.secret_key:
            found["secret"] = s3.secret_key.get_secret_value()
        return found

    @property
    def images(self) -> ImagesQuestion:
        """Images that the preflight has to look for, because these settings could lose them."""
        settings = self.settings
        old = settings.version.startswith("2.") or settings.distribution.drop_schema1
        return {
            "mirrors": [one.name for one in settings.mirrors if not one.hostname],
            "old": not (old or settings.only_mirror),
        }

    @property
    def hardening(self) -> HardeningPlan | None:
        """Plan of the profile `host`, which the preflight compares with the host; None for
        others."""
        plan: HardeningPlan = json.loads(self.tree["hardening/plan.json"].content)
        return plan if plan["profile"] == "host" else None

    @property
    def packages(self) -> list[str]:
        """Debian packages that the host needs."""
        return list(dict.fromkeys(name for one in self.components for name in one.packages))

    @property
    def from_package(self) -> bool:
        """True if the registry's binary comes from the platform's package."""
        return self.settings.distribution.from_package

    @cached_property
    def identity(self) -> str:
        """SHA-256 of tree and expectations; if it is equal, the generation needs no change."""
        text = json.dumps([self.tree.digest, self.expect], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def states(self) -> dict[str, Desired]:
        """Desired state of the host, by name of each state that it can enter by itself."""
        return {name: desired(one) for name, one in states(self.settings).items()}

    @cached_property
    def staged(self) -> Tree:
        """The files of the generation: the tree, and what differs from it in other states."""
        return with_states(self.tree, {name: one.tree for name, one in self.states.items()})

    def manifest(self, by: str, reason: str = "") -> Manifest:
        """Return the manifest that is stored with a generation: by whom, and for which reason."""
        public = self.settings.model_dump_json().encode()
        return {
            "format": FORMAT,
            "identity": self.identity,
            "settings": hashlib.sha256(public).hexdigest(),
            "files": self.staged.index,
            "expect": self.expect,
            "states": {name: one.expect for name, one in self.states.items()},
            "version": self.settings.version,
            "holdfast": __version__,
            "by": by,
            "reason": reason,
            "masked": [name for name in self.packages if name in self.settings.os.own_units],
        }

    def contents(self, *, sensitive: bool) -> dict[str, str]:
        """Return texts by path: the files with secrets, or the others."""
        return {
            path: file.content for path, file in self.staged.items() if file.sensitive is sensitive
        }

    def changes(self, present: Mapping[str, FileNote]) -> list[str]:
        """Return the paths that differ from the files of another generation.

        Those of states are left out: they differ where the files that they replace do.
        """
        index = self.tree.index
        paths = {path for path in {*index, *present} if not path.startswith(f"{STATES}/")}
        return sorted(path for path in paths if index.get(path) != present.get(path))


def desired(settings: Settings) -> Desired:
    """Return the desired state of a host with these settings."""
    return Desired(settings, render(settings))
