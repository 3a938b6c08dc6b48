"""holdfast copy"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli import interrupts
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.copying.credentials import Credential
    from holdfast.copying.progress import Report
    from holdfast.verification.target import Target

PASSWORD, REMOTE_PASSWORD = "HOLDFAST_COPY_PASSWORD", "HOLDFAST_COPY_REMOTE_PASSWORD"
"""Environment variables with the passwords of --user and --remote-user."""
MOST_AT_ONCE = 32


@click.command("copy")
@common
@click.argument("source", required=False, metavar="[REGISTRY[/REPOSITORY[:TAG]]|oci:DIR]")
@click.option("--to", "to", metavar="REGISTRY[/PATH]|oci:DIR", help="Copy out, from ours.")
@click.option(
    "--include", multiple=True, metavar="GLOB", help="Only REPOSITORY or REPOSITORY:TAG; * and **."
)
@click.option("--since", metavar="WHEN", help="Only images made since: 30d, 2026-01-31.")
@click.option("--below", default="", metavar="PATH", help="Put repositories below this path.")
@click.option("--user", metavar="NAME", help="User of our registry; asks for the password.")
@click.option("--remote-user", metavar="NAME", help="User of the other one; default: auth.json.")
@click.option(
    "--remote-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CA certificate to trust at the other one, too.",
)
@click.option("--bandwidth", metavar="SIZE", help="Bytes in a second at most, such as 10MiB.")
@click.option(
    "--at-once",
    type=click.IntRange(1, MOST_AT_ONCE),
    default=6,
    show_default=True,
    help="Images, and blobs, at the same time.",
)
@click.option("--check", is_flag=True, help="Show what would be copied, without doing it.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common,
    source: str | None,
    to: str | None,
    include: tuple[str, ...],
    since: str | None,
    below: str,
    user: str | None,
    remote_user: str | None,
    remote_ca: Path | None,
    bandwidth: str | None,
    at_once: int,
    check: bool,
) -> Exit:
    """Copy images from a registry or a folder into ours, or out of ours with --to.

    A tag appears when all that it names is there, signatures included. The same command again
    copies what is new, and continues after an interruption. Logins are those of podman and docker.

    \b
    Exit codes: 0 all is there · 3 a registry does not answer
                4 no rights · 5 some images were not copied

    \b
    Example: holdfast copy registry.example.com --include 'team-a/**' -i acme
             holdfast copy docker.io/library/alpine:3.* --below mirror -i acme
             holdfast copy --to registry.example.net/acme -i acme
    """
    from holdfast.copying import order, run, selection, sides  # noqa: PLC0415 -- slow to import
    from holdfast.copying import since as moments  # noqa: PLC0415

    if (source is None) == (to is None):
        raise InputError("copy: expected one registry: to copy from, or with --to to copy to")
    address = sides.parsed(source or to or "")
    patterns = (*include, address[2]) if source and address[2] else include
    chosen = selection.Selection(patterns)
    wanted = run.Wanted(chosen, moments.moment(since) if since else None, at_once, check)
    remote_login = _remote_login(address, remote_user)
    rate = _rate(bandwidth)
    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        ours = _ours(hosts, user, Path(folder))
        place = address[2] if to else ""
        wish = order.Order(
            ours,
            _login(ours, user),
            address,
            remote_login,
            remote_ca,
            outward=to is not None,
            below=f"{place}/{below}".strip("/"),
            rate=rate,
        )
        if not check:
            interrupts.note("Each tag that is there is complete. The same command continues.")
        with shared.waiting("Lists both registries") as waiting:
            report = order.execute(wish, wanted, waiting.show)
    _show(shared, report, check=check)
    return _exit(report)


def _rate(text: str | None) -> int:
    from holdfast import sizes  # noqa: PLC0415

    try:
        return sizes.size(text) if text else 0
    except ValueError as error:
        raise InputError(f"--bandwidth: {error}") from error


def _ours(hosts: list[Resolved], user: str | None, folder: Path) -> Target:
    """Return the registry of the inventory, as its clients reach it."""
    from holdfast.verification import hosts as views  # noqa: PLC0415 -- slow to import

    names = {one.settings.authority for one in hosts}
    if len(names) != 1:
        raise InputError(
            f"--limit: expected the hosts of one registry, got {', '.join(sorted(names))}"
        )
    login = None
    if user:
        known = [one.settings for one in hosts]
        login = views.login_of(user, known, lambda: _password(PASSWORD, user))
    view = views.View(outside=True, login=login)
    first = hosts[0]
    return views.targets([(first.name, first.settings, first.connection)], view, folder)[0]


def _login(ours: Target, user: str | None) -> Credential | None:
    """Return the login for our registry: of --user, of podman or docker, of the settings."""
    from holdfast.copying import credentials  # noqa: PLC0415

    found = None if user else credentials.find(ours.settings.authority)
    if found or ours.user is None:
        return found
    return credentials.Credential(ours.user.username, ours.user.password.get_secret_value())


def _remote_login(address: tuple[str, str, str], user: str | None) -> Credential | None:
    from holdfast.copying import credentials  # noqa: PLC0415

    if user:
        return credentials.Credential(user, _password(REMOTE_PASSWORD, user))
    return credentials.find(address[1], address[2].partition(":")[0])


def _password(variable: str, user: str) -> str:
    if known := os.environ.get(variable):
        return known
    if not sys.stdin.isatty():
        raise InputError(f"password of {user}: expected a terminal to ask at. Set {variable}")
    return str(click.prompt(f"Password of {user}", hide_input=True, err=True))


def _show(shared: Common, report: Report, *, check: bool) -> None:
    if shared.as_json:
        click.echo(json.dumps(report.as_dict(), sort_keys=True))
        return
    for repository, tag, digest in sorted(report.copied):
        shared.say(f"{'would copy' if check else 'copied'}  {repository}:{tag}  {digest}")
    for note in sorted(report.notes):
        click.echo(f"note    {note}")
    for repository, tag, reason in sorted(report.failed):
        click.echo(f"failed  {repository}{':' * bool(tag)}{tag}  {reason}", err=True)
    shared.say(report.total(check=check))


def _exit(report: Report) -> Exit:
    if not report.failed:
        return Exit.OK
    refused = report.denied == len(report.failed) and not (report.copied or report.unchanged)
    return Exit.REFUSED if refused else Exit.FAILED
