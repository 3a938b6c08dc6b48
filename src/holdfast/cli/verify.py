"""holdfast verify"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli import interrupts, verify_reports
from holdfast.cli.options import Common, common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit

if TYPE_CHECKING:
    from holdfast.verification.controls import Profile

PASSWORD = "HOLDFAST_VERIFY_PASSWORD"  # noqa: S105 -- its name
"""Environment variable with the password of --user."""


@click.command("verify")
@common
@click.option(
    "--profile",
    type=click.Choice(["basic", "default", "hardening"]),
    default="default",
    help="Extent of the checks; hardening takes minutes.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this group or control.")
@click.option("--intrusive", is_flag=True, help="Also run checks that load the host.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit report, too.")
@click.option("--html", type=click.Path(path_type=Path), help="Write one page for a reviewer, too.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Tell what changed since this report, a page or printed by --json.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign the reports with this ssh key, as FILE.sig.",
)
@click.option("--outside", is_flag=True, help="Check only from outside, without ssh.")
@click.option(
    "--by-address", is_flag=True, help="Connect to ansible_host, not to what the name resolves to."
)
@click.option("--ca", type=click.Path(path_type=Path, exists=True), help="CA certificate to trust.")
@click.option("--user", metavar="NAME", help="Push and pull as this user; asks for the password.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with the password of --user; else $HOLDFAST_VERIFY_PASSWORD.",
)
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common,
    profile: Profile,
    only: tuple[str, ...],
    intrusive: bool,
    junit: Path | None,
    html: Path | None,
    since: Path | None,
    sign: Path | None,
    outside: bool,
    by_address: bool,
    ca: Path | None,
    user: str | None,
    password_file: Path | None,
) -> Exit:
    """Verify that hosts match their settings, from inside and outside.

    \b
    Example: holdfast verify -i acme --html report.html
    """
    from holdfast.verification.controls import chosen  # noqa: PLC0415 -- slow to import

    controls = chosen(profile, only, intrusive)
    reports = verify_reports.chosen(junit, html, sign)
    earlier = verify_reports.earlier(since) if since else None
    resolved, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    from holdfast.verification import comparison, hosts, runner  # noqa: PLC0415 -- slow to import
    from holdfast.verification.report import page  # noqa: PLC0415
    from holdfast.verification.results import Origin  # noqa: PLC0415

    known = [(one.name, one.settings, one.connection) for one in resolved]
    asked = partial(_password, user, password_file)
    login = hosts.login_of(user, (one.settings for one in resolved), asked) if user else None
    interrupts.note("The verification is incomplete: its result is unknown.")
    view = hosts.View(outside, by_address, ca, login)
    inventory = ", ".join(map(str, shared.inventories))
    origin = Origin(inventory=inventory, extent=view.extent(profile, only))
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-") as folder,
        shared.waiting("Looks at the hosts") as waiting,
    ):
        targets = hosts.targets(known, view, Path(folder))
        results = runner.run(
            targets,
            controls=controls,
            junit=junit,
            origin=origin,
            begins=lambda one: waiting.show(str(one)),
        )
    changes = comparison.compare(results, earlier) if earlier else None
    if html:
        page.write(results, html, changes)
    verify_reports.show(shared, results, changes, reports)
    if sign:
        verify_reports.sign(shared, reports, sign)
    return Exit.OK if results.ok else Exit.VERIFICATION


def _password(user: str | None, file: Path | None) -> str:
    """Return the password of a user: of a file, the environment, or the terminal."""
    if file:
        return file.read_text().rstrip("\r\n")
    known = os.environ.get(PASSWORD)
    return known or str(click.prompt(f"Password of {user}", hide_input=True, err=True))
