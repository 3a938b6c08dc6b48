"""Run `holdfast init`."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast import new_folder
from holdfast.cli import init_questions, interrupts
from holdfast.cli.options import inventory_options
from holdfast.errors import Exit, InputError

if TYPE_CHECKING:
    from holdfast.starting import Answers

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_MODES = click.Choice(["private", "acme", "own", "external"])


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--hostname", metavar="NAME", help="Name that clients use, registry.acme.example.")
@click.option("--host", metavar="ADDRESS", help="Address of the host for ssh. Default: its name.")
@click.option("--ssh-user", metavar="NAME", help="User for ssh: root, or one who may use sudo.")
@click.option("--tls", type=_MODES, help="Source of the certificate. Default: private.")
@click.option("--user", metavar="NAME", help="First user of the registry. Default: admin.")
@click.option("--mirror", is_flag=True, help="Mirror Docker Hub, too.")
@click.option("--token", is_flag=True, help="Give rights by repository.")
@click.option("--accept-terms", is_flag=True, help="Accept the terms of service, for acme.")
@click.option("--email", metavar="ADDRESS", help="Address for Let's Encrypt's notices, for acme.")
@click.option("--certificate", metavar="FILE", help="Certificate in PEM, for own.")
@click.option("--key", metavar="FILE", help="Its key, for own.")
@click.option("--ca", metavar="FILE", help="Root of the certificate, if few know it, for own.")
@click.option("--load-balancer", "load_balancers", multiple=True, help="Address, for external.")
@click.option(
    "--vault-password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep secrets in a vault. A password is generated if the file does not exist.",
)
@click.option("--from", "config", type=_FILE, help="Convert an existing registry's config.yml.")
@click.option("--yes", is_flag=True, help="Ask nothing, and do not connect.")
@click.option("--json", "as_json", is_flag=True, help="Ask nothing, and print a JSON object.")
def command(directory: Path, config: Path | None, yes: bool, as_json: bool, **given: Any) -> Exit:
    """Write the inventory of a new registry to a new directory.

    A terminal is prompted for what no option gives.

    \b
    Example: holdfast init acme --hostname registry.acme.example --host 192.0.2.10
    """
    new_folder.must_be_new(directory, "DIRECTORY")
    if config:
        from holdfast.cli import init_from  # noqa: PLC0415 -- slow to import

        return init_from.converted(directory, config, as_json, given)
    terminal = not (yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    vault = given.pop("vault_password_file")
    answers = init_questions.answers(given, ask=terminal)
    vault = vault or (init_questions.vault() if terminal else None)
    facts = _write(directory, answers, vault)
    if as_json:
        following = f"holdfast deploy {facts.pop('options')}"
        click.echo(json.dumps({**facts, "next": following}, sort_keys=True))
        return Exit.OK
    _say(facts, answers)
    options = facts["options"]
    interrupts.note(f"{directory} is written. Next: holdfast deploy {options}")
    if terminal:
        init_questions.connect(answers)
    click.echo(f"Next: holdfast deploy {options}")
    return Exit.OK


def _write(directory: Path, answers: Answers, vault: Path | None) -> dict[str, Any]:
    """Write the inventory; return the facts to print, with the password of the first user."""
    from holdfast import starting, users  # noqa: PLC0415 -- slow to import
    from holdfast.settings.sections.auth import Htpasswd  # noqa: PLC0415

    password = users.generated()
    digest = users.hashed(password, Htpasswd.model_fields["bcrypt_cost"].default)
    _must_pass_check(starting.variables(answers, digest, vault=False), directory)
    files = starting.files(answers, digest, vault=bool(vault))
    options = inventory_options((directory,))
    if vault:
        secret, made = starting.password_of(vault, directory)
        files["group_vars/registry/vault.yml"] = starting.encrypted(secret)
        options += f" --vault-password-file {shlex.quote(str(vault))}"
    new_folder.write(directory, files, ["group_vars/registry/vault.yml"], "DIRECTORY")
    facts = {"directory": str(directory), "user": answers.user, "password": password}
    more = {"vault_password_file": str(vault), "vault_password_made": made} if vault else {}
    return {**facts, **more, "files": sorted(files), "options": options}


def _must_pass_check(settings: dict[str, Any], directory: Path) -> None:
    """Raise InputError for what `holdfast check` would refuse."""
    from holdfast.certificates import provided_errors  # noqa: PLC0415 -- slow to import
    from holdfast.settings import parse  # noqa: PLC0415
    from holdfast.settings.files import file_errors  # noqa: PLC0415

    parsed, folder = parse(settings), directory.absolute()
    errors = [str(one) for one in file_errors(parsed, folder)]
    errors = errors or provided_errors(parsed, folder, datetime.now(UTC))
    if errors:
        raise InputError(*errors)


def _say(facts: dict[str, Any], answers: Answers) -> None:
    where = Path(facts["directory"])
    click.echo(f"{where}: the inventory of https://{answers.hostname}")
    click.echo(f"Settings, with comments: {where / 'group_vars/registry/main.yml'}")
    if answers.mirror and answers.token:
        click.echo("The mirror is open to everybody who reaches the host: it takes no tokens")
    if facts.get("vault_password_made"):
        path = facts["vault_password_file"]
        click.echo(f"The vault's password: {path}, just made. Keep a copy of it elsewhere")
    click.echo(f"User {facts['user']}, password, shown this once: {facts['password']}")
