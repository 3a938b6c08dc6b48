"""Run `holdfast catalogue`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """List releases with their architectures and known facts, and the age of the catalogue.

    Of a release that this version of holdfast does not know, the settings are printed.

    \b
    Example: holdfast catalogue list
             holdfast catalogue list --catalogue newer.json --signers signers
    """
    from holdfast import catalogue, releases  # noqa: PLC0415 -- slow to import

    if bool(path) != bool(signers):
        raise InputError("--catalogue, --signers: expected both or none, got one. Give the other")
    found, who = catalogue.kit(), ""
    if path and signers:
        found, who = catalogue.verified(path, signers)
    today = catalogue.today()
    if as_json:
        facts = {**json.loads(found.text), "days": found.age(today), "signed_by": who}
        click.echo(json.dumps(facts, sort_keys=True))
        return Exit.OK
    signed = f"signed by {who}" if who else "of this version of holdfast"
    click.echo(f"Catalogue {found.aged(today)}, {signed}")
    for line in _lines(found, releases.CHECKSUMS):
        click.echo(line)
    return Exit.OK


@command.command("add")
@click.argument("version")
@click.argument("archives", nargs=-1, required=True, type=_FILE)
@click.option("--catalogue", "path", type=_CATALOGUE, required=True, help="Catalogue to extend.")
@click.option("--signers", type=_FILE, help="Keys that may have signed it, if it exists.")
@click.option("--key", type=_FILE, required=True, help="Private ssh key that signs the new one.")
@click.option("--date", default="", help="Day of the release, as 2026-05-01.")
@click.option("--cve", "cves", multiple=True, help="Vulnerability that it fixes.")
@click.option("--client", "clients", multiple=True, help="Change that clients see.")
@click.option("--removed", multiple=True, help="Key of the configuration that it lacks.")
@click.option("--floor", is_flag=True, help="Older versions have known vulnerabilities.")
@JSON
def add(  # noqa: PLR0913 -- one parameter an option
    *,
    version: str,
    archives: tuple[Path, ...],
    path: Path,
    signers: Path | None,
    key: Path,
    floor: bool,
    as_json: bool,
    **about: Any,
) -> Exit:
    """Add the archives of a release to a catalogue of yours, and sign it.

    A new catalogue begins with the releases that this version of holdfast knows. The checksums are
    those of the files. One with another checksum than its .sha256 file is refused. Give facts about
    the release only if you know their source: plans of upgrades show them.

    \b
    Example: holdfast catalogue add 3.1.2 registry_3.1.2_linux_*.tar.gz --catalogue c.json --key k
    """
    from holdfast import catalogue  # noqa: PLC0415 -- slow to import

    if not path.exists():
        known = catalogue.kit()
    elif signers:
        known, _ = catalogue.verified(path, signers)
    else:
        raise InputError(f"--signers: expected keys by which {path} is proven, got none. Give them")
    facts = catalogue.About(**about)
    if not facts.sound:
        raise InputError(
            "--date, --cve, --client, --removed: expected a day as 2026-05-01, numbers as"
            " CVE-2026-1234, and plain text, got another form. Correct it"
        )
    new = catalogue.extended(known, version, archives, catalogue.today(), facts, floor=floor)
    catalogue.write(path, new, key)
    known_for = sorted(new.releases[version])
    done = {"catalogue": str(path), "version": version, "architectures": known_for}
    text = f"{path}: {version} for {', '.join(known_for)}, signed"
    click.echo(json.dumps(done, sort_keys=True) if as_json else text)
    return Exit.OK


def _lines(found: Catalogue, known: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield lines for each release, and the settings of one that is not in the kit."""
    from holdfast.upgrading.facts import facts  # noqa: PLC0415 -- slow to import
    from holdfast.versions import number  # noqa: PLC0415

    for version, checksums in sorted(found.releases.items(), key=lambda one: number(one[0])):
        yield f"{version:<8} {' '.join(sorted(checksums))}"
        if version in found.about:
            yield from (f"  {text}" for text in facts(version, found.about[version]))
        if known.get(version) != checksums:
            yield f"  registry_distribution_version: {version}"
            for name, checksum in sorted(checksums.items()):
                yield f"  registry_distribution_checksum: {checksum}  # {name}"
