"""The model of all settings of one host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from holdfast.platforms import DEFAULT, PLATFORMS, Platform
from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.auth import Auth, User
from holdfast.settings.sections.auth.compatibility import check_external_issuer
from holdfast.settings.sections.auth.exposure import check_public_exposure
from holdfast.settings.sections.backup import Backup
from holdfast.settings.sections.cache import Cache
from holdfast.settings.sections.cdn import Cdn
from holdfast.settings.sections.distribution import Distribution
from holdfast.settings.sections.gc import Gc
from holdfast.settings.sections.hardening import Hardening
from holdfast.settings.sections.http import Http
from holdfast.settings.sections.index import Index
from holdfast.settings.sections.log import Log
from holdfast.settings.sections.metrics import Metrics
from holdfast.settings.sections.mirrors import Mirrors, hidden_pattern
from holdfast.settings.sections.mtls import Mtls
from holdfast.settings.sections.notifications import Notifications
from holdfast.settings.sections.outbound import Outbound
from holdfast.settings.sections.proxy import Proxy
from holdfast.settings.sections.push_rules import PushRules
from holdfast.settings.sections.quotas import Quotas
from holdfast.settings.sections.retention import Retention, check_order
from holdfast.settings.sections.scrub import Scrub
from holdfast.settings.sections.service import Service
from holdfast.settings.sections.storage import Storage
from holdfast.settings.sections.tls import Tls
from holdfast.settings.sections.upstream import Upstream
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    PlatformName = str
else:
    PlatformName = Literal[tuple(PLATFORMS)]

TESTED = "holdfast"
"""First component of the repositories of the smoke test and the verification."""


class Settings(Section):
    """All settings of one host. Frozen; only `holdfast.settings.parse` creates it."""

    hostname: t.Hostname
    """Name under which clients reach the registry; the certificate is for this name."""
    aliases: Annotated[
        tuple[t.Hostname, ...], Field(strict=False), Expect("a list of DNS names")
    ] = ()
    """Other names for the same registry, as while clients move to a new name: with certificates,
    logins and upload addresses of their own."""
    platform: PlatformName = DEFAULT
    """Operating system of the host; a deploy checks it. If it is not set, a deploy detects it on
    the host. `render`, `check` and `preview` contact no host and use the default."""
    ignore: Annotated[
        tuple[t.VariableGlob, ...],
        Field(strict=False, exclude=True),
        Expect("a list of patterns for names", "e.g. [registry_team_*]"),
    ] = ()
    """Patterns (`*`, `?`) of other people's `registry_*` variables. No warning is given for names
    that match. A name that resembles a setting is refused, unless a pattern matches it that matches
    no setting."""
    extra_config: t.RegistryConfig = Field(default_factory=dict)
    """Additional keys of the registry's own configuration that no setting covers. They are merged
    in last and checked against the registry's version."""
    retention: Retention = ()
    """Rules by which tags go: a repository has the first rule that matches its name, and no rule
    keeps everything. `holdfast retention plan` reports what they would do."""
    retention_schedule: t.Calendar = "*-*-* 01:30:00"
    """Calendar event of systemd at which the host applies `registry_retention`; empty for never.
    In an S3 bucket without versions nothing could be brought back: the run takes nothing away then,
    and says so."""
    mirrors: Mirrors = ()
    """Pull-through mirrors beside the registry. Each is a process of its own with its own
    upstream."""
    push_rules: PushRules = ()
    """Rules at push: names, tags, sizes, labels and platforms, see docs/push-rules.md."""
    quotas: Quotas = ()
    """Most bytes and tags of repositories, see docs/push-rules.md."""
    distribution: Distribution
    """Source of the registry's binary."""
    tls: Tls
    """TLS termination and the source of the certificate."""
    mtls: Mtls = Field(default_factory=Mtls)
    """Client certificates."""
    auth: Auth
    """Logins and access rights."""
    storage: Storage
    """Storage of images."""
    cache: Cache
    """Cache of blob descriptors."""
    cdn: Cdn
    """Redirects of blob downloads to another address."""
    notifications: Notifications = Field(default_factory=Notifications)
    """Notifications of pushes, pulls and deletes."""
    gc: Gc = Field(default_factory=Gc)
    """Removal of what no image needs."""
    scrub: Scrub = Field(default_factory=Scrub)
    """Proof of the images' content."""
    backup: Backup = Field(default_factory=Backup)
    """Backups."""
    upstream: Upstream = Field(default_factory=Upstream)
    """Upstream of a registry that is only a mirror."""
    proxy: Proxy = Field(default_factory=Proxy)
    """nginx in front of the registry."""
    http: Http = Field(default_factory=Http)
    """The registry's own HTTP server."""
    log: Log = Field(default_factory=Log)
    """The registry's log."""
    service: Service = Field(default_factory=Service)
    """Limits of the registry's systemd unit."""
    outbound: Outbound = Field(default_factory=Outbound)
    """The proxy for requests to other machines."""
    metrics: Metrics = Field(default_factory=Metrics)
    """Metrics for Prometheus."""
    index: Index = Field(default_factory=Index)
    """The index of the images."""
    hardening: Hardening = Field(default_factory=Hardening)
    """Hardening beyond the controls that every deploy applies."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        if not self.tls.terminates_here and self.mtls.verify != "off":
            raise refusal(
                "mtls_verify",
                "off, for registry_tls_mode is external",
                "Ask for client certificates at the load balancer",
            )
        for key, expected, hint in self.storage.refusals(self.version):
            raise refusal(f"storage_{key}", expected, hint)
        if self._http_challenge and self.proxy.http_port != 80:
            raise refusal(
                "proxy_http_port",
                "80, for registry_tls_challenge is http",
                "ACME servers connect only to port 80; or choose rfc2136 or hook",
                given=str(self.proxy.http_port),
            )
        self._metrics_stand_apart()
        check_external_issuer(self.auth, self.version, self.tls)
        check_public_exposure(self.auth, self.tls, self.mtls, self.proxy)
        self._names_differ()
        self._mirrors_agree()
        return self

    @model_validator(mode="after")
    def _rules_have_a_gate(self) -> Settings:
        behind = self.storage.filesystem or self.storage.s3
        for key in ("push_rules", "quotas"):
            if getattr(self, key) and (self.only_mirror or not behind):
                raise refusal(
                    key,
                    "nothing, for they need pushes to images in a directory of the host, or in S3",
                    "Remove them, or use registry_storage_driver: filesystem or s3 without"
                    " registry_upstream_url",
                )
        return self

    @model_validator(mode="after")
    def _cache_fits_the_registry(self) -> Settings:
        for key in self.cache.beyond(self.version):
            raise refusal(
                f"cache_{key}",
                f"nothing, for registry {self.version} cannot do it",
                "Remove it, or run another version: registry_distribution_source",
            )
        return self

    @model_validator(mode="after")
    def _headers_stay_out_of_the_log(self) -> Settings:
        headers = any(one.headers for one in self.notifications.endpoints)
        if headers and self.log.level in ("info", "debug"):
            raise refusal(
                "log_level",
                f"error or warn, for at {self.log.level} the registry logs the headers of"
                " registry_notifications_endpoints",
                "Raise it, or remove the headers",
                given=self.log.level,
            )
        return self

    @model_validator(mode="after")
    def _cdn_fits_the_registry(self) -> Settings:
        wanted = self.cdn.needs(self.version, self.storage)
        if wanted:
            raise refusal(
                "cdn_mode",
                f"a mode that this host supports: {self.cdn.mode} needs {wanted}",
                "Use redirect or none",
            )
        return self

    @model_validator(mode="after")
    def _retention_is_possible(self) -> Settings:
        check_order(self.retention)
        behind = self.storage.filesystem or self.storage.s3
        if self.retention and (self.only_mirror or not behind):
            raise refusal(
                "retention",
                "no rules, for they need images in a directory of the host or in S3, and not only a"
                " mirror",
                "Remove them, or set registry_storage_driver: filesystem or s3",
            )
        return self

    @model_validator(mode="after")
    def _index_is_possible(self) -> Settings:
        if self.index.enabled and (self.only_mirror or not self.storage.filesystem):
            raise refusal(
                "index_enabled",
                "false, for it needs images in a directory of the host, and not only a mirror",
                "Remove it, or set registry_storage_driver: filesystem",
                given="true",
            )
        return self

    def _metrics_stand_apart(self) -> None:
        """Raise a refusal if metrics were on a port of the registry, or without TLS."""
        port = self.metrics.port
        if port in (number for number, _ in self.ports):
            raise refusal(
                "metrics_listen",
                "a port that the registry does not have",
                "Choose another one, e.g. 9464",
                given=self.metrics.listen,
            )
        if not self.metrics.on_loopback and not self.tls.terminates_here:
            raise refusal(
                "metrics_listen",
                "an address of loopback, for registry_tls_mode is external: no certificate is here",
                "Listen on 127.0.0.1, with a Prometheus or its agent on the host",
                given=self.metrics.listen,
            )

    def _names_differ(self) -> None:
        """Raise for a name that is given twice."""
        for number, alias in enumerate(self.aliases):
            if alias in (self.hostname, *self.aliases[:number]):
                raise refusal(
                    f"aliases[{number}]", "another name than the others", "Remove it", given=alias
                )

    def _mirrors_agree(self) -> None:
        """Raise a refusal if a mirror conflicts with another one, the registry or its version."""
        names = [self.hostname, *self.aliases]
        taken = {"name": [], "hostname": names, "place": [self.storage.place]}
        words = {"name": "a name", "hostname": "a host name", "place": "a directory"}
        for number, mirror in enumerate(self.mirrors):
            for key, known in taken.items():
                given = getattr(mirror, key)
                if given is not None and given in known:
                    raise refusal(
                        f"mirrors[{number}].{key.replace('place', 'directory')}",
                        f"{words[key]} of its own",
                        "Give another one",
                        given=given,
                    )
                known.append(given)
        self._mirrors_need_little()
        self._mirrors_hide_nothing()
        upstreams = [("upstream_", self.upstream)]
        upstreams += [(f"mirrors[{n}].", mirror) for n, mirror in enumerate(self.mirrors)]
        for prefix, one in upstreams:
            if self.version.startswith("2.") and one.ttl_seconds != t.MIRROR_TTL_SECONDS:
                raise refusal(
                    f"{prefix}ttl_seconds",
                    "not to be given, for registry 2.8 knows no other than seven days",
                    "Remove it, or take 3.1.1 (registry_distribution_source)",
                    given=str(one.ttl_seconds),
                )

    def _mirrors_need_little(self) -> None:
        """Raise a refusal if a mirror would need tokens, or a cache that outlives what it
        deletes."""
        if self.only_mirror and self.cache.mode not in ("memory", "none"):
            raise refusal(
                "cache_mode",
                "memory or none, for registry_upstream_url is given",
                "A mirror's cache must not outlive the content that it deletes",
                given=self.cache.mode,
            )
        if not (self.auth.token or self.auth.external_token):
            return
        if self.only_mirror:
            raise refusal(
                "auth_mode",
                "htpasswd or none, for registry_upstream_url is given",
                "Choose one of the two",
                given=self.auth.mode,
            )
        for number, mirror in enumerate(self.mirrors):
            if not mirror.anonymous:
                raise refusal(
                    f"mirrors[{number}].anonymous",
                    f"true, for registry_auth_mode is {self.auth.mode}, and a mirror takes no"
                    " tokens",
                    "Set it, if anybody may pull from the mirror",
                    given="false",
                )

    def _mirrors_hide_nothing(self) -> None:
        """Raise a refusal if a mirror is at the path of repositories that are known to be used."""
        used = {f"{TESTED}/**": "holdfast's own tests are in"}
        names: set[str] = set()
        if self.auth.token:
            rules, robots = self.auth.token.rules, self.auth.token.robots
            used |= {one: "registry_auth_rules has" for rule in rules for one in rule.repositories}
            names = {user.name for user in self.auth.users} | {robot.name for robot in robots}
        for number, mirror in enumerate(self.mirrors):
            pattern = hidden_pattern(mirror, used, names)
            if pattern:
                raise refusal(
                    f"mirrors[{number}].name",
                    f'a name that hides no repositories: {used[pattern]} "{pattern}"',
                    f"Give it another one, or a host name: registry_mirrors[{number}].hostname",
                    given=mirror.name,
                )

    @property
    def _http_challenge(self) -> bool:
        return self.tls.acme is not None and self.tls.acme.challenge == "http"

    @property
    def os(self) -> Platform:
        """The platform's packages, versions, paths and capabilities."""
        return PLATFORMS[self.platform]

    @property
    def platform_known(self) -> bool:
        """False if neither the inventory nor the host has given the platform."""
        return "platform" in self.model_fields_set

    @property
    def version(self) -> str:
        """Version of CNCF Distribution on this host."""
        binary = self.distribution.obtained
        return binary.version if binary else self.os.registry_version

    @property
    def authority(self) -> str:
        """Host name, with the port if it is not 443: the registry part of an image reference."""
        return self.hostname if self.public_port == 443 else f"{self.hostname}:{self.public_port}"

    @property
    def public_port(self) -> int:
        """Port that clients use."""
        return self.proxy.public_port or self.proxy.port

    @property
    def url(self) -> str:
        """Public address of the registry."""
        return f"https://{self.authority}"

    @property
    def ports(self) -> tuple[tuple[int, bool], ...]:
        """(Port, True if it is TLS) of each port on which the proxy listens."""
        if self.tls.external:
            return ((self.tls.external.plain_port, False),)
        redirecting = ((self.proxy.http_port, False),) if self.proxy.http_port else ()
        return ((self.proxy.port, True), *redirecting)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses on which the proxy listens."""
        external = self.tls.external
        return external.plain_addresses if external else self.proxy.addresses

    @property
    def names(self) -> tuple[str, ...]:
        """All DNS names in the certificate, `hostname` first."""
        mirrors = (one.hostname for one in self.mirrors if one.hostname)
        return (self.hostname, *self.aliases, *mirrors)

    @property
    def only_mirror(self) -> bool:
        """True if the registry is only a mirror, which accepts no pushes."""
        return self.upstream.url is not None

    @property
    def users(self) -> tuple[User, ...]:
        """Enabled users whose password this host checks; empty in modes without such users."""
        return tuple(user for user in self.auth.users if not user.disabled)

    @property
    def probe_user(self) -> User | None:
        """First user with a known password, for the smoke test's push; None if there is none."""
        return next((user for user in self.users if user.password is not None), None)
