"""Run `holdfast catalogue`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import JSON
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.catalogue import Catalogue

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_CATALOGUE = click.Path(path_type=Path, dir_okay=False)


@click.group("catalogue")
def command() -> None:
    """List the releases of the registry whose checksums are known, or add one to a catalogue."""


@command.command("list")
@click.option("--catalogue", "path", type=_FILE, help="Another catalogue, with a .sig beside it.")
@click.option("--signers", type=_FILE, help="Keys that may sign it, as of ssh-keygen(1).")
@JSON
def list_(path: Path | None, signers: Path | None, as_json: bool) -> Exit:
    """List releases with their architectures, and the age of the catalogue.

    Of a release that this version of holdfast does not know, the settings are printed.

    \b
    Example: holdfast catalogue list
             holdfast catalogue list --catalogue newer.json --signers signers
    """
    from holdfast import catalogue, releases  # noqa: PLC0415 -- slow to import

    if bool(path) != bool(signers):
        raise InputError("--catalogue, --signers: expected both or none, got one. Give the other")
    found, who = catalogue.parsed(releases.FILE.read_text(), str(releases.FILE)), ""
    if path and signers:
        found, who = catalogue.verified(path, signers)
    age = found.age(catalogue.today())
    if as_json:
        facts = {"date": found.day.isoformat(), "days": age, "signed_by": who}
        click.echo(json.dumps({**facts, "releases": found.releases}, sort_keys=True))
        return Exit.OK
    signed = f", signed by {who}" if who else ", of this version of holdfast"
    days = "1 day" if age == 1 else f"{age} days"
    click.echo(f"Catalogue of {found.day.isoformat()}, {days} old{signed}")
    for line in _lines(found, releases.CHECKSUMS):
        click.echo(line)
    return Exit.OK


@command.command("add")
@click.argument("version")
@click.argument("archives", nargs=-1, required=True, type=_FILE)
@click.option("--catalogue", "path", type=_CATALOGUE, required=True, help="Catalogue to extend.")
@click.option("--signers", type=_FILE, help="Keys that may have signed it, if it exists.")
@click.option("--key", type=_FILE, required=True, help="Private ssh key that signs the new one.")
@JSON
def add(  # noqa: PLR0913, PLR0917 -- one parameter an option
    version: str,
    archives: tuple[Path, ...],
    path: Path,
    signers: Path | None,
    key: Path,
    as_json: bool,
) -> Exit:
    """Add the archives of a release to a catalogue of yours, and sign it.

    A new catalogue begins with the releases that this version of holdfast knows. The checksums are
    those of the files. One with another checksum than its .sha256 file is refused.

    \b
    Example: holdfast catalogue add 3.1.2 registry_3.1.2_linux_*.tar.gz --catalogue c.json --key k
    """
    from holdfast import catalogue, releases  # noqa: PLC0415 -- slow to import

    if not path.exists():
        known = catalogue.parsed(releases.FILE.read_text(), str(releases.FILE))
    elif signers:
        known, _ = catalogue.verified(path, signers)
    else:
        raise InputError(f"--signers: expected keys by which {path} is proven, got none. Give them")
    new = catalogue.extended(known, version, archives, catalogue.today())
    catalogue.write(path, new, key)
    known_for = sorted(new.releases[version])
    facts = {"catalogue": str(path), "version": version, "architectures": known_for}
    text = f"{path}: {version} for {', '.join(known_for)}, signed"
    click.echo(json.dumps(facts, sort_keys=True) if as_json else text)
    return Exit.OK


def _lines(found: Catalogue, known: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield a line for each release, and the settings of one that is not in the kit."""
    for version, checksums in sorted(found.releases.items(), key=_order):
        yield f"{version:<8} {' '.join(sorted(checksums))}"
        if known.get(version) != checksums:
            yield f"  registry_distribution_version: {version}"
            for name, checksum in sorted(checksums.items()):
                yield f"  registry_distribution_checksum: {checksum}  # {name}"


def _order(one: tuple[str, object]) -> list[int]:
    return [int(number) for number in one[0].split(".")]
