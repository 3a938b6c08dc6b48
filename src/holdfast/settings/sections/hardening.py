"""The section `registry_hardening_*`: the profile, and exceptions with their reasons."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


def _known(exceptions: dict[str, str]) -> dict[str, str]:
    """Refuse exceptions with an unknown control or without a reason."""
    from holdfast.hardening import control  # noqa: PLC0415 -- the catalogue, for who needs it

    for name, reason in exceptions.items():
        if control(name) is None or len(reason.strip()) < 10:
            raise PydanticCustomError("exception", "form")
    return exceptions


Exceptions = Annotated[
    dict[str, str],
    AfterValidator(_known),
    Expect(
        "a mapping from a control's id to the reason, of ten characters or more",
        "docs/controls.md lists the ids",
    ),
]
OpenPort = Annotated[
    str,
    Field(pattern=r"^([1-9]\d{0,4})(-[1-9]\d{0,4})?/(tcp|udp)$"),
    Expect("a port or a range with its protocol", "e.g. 9100/tcp or 60000-61000/udp"),
]


class Hardening(Section):
    """Hardening beyond the controls that every deploy applies."""

    profile: Literal["off", "registry-only", "host"] = "registry-only"
    """Extent of hardening. `registry-only` confines the registry's own users and files, as far as
    the host has the tools, and changes nothing else. `host` is for a dedicated machine and also
    covers firewall, ssh, kernel, logs and updates. `off` undoes both."""
    exceptions: Exceptions = Field(default_factory=dict)
    """Controls that are not applied: control id and reason. The reason is shown with the
    control."""
    open_ports: Annotated[
        tuple[OpenPort, ...],
        Field(strict=False),
        Expect("a list of ports with their protocols", "e.g. [9100/tcp]"),
    ] = ()
    """Additional ports that the firewall opens, besides those of the registry and ssh."""
    cut_others: bool = False
    """Allow the firewall to cut off other services and sessions. If false, a deploy that would do
    so is refused and names them."""
    forwarding: bool = False
    """Set it if the host forwards packets (containers, a VPN, a router). IP forwarding is then not
    disabled, and reverse-path filtering is loose."""
    ssh_port: t.Port = 22
    """Port of sshd."""
    ssh_sources: Annotated[
        tuple[t.Network, ...],
        Field(strict=False),
        Expect("a list of addresses and networks", "e.g. [10.0.0.0/8]"),
    ] = ()
    """Networks from which ssh is allowed. If empty, it is allowed from everywhere."""
    ssh_per_minute: Annotated[
        int, Field(ge=2, le=6000), Expect("connections from 2 to 6000 a minute")
    ] = 30
    """New ssh connections a minute for one address (of IPv6: a /64), with a burst of the same
    size."""
    ssh_clients: Literal["modern", "compatible"] = "modern"
    """Supported ssh clients: `modern` needs OpenSSH 8.5 or newer. `compatible` adds
    curve25519-sha256 for older clients; ssh-audit warns about it."""
    confirm_seconds: Annotated[int, Field(ge=10, le=600), Expect("seconds from 10 to 600")] = 60
    """Seconds after which a change of firewall or ssh is reverted, unless a new connection has
    confirmed it."""
    journal_mib: Annotated[int, Field(ge=64, le=1048576), Expect("MiB from 64 to 1048576")] = 512
    """Maximum size of the journal on disk, in MiB."""
