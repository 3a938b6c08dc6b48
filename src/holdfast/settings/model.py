"""The settings of one host, whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.auth import Auth, Htpasswd, Open, User
from holdfast.settings.auth.agreement import refuse_misfits
from holdfast.settings.auth.exposure import refuse_strangers
from holdfast.settings.cache import Cache
from holdfast.settings.cdn import Cdn
from holdfast.settings.hardening import Hardening
from holdfast.settings.mirrors import Mirrors, Upstream
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
    mirrors: Mirrors = ()
    """Pull-through mirrors beside the registry, each a process of its own with its own upstream."""
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
    upstream: Upstream = Field(default_factory=Upstream)
    """What this registry mirrors, when it is nothing but a mirror."""
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
    hardening: Hardening = Field(default_factory=Hardening)
    """Controls beside those that every deploy brings."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        if isinstance(self.tls, External) and self.mtls.verify != "off":
            raise PydanticCustomError(
                "holdfast_external_mtls",
                "mtls_verify|off, for registry_tls_mode is external"
                "|Ask for client certificates at the load balancer",
            )
        for key, expected, hint in self.storage.refusals(self.version):
            raise PydanticCustomError("holdfast_storage", f"storage_{key}|{expected}|{hint}")
        if self._http_challenge and self.proxy.http_port != 80:
            raise PydanticCustomError(
                "holdfast_http_challenge",
                "proxy_http_port|80, for registry_tls_challenge is http"
                "|ACME servers ask on port 80 alone; or choose rfc2136 or hook",
                {"given": str(self.proxy.http_port)},
            )
        refuse_misfits(self.auth, self.version, self.tls)
        refuse_strangers(self.auth, self.tls, self.mtls, self.proxy)
        self._mirrors_agree()
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
        wanted = self.cdn.needs(self.version, self.storage)
        if wanted:
            raise PydanticCustomError(
                "holdfast_cdn_needs",
                "cdn_mode|what this host can do: {mode} needs {wanted}|Use redirect or none",
                {"mode": self.cdn.mode, "wanted": wanted},
            )
        return self

    def _mirrors_agree(self) -> None:
        """Raise for a mirror that another one, or the registry, or its version, rules out."""
        taken = {"name": [], "hostname": [self.hostname], "place": [self.storage.place]}
        words = {"name": "a name", "hostname": "a host name", "place": "a directory"}
        for number, mirror in enumerate(self.mirrors):
            for key, known in taken.items():
                given = getattr(mirror, key)
                if given is not None and given in known:
                    raise PydanticCustomError(
                        "holdfast_mirror",
                        "{key}|{what} of its own|Give another one",
                        {
                            "key": f"mirrors[{number}].{key.replace('place', 'directory')}",
                            "what": words[key],
                            "given": given,
                        },
                    )
                known.append(given)
        self._mirrors_need_little()
        upstreams = [("upstream_", self.upstream)]
        upstreams += [(f"mirrors[{n}].", mirror) for n, mirror in enumerate(self.mirrors)]
        for prefix, one in upstreams:
            if self.version.startswith("2.") and one.ttl_seconds != t.MIRROR_TTL_SECONDS:
                raise PydanticCustomError(
                    "holdfast_mirror_ttl",
                    "{key}|not to be given, for registry 2.8 knows no other than seven days"
                    "|Remove it, or take 3.1.1 (registry_distribution_source)",
                    {"key": f"{prefix}ttl_seconds", "given": str(one.ttl_seconds)},
                )

    def _mirrors_need_little(self) -> None:
        """Raise for a mirror that would have to check logins by itself, or to remember blobs."""
        if self.only_mirror and self.cache.mode not in ("memory", "none"):
            raise PydanticCustomError(
                "holdfast_mirror_cache",
                "cache_mode|memory or none, for registry_upstream_url is given|A mirror remembers"
                " nothing that would outlive what it deletes",
                {"given": self.cache.mode},
            )
        if isinstance(self.auth, Htpasswd | Open):
            return
        mode = {"mode": self.auth.mode}
        if self.only_mirror:
            raise PydanticCustomError(
                "holdfast_mirror_mode",
                "auth_mode|htpasswd or none, for registry_upstream_url is given|Choose one of them",
                {"given": self.auth.mode},
            )
        for number, mirror in enumerate(self.mirrors):
            if not mirror.anonymous:
                raise PydanticCustomError(
                    "holdfast_mirror_login",
                    "mirrors[{number}].anonymous|true, for registry_auth_mode is {mode}, and a"
                    " mirror takes no tokens|Set it, if anybody may pull from the mirror",
                    {**mode, "number": number, "given": "false"},
                )

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
    def names(self) -> tuple[str, ...]:
        """All names that the certificate is for, `hostname` first."""
        return (self.hostname, *(one.hostname for one in self.mirrors if one.hostname))

    @property
    def only_mirror(self) -> bool:
        """Whether the registry is itself a mirror, to which nobody can push."""
        return self.upstream.url is not None

    @property
    def users(self) -> tuple[User, ...]:
        """Who may log in by a password that this host checks; in some modes nobody."""
        return tuple(user for user in getattr(self.auth, "users", ()) if not user.disabled)

    @property
    def probe_user(self) -> User | None:
        """User whose password is known here, with which pushes can be proven."""
        return next((user for user in self.users if user.password is not None), None)
