"""Create files and servers that a scenario's inventory names but cannot contain.

They would expire, or differ in each run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from holdfast.certificates import Authority, building
from testhosts import acme, s3, slapd, upstream
from testhosts.host import Host

DAYS = 30


def certificate(_: Host, hostname: str, folder: Path) -> None:
    """Create a company's authority, and an ECDSA and an RSA certificate for a name."""
    now = datetime.now(UTC)
    company = Authority.create("company", DAYS, now)
    (folder / "company.crt").write_text(company.root_pem)
    for kind in ("ecdsa", "rsa"):
        pair = company.issue(hostname, DAYS, now, building.new_key(kind))
        (folder / f"{kind}.crt").write_text(pair.certificate_pem)
        (folder / f"{kind}.key").write_text(pair.key_pem)


def acme_server(host: Host, _: str, folder: Path) -> None:
    """Start an ACME server on the host; write the authorities of its https and certificates."""
    acme.serve(host)
    (folder / "acme-https.crt").write_text(acme.trust(host))
    (folder / "acme-root.crt").write_text(acme.root(host))


def upstream_registry(host: Host, _: str, folder: Path) -> None:
    """Start a registry on the host to mirror; write the authority of its certificate."""
    (folder / "upstream.crt").write_text(upstream.serve(host))


def s3_server(host: Host, _: str, folder: Path) -> None:
    """Start an S3 server on the host; write the authority of its certificate."""
    (folder / "s3.crt").write_text(s3.serve(host))


def directory(host: Host, _: str, folder: Path) -> None:
    """Start an LDAP directory on the host; write the authority of its certificate."""
    now = datetime.now(UTC)
    company = Authority.create("company", DAYS, now)
    pair = company.issue("localhost", DAYS, now)
    dora = f"uid=dora,ou=people,{slapd.BASE}"
    entries = [slapd.person("dora", "directory-horse-battery"), slapd.group("developers", dora)]
    slapd.serve(host, "\n".join(entries), pair.certificate_pem, pair.key_pem)
    (folder / "directory.crt").write_text(company.root_pem)


SUPPLIES: dict[str, Callable[[Host, str, Path], None]] = {
    "acme": acme_server,
    "certificate": certificate,
    "directory": directory,
    "s3": s3_server,
    "upstream": upstream_registry,
}
