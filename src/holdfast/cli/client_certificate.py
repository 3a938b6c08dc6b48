"""holdfast client certificate"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.certificates import Clients

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@click.command("certificate")
@common
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 825), default=365, show_default=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Default: here."
)
@click.option("--revoke", is_flag=True, help="Revoke the certificate of NAME.")
def command(shared: Common, name: str, days: int, output: Path | None, revoke: bool) -> Exit:
    """Issue a client certificate (registry_mtls_verify).

    Writes NAME.crt, and NAME.key for you alone to read.

    \b
    Example: holdfast client certificate ci -i acme -o ci-secrets
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name}: expected letters, digits and . _ @ -, at most 64")
    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    clients, host = _authority(hosts)
    now = datetime.now(UTC)
    if revoke:
        clients.revoke(host.settings.hostname, name, now)
        shared.say(f"{name}: revoked. Hosts refuse it after: holdfast deploy {shared.where}")
        return Exit.OK
    folder = output or Path()
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    for path in paths:
        if path.exists():
            raise InputError(f"{path}: expected no such file. Move it away, or give --output")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pair = clients.issue(host.settings.hostname, name, days, now)
    for path, text, mode in zip(
        paths, (pair.certificate_pem, pair.key_pem), (0o644, 0o600), strict=True
    ):
        path.touch(mode)
        path.write_text(text)
    shared.say(f"{paths[0]} and {paths[1]} are for {name}, for {days} days.")
    return Exit.OK


def _authority(hosts: list[Resolved]) -> tuple[Clients, Resolved]:
    """Return the one client authority that the hosts share, and one of the hosts."""
    from holdfast.certificates import Clients, Folder  # noqa: PLC0415 -- slow to import
    from holdfast.certificates.pem_source import resolve as place  # noqa: PLC0415

    found = {}
    for host in hosts:
        mtls = host.settings.mtls
        if mtls.verify != "off" and mtls.ca is None:
            found[place(mtls.ca_directory, host.inventory_directory).resolve()] = host
    if not found:
        raise InputError(
            "registry_mtls_verify: expected optional or require, and no registry_mtls_ca, on a host"
        )
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise InputError(f"--limit: expected hosts of one authority, got {listed}. Name a host")
    (path, host), *_ = found.items()
    return Clients(Folder(path)), host
