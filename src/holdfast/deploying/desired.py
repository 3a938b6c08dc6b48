"""What a host should be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from holdfast import __version__
from holdfast.rendering import Tree, agent, caching, hardening, issuer, render
from holdfast.rendering.probe import probe
from holdfast.rendering.render import binary_path, ports
from holdfast.rendering.services import services
from holdfast.rendering.storage import facts
from holdfast.settings import Settings
from holdfast.settings.auth import Token
from holdfast.settings.sections import Package
from holdfast.settings.storage import S3
from holdfast.settings.tls import Acme, Tls


@dataclass(frozen=True)
class Desired:
    """A tree, and what has to be around it for it to serve."""

    settings: Settings
    tree: Tree

    @cached_property
    def expect(self) -> dict[str, Any]:
        """What the host checks when it looks at itself."""
        return {
            "binary": binary_path(self.settings),
            "packages": self.packages,
            "storage": facts(self.settings),
            "ports": ports(self.settings),
            "services": services(self.settings),
            "probe": probe(self.settings),
            "cache": caching.expected(self.settings),
        }

    @property
    def storage_secrets(self) -> dict[str, str]:
        """What the host needs to ask a bucket as the registry will: access, secret, ca."""
        storage = self.settings.storage
        if not isinstance(storage, S3):
            return {}
        keys = {"access": storage.access_key, "secret": storage.secret_key}
        known = {name: key.get_secret_value() for name, key in keys.items() if key}
        return {**known, "ca": self.settings.service.ca or ""}

    @property
    def hardening(self) -> dict[str, Any] | None:
        """Plan of the profile `host`, which a preflight compares with the host; None: another."""
        plan: dict[str, Any] = json.loads(self.tree["hardening/plan.json"].content)
        return plan if plan["profile"] == "host" else None

    @property
    def packages(self) -> list[str]:
        """Debian packages that the host needs."""
        tls, mtls = self.settings.tls, self.settings.mtls
        return [
            *("nginx", "logrotate"),
            *(["docker-registry"] if self.from_package else []),
            *(issuer.packages(self.settings.auth) if isinstance(self.settings.auth, Token) else ()),
            *([caching.SERVERS[self.settings.platform]] if caching.local(self.settings) else []),
            *(["certbot"] if isinstance(tls, Acme) else []),
            *(["python3-certbot-dns-rfc2136"] if _updates_dns(tls) else []),
            *hardening.packages(self.settings),
            *(["openssl"] if mtls.crl_url or agent.staples(self.settings) else []),
        ]

    @property
    def from_package(self) -> bool:
        """Whether the registry's binary is the distribution's own."""
        return isinstance(self.settings.distribution, Package)

    @cached_property
    def identity(self) -> str:
        """SHA-256 that is equal when nothing at all is to be done for the generation."""
        text = json.dumps([self.tree.digest, self.expect], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def manifest(self, by: str) -> dict[str, Any]:
        """Return what is kept beside the files of a generation; `by` is who deploys."""
        public = self.settings.model_dump_json().encode()
        return {
            "identity": self.identity,
            "settings": hashlib.sha256(public).hexdigest(),
            "files": self.tree.index,
            "expect": self.expect,
            "version": self.settings.version,
            "holdfast": __version__,
            "by": by,
        }

    def contents(self, *, sensitive: bool) -> dict[str, str]:
        """Return the text by path of the files that hold secrets, or of the others."""
        return {
            path: file.content for path, file in self.tree.items() if file.sensitive is sensitive
        }

    def changes(self, present: dict[str, Any]) -> list[str]:
        """Return the paths that differ from the files of another generation."""
        index = self.tree.index
        return sorted(path for path in {*index, *present} if index.get(path) != present.get(path))


def _updates_dns(tls: Tls) -> bool:
    return isinstance(tls, Acme) and tls.challenge == "rfc2136"


def desired(settings: Settings) -> Desired:
    """Return what a host with these settings should be."""
    return Desired(settings, render(settings))
