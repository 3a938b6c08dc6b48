"""The sections of the settings: one frozen model a topic, one class a mode.

The inventory variable of `Proxy.port` is `registry_proxy_port`; the docstring of a field is its
documentation, here and in docs/settings.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class _Versioned(Section):
    version: t.Version = "3.1.1"
    """Version of CNCF Distribution: 3.1.1 or newer, or 2.8.x."""
    checksum: t.Checksum
    """SHA-256 of the archive or binary, as `sha256:` and 64 hexadecimal digits."""


class Release(_Versioned):
    """The project's own release, downloaded once to the controller."""

    source: Literal["release"]


class Download(_Versioned):
    """An archive or a binary from an address of one's own, downloaded once to the controller."""

    source: Literal["url"]
    url: t.WebAddress
    """Address of the binary, or of a .tar.gz with a file `registry` in it."""


class LocalFile(_Versioned):
    """A file that lies on the controller: for hosts and controllers without the internet."""

    source: Literal["file"]
    path: t.ControllerPath
    """Path of the binary, or of a .tar.gz with a file `registry` in it."""


class Package(Section):
    """The platform's own package `docker-registry`, version 2.8."""

    source: Literal["package"]


class Proxy(Section):
    """nginx in front of the registry."""

    port: t.Port = 443
    """Port of the registry, TLS only."""
    http_port: t.PortOrOff = 80
    """Port that redirects http to https; 0 for none."""
    addresses: Annotated[
        tuple[t.Address, ...],
        Field(min_length=1, strict=False),
        Expect("a list of addresses of the host"),
    ] = ("0.0.0.0", "::")  # noqa: S104 -- a registry is there to be reached
    """Addresses to listen on; drop `::` where IPv6 is switched off."""
    body_limit_mib: Annotated[
        int, Field(ge=0, le=1048576), Expect("MiB from 0 (no limit) to 1048576")
    ] = 0
    """Largest request body in MiB, which bounds one layer; 0 for no limit."""
    timeout_seconds: Annotated[int, Field(ge=10, le=86400), Expect("seconds from 10 to 86400")] = (
        900
    )
    """Longest silence of the registry or of a client in the middle of a transfer."""
    connections_per_address: Annotated[
        int, Field(ge=1, le=100000), Expect("connections from 1 to 100000")
    ] = 300
    """Requests that one client address may have open at once."""
    direct_blobs: bool = True
    """Whether the proxy itself sends blobs from `registry_storage_directory`, once the login and
    the registry's own records allow it. Without effect where that could be noticed: other storage,
    mirrors, a CDN, receivers of pulls; see docs/blobs.md."""

    @model_validator(mode="after")
    def _two_ports(self) -> Proxy:
        if self.port == self.http_port:
            raise PydanticCustomError(
                "holdfast_ports",
                "http_port|a port other than registry_proxy_port|Use 0 for no redirect",
            )
        return self


class Http(Section):
    """The registry process's own HTTP server."""

    secret: t.SharedSecret | None = None
    """Secret that signs the state of uploads; made and kept on the host when it is not given."""
    drain_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 60
    """Seconds that an old generation has to finish the requests it is answering."""


class Log(Section):
    """The registry's log, which goes to the journal."""

    level: Literal["error", "warn", "info", "debug"] = "warn"
    """Least severity that is logged; `info` and `debug` log the state tokens of uploads."""
    format: Literal["text", "json"] = "text"
    """Form of the log lines."""


class Metrics(Section):
    """Figures for Prometheus."""

    directory: t.AbsolutePath = "/var/lib/holdfast/metrics"
    """Directory of `holdfast.prom`, for the textfile collector of the node exporter."""


class Service(Section):
    """Bounds of the registry's systemd unit."""

    memory_mib: Annotated[int, Field(ge=128, le=1048576), Expect("MiB from 128 to 1048576")] = 1024
    """Memory in MiB that the registry may use before it is restarted."""
    ca: t.PemText | None = None
    """Roots that the registry trusts, beside the system's, where it connects to other machines."""


Distribution = Annotated[Release | Download | LocalFile | Package, Field(discriminator="source")]
