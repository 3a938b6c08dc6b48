"""holdfast verify"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import Common, common
from holdfast.cli.resolved import Resolved, resolve
from holdfast.errors import Exit, InputError

COLUMNS = 4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.verification import Counts, Results, Target
    from holdfast.verification.controls import Profile


@click.command("verify")
@common
@click.option(
    "--profile",
    type=click.Choice(["basic", "default", "hardening"]),
    default="default",
    help="How much to look at; hardening takes minutes.",
)
@click.option("--only", multiple=True, metavar="NAME", help="This group or control alone.")
@click.option(
    "--intrusive", is_flag=True, help="Also what loads the host, as thousands of clients."
)
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit report, too.")
@click.option("--html", type=click.Path(path_type=Path), help="Write one page for a reviewer, too.")
@click.option("--outside", is_flag=True, help="Look from outside only: no ssh.")
@click.option(
    "--by-address", is_flag=True, help="Connect to ansible_host, not to what the name resolves to."
)
@click.option("--ca", type=click.Path(path_type=Path, exists=True), help="Authority to trust.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    shared: Common,
    profile: Profile,
    only: tuple[str, ...],
    intrusive: bool,
    junit: Path | None,
    html: Path | None,
    outside: bool,
    by_address: bool,
    ca: Path | None,
) -> Exit:
    """Prove that hosts are what their settings say, from inside and outside.

    \b
    Example: holdfast verify -i acme --html report.html
    """
    from holdfast.verification.controls import chosen  # noqa: PLC0415 -- slow to import

    controls = chosen(profile, only, intrusive)
    hosts, outcome = resolve(shared)
    if outcome.exit_code is not Exit.OK:
        return outcome.exit_code
    from holdfast.verification import runner  # noqa: PLC0415 -- slow to import

    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        targets = [
            replace(_target(one, outside, by_address, ca), pair=_pair(one, Path(folder)))
            for one in hosts
        ]
        results = runner.run(targets, controls=controls, junit=junit, html=html)
    if shared.as_json:
        click.echo(json.dumps(results.as_dict(), sort_keys=True))
    else:
        _show(shared, results, [str(path) for path in (junit, html) if path])
    return Exit.OK if results.ok else Exit.VERIFICATION


def _target(host: Resolved, outside: bool, by_address: bool, ca: Path | None) -> Target:
    from holdfast.certificates import ca_file  # noqa: PLC0415
    from holdfast.verification import Connection, Target  # noqa: PLC0415

    address = host.connection.get("ansible_host", host.name) if by_address else None
    return Target(
        host.name,
        host.settings,
        None if outside else Connection.from_variables(host.name, host.connection),
        str(address) if address else None,
        ca or _existing(ca_file(host.settings, host.inventory_directory)),
    )


def _pair(host: Resolved, folder: Path) -> tuple[Path, Path] | None:
    """Issue a client's certificate for this run, when the host asks for one of our authority."""
    from holdfast.certificates import probe_pair  # noqa: PLC0415

    texts = probe_pair(host.settings, host.inventory_directory, datetime.now(UTC))
    if texts is None:
        return None
    paths = folder / f"{host.name}.crt", folder / f"{host.name}.key"
    for path, text in zip(paths, texts, strict=True):
        path.touch(0o600)
        path.write_text(text)
    return paths


def _existing(path: Path | None) -> Path | None:
    if path and not path.exists():
        raise InputError(
            f"{path}: expected the authority's certificate. Deploy first, or give --ca"
        )
    return path


def _show(shared: Common, results: Results, reports: list[str]) -> None:
    from rich.console import Console  # noqa: PLC0415

    console = Console(soft_wrap=True)
    for host, groups in results.by_host().items():
        for line in [] if shared.quiet else _grid(host, groups):
            console.print(line, markup=False, highlight=False)
        for outcome in results.failures:
            if outcome.host == host:
                text = f"{host}  failed  {outcome.check}: {outcome.text}"
                console.print(text, markup=False, highlight=False)
        for reason, checks in results.skipped(host).items() if not shared.quiet else ():
            text = f"{host}  skipped  {', '.join(checks)}: {reason}"
            console.print(text, markup=False, highlight=False)
    total = results.total
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    report = f" Report: {', '.join(reports)}" if reports else ""
    shared.say(
        f"{total.passed} passed, {total.failed} failed{skipped} in {results.seconds:.1f} s.{report}"
    )


def _grid(host: str, groups: Mapping[str, Counts]) -> list[str]:
    """Return the counts of a host, four groups a line; what was skipped stands below with why."""
    cells = [
        f"{group:<8}{counts.passed:>3} passed" + (f", {counts.failed} failed" * bool(counts.failed))
        for group, counts in groups.items()
    ]
    width = max(map(len, cells), default=0) + 3
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return [f"{host}  " + "".join(cell.ljust(width) for cell in row).rstrip() for row in rows]
