"""holdfast certificate"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from holdfast.certificates import Folder
    from holdfast.settings.sections.tls import PrivateCA

from holdfast.cli.deploy import summary
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.cli.status import verdict
from holdfast.errors import Exit, InputError

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("certificate")
def command() -> None:
    """Show, renew and replace certificates and authorities."""


@command.command("show")
@common
@click.option("--warn-days", type=click.IntRange(0), help="Minimum number of days left.")
def show(shared: Common, warn_days: int | None) -> Exit:
    """Show the certificates of hosts and their validity; exit code 6 if too few days are left.

    \b
    Example: holdfast certificate show -i acme --warn-days 30
    """
    variables: dict[str, object] = {}
    if warn_days is not None:
        variables["holdfast_warn_days"] = warn_days
    variables["holdfast_status_phase"] = "certificates"
    outcome = shared.run("status", variables=variables)
    for host, facts in sorted(outcome.facts.items()):
        for one in facts["certificates"]:
            begin, end = (f"{_day(one[key])}" for key in ("begin", "end"))
            names = ", ".join(one["names"])
            shared.say(f"{host}  {one['file']:<25} {begin} to {end}  {names}  by {one['issuer']}")
    return verdict(outcome)


@command.command("renew")
@common
@click.option("--new-key", is_flag=True, help="Also generate a new key, e.g. after a leak.")
@click.option("--check", is_flag=True, help="Show what would change, without changing it.")
def renew(shared: Common, new_key: bool, check: bool) -> Exit:
    """Renew certificates now, due or not, without closing connections.

    \b
    Example: holdfast certificate renew -i acme --limit registry1
    """
    variables = {"holdfast_renew": True, "holdfast_new_key": new_key}
    outcome = shared.run("deploy", check=check, variables=variables)
    summary(shared, outcome, check)
    return outcome.exit_code


@command.command("rotate-ca")
@common
@click.option(
    "--finish", is_flag=True, help="End the overlap, once every client trusts the new one."
)
def rotate_ca(shared: Common, finish: bool) -> Exit:
    """Create the next private authority, cross-signed by the current one.

    After the next deploy, clients that know only the old authority and clients that know only the
    new one both trust the registry; then bring ca.crt to all clients, and finish.

    \b
    Example: holdfast certificate rotate-ca -i acme && holdfast deploy -i acme
    """
    from holdfast.certificates import rotation  # noqa: PLC0415 -- slow to import

    hosts, outcome = resolve(shared)
    for host in _of_each_authority(hosts):
        folder, tls = _authority(host)
        if finish:
            rotation.finish(folder)
            shared.say(f"{folder.path}: the old authority is gone.")
            continue
        outside = rotation.rotate(folder, host.settings.names, tls, datetime.now(UTC))
        shared.say(f"{folder.path}: a new authority, signed by itself and by the one before.")
        if outside:
            shared.say(
                f"{', '.join(outside)}: the previous authority cannot certify this name."
                " After the next deploy, clients need the new ca.crt: install it on them first."
            )
        if tls.ca_key:
            shared.say(
                f"registry_tls_ca_key: put the new key into the vault, from {folder.path}/ca.key"
                " (docs/two-administrators.md)"
            )
    if hosts:
        shared.say(f"Next: holdfast deploy {shared.where}")
    if hosts and not finish:
        shared.say("      then bring ca.crt to all clients (holdfast client), at your leisure")
        shared.say(f"      then: holdfast certificate rotate-ca --finish {shared.where}")
    return outcome.exit_code


@command.command("import-ca")
@common
@click.option("--certificate", required=True, type=_FILE, help="The authority and its issuers.")
@click.option("--key", required=True, type=_FILE, help="Its private key.")
@click.option("--passphrase-file", type=_FILE, help="File with the passphrase of that key.")
def import_ca(shared: Common, certificate: Path, key: Path, passphrase_file: Path | None) -> Exit:
    """Use an existing authority to sign the hosts' certificates.

    \b
    Example: holdfast certificate import-ca -i acme --certificate ca.crt --key ca.key
    """
    from holdfast.certificates import rotation  # noqa: PLC0415 -- slow to import

    hosts, outcome = resolve(shared)
    phrase = passphrase_file.read_text().rstrip("\n") if passphrase_file else None
    for host in _of_each_authority(hosts):
        folder, _ = _authority(host)
        rotation.take_in(folder, certificate, key, phrase, datetime.now(UTC))
        shared.say(f"{folder.path}: holds the authority now. Next: holdfast deploy {shared.where}")
    return outcome.exit_code


def _of_each_authority(hosts: list[Resolved]) -> Iterator[Resolved]:
    """Yield one host for each private authority. Raises InputError if there is none."""
    seen = set()
    for host in hosts:
        if host.settings.tls.private_authority:
            path = _authority(host)[0].path.resolve()
            if path not in seen:
                seen.add(path)
                yield host
    if hosts and not seen:
        raise InputError("registry_tls_mode: expected private_ca on a host, found none")


def _authority(host: Resolved) -> tuple[Folder, PrivateCA]:
    """Return the folder and the settings of a host's authority."""
    from holdfast.certificates.source import folder_of  # noqa: PLC0415 -- slow to import

    tls = host.settings.tls.private_authority
    assert tls
    return folder_of(tls, host.inventory_directory), tls


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
