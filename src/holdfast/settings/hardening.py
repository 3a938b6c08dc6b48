"""The section on hardening: how far it goes, and what is left out for which reason."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


def _known(exceptions: dict[str, str]) -> dict[str, str]:
    """Refuse exceptions that name no control, or give no reason."""
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
    """Controls beside those that every deploy brings."""

    profile: Literal["off", "registry-only", "host"] = "registry-only"
    """How far hardening goes: `registry-only` confines the registry's own users and files where the
    host has the tools for it, and touches nothing of others; `host` is for a machine whose work the
    registry is: firewall, ssh, kernel, logs, updates. `off` undoes both."""
    exceptions: Exceptions = Field(default_factory=dict)
    """Controls that are left out: id and reason. The reason is shown wherever the control is."""
    open_ports: Annotated[
        tuple[OpenPort, ...],
        Field(strict=False),
        Expect("a list of ports with their protocols", "e.g. [9100/tcp]"),
    ] = ()
    """Ports that the firewall leaves open beside those of the registry and of ssh."""
    cut_others: bool = False
    """Whether services and sessions of others that the firewall would close may be cut off; a
    deploy is refused otherwise, and names them."""
    forwarding: bool = False
    """Whether the host forwards packets: containers, a VPN, a router. Forwarding is left alone
    then."""
    ssh_port: t.Port = 22
    """Port on which sshd listens."""
    ssh_sources: Annotated[
        tuple[t.Network, ...],
        Field(strict=False),
        Expect("a list of addresses and networks", "e.g. [10.0.0.0/8]"),
    ] = ()
    """Networks from which ssh is reached; empty: from everywhere."""
    ssh_per_minute: Annotated[
        int, Field(ge=2, le=6000), Expect("connections from 2 to 6000 a minute")
    ] = 30
    """New ssh connections a minute that one address may open, and as many at once."""
    ssh_clients: Literal["modern", "compatible"] = "modern"
    """Clients that ssh is for: `modern` takes OpenSSH 8.5 and newer; `compatible` adds
    curve25519-sha256 for others, at which ssh-audit warns."""
    confirm_seconds: Annotated[int, Field(ge=10, le=600), Expect("seconds from 10 to 600")] = 60
    """After so many seconds a change of firewall or ssh is undone, unless a new connection came
    through it."""
    journal_mib: Annotated[int, Field(ge=64, le=1048576), Expect("MiB from 64 to 1048576")] = 512
    """Size in MiB that the journal may have on the disk."""
