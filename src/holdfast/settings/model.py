"""The settings of one host, whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.auth import Auth, User
from holdfast.settings.auth.agreement import refuse_misfits
from holdfast.settings.auth.exposure import refuse_strangers
from holdfast.settings.cache import Cache
from holdfast.settings.cdn import Cdn
from holdfast.settings.notifications import Notifications
from holdfast.settings.section import Section
from holdfast.settings.sections import Distribution, Http, Log, Metrics, Package, Proxy, Service
from holdfast.settings.storage import Storage
from holdfast.settings.tls import Acme, External, Mtls, Tls

Platform = Literal["debian13", "debian12"]

PACKAGED_VERSIONS: dict[Platform, str] = {"debian13": "2.8.3", "debian12": "2.8.2"}
"""Version of the package `docker-registry` by platform. Source: packages.debian.org."""


class Settings(Section):
    """Everything that a generation is made of. Frozen; made by `holdfast.settings.parse` alone."""

    hostname: t.Hostname
    """Name under which clients reach the registry; the certificate is for this name."""
    platform: Platform = "debian13"
    """Operating system of the host; a deploy checks it."""
    extra_config: t.RegistryConfig = Field(default_factory=dict)
    """Keys of the registry's own configuration that no setting covers, merged in last and checked
    for its version."""
    distribution: Distribution
    """How the registry's binary is obtained."""
    tls: Tls
    """Where the certificate comes from."""
    mtls: Mtls = Field(default_factory=Mtls)
    """Certificates of clients."""
    auth: Auth
    """Who may log in."""
    storage: Storage
    """Where images are kept."""
    cache: Cache
    """Where the registry remembers which blobs there are."""
    cdn: Cdn
    """Where clients get blobs from, when it is not the registry itself."""
    notifications: Notifications = Field(default_factory=Notifications)
    """Who is told of pushes, pulls and deletes."""
    proxy: Proxy = Field(default_factory=Proxy)
    """nginx in front of the registry."""
    http: Http = Field(default_factory=Http)
    """The registry's own HTTP server."""
    log: Log = Field(default_factory=Log)
    """The registry's log."""
    service: Service = Field(default_factory=Service)
    """Bounds of the registry's unit."""
    metrics: Metrics = Field(default_factory=Metrics)
    """Figures for Prometheus."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        if isinstance(self.tls, External) and self.mtls.verify != "off":
            raise PydanticCustomError(
                "holdfast_external_mtls",
                "mtls_verify|off, for registry_tls_mode is external"
                "|Ask for client certificates at the load balancer",
            )
        if self._http_challenge and self.proxy.http_port != 80:
            raise PydanticCustomError(
                "holdfast_http_challenge",
                "proxy_http_port|80, for registry_tls_challenge is http"
                "|ACME servers ask on port 80 alone; or choose rfc2136 or hook",
                {"given": str(self.proxy.http_port)},
            )
        refuse_misfits(self.auth, self.version, self.tls)
        refuse_strangers(self.auth, self.tls, self.mtls, self.proxy)
        return self

    @model_validator(mode="after")
    def _cache_fits_the_registry(self) -> Settings:
        for key in self.cache.beyond(self.version):
            raise PydanticCustomError(
                "holdfast_cache_version",
                "cache_{key}|nothing, for registry {version} cannot do it"
                "|Remove it, or run another version: registry_distribution_source",
                {"key": key, "version": self.version},
            )
        return self

    @model_validator(mode="after")
    def _headers_stay_out_of_the_log(self) -> Settings:
        headers = any(one.headers for one in self.notifications.endpoints)
        if headers and self.log.level in ("info", "debug"):
            raise PydanticCustomError(
                "holdfast_logged_headers",
                "log_level|error or warn, for at {given} the registry logs the headers of"
                " registry_notifications_endpoints|Raise it, or remove the headers",
                {"given": self.log.level},
            )
        return self

    @model_validator(mode="after")
    def _cdn_fits_the_registry(self) -> Settings:
        wanted = self.cdn.needs(self.version, self.storage.driver)
        if wanted:
            raise PydanticCustomError(
                "holdfast_cdn_needs",
                "cdn_mode|what this host can do: {mode} needs {wanted}|Use redirect or none",
                {"mode": self.cdn.mode, "wanted": wanted},
            )
        return self

    @property
    def _http_challenge(self) -> bool:
        return isinstance(self.tls, Acme) and self.tls.challenge == "http"

    @property
    def version(self) -> str:
        """Version of CNCF Distribution that this host runs."""
        if isinstance(self.distribution, Package):
            return PACKAGED_VERSIONS[self.platform]
        return self.distribution.version

    @property
    def authority(self) -> str:
        """Host name with the port when it is not 443: what clients write before the repository."""
        return self.hostname if self.proxy.port == 443 else f"{self.hostname}:{self.proxy.port}"

    @property
    def url(self) -> str:
        """Public address of the registry."""
        return f"https://{self.authority}"

    @property
    def users(self) -> tuple[User, ...]:
        """Who may log in by a password that this host checks; in some modes nobody."""
        return tuple(user for user in getattr(self.auth, "users", ()) if not user.disabled)

    @property
    def probe_user(self) -> User | None:
        """User whose password is known here, with which pushes can be proven."""
        return next((user for user in self.users if user.password is not None), None)
