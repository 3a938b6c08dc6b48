"""What the verbs that run Ansible share: options, and the way from them to a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from holdfast.errors import InputError
from holdfast.playbook import Outcome, Playbook, run
from holdfast.playbook.display import Lines, Objects

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Common:
    """The values of the shared options."""

    inventories: tuple[Path, ...]
    limit: str | None
    as_json: bool
    quiet: bool
    verbose: bool
    vault_password_file: Path | None
    become_password_file: Path | None
    ask_vault_password: bool
    ask_become_password: bool

    @property
    def where(self) -> str:
        """The inventories as they would be typed."""
        return " ".join(f"-i {path}" for path in self.inventories)

    def run(self, name: str, **more: Any) -> Outcome:
        """Run a playbook with these options and show what happens."""
        playbook = Playbook(
            name,
            self.inventories,
            self.limit,
            vault_password_file=self.vault_password_file,
            become_password_file=self.become_password_file,
            ask_vault_password=self.ask_vault_password,
            ask_become_password=self.ask_become_password,
            **more,
        )
        display = Objects() if self.as_json else Lines(quiet=self.quiet)
        try:
            return run(playbook, display.show, live=self.verbose)
        finally:
            display.close()

    def say(self, text: str) -> None:
        """Print a line for a person."""
        if not (self.as_json or self.quiet):
            click.echo(text)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the shared options; it gets them as its first argument, a Common."""

    def command(**values: Any) -> Any:
        inventories = inventories_of(values.pop("inventories"))
        names = Common.__dataclass_fields__.keys() - {"inventories"}
        shared = {name: values.pop(name) for name in names}
        return function(Common(inventories, **shared), **values)

    command.__doc__, command.__name__ = function.__doc__, function.__name__
    command.__dict__.update(function.__dict__)  # click keeps the options of a function here
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


INVENTORY = click.option(
    "-i",
    "--inventory",
    "inventories",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Inventory, or a folder with hosts.yml. Default: $HOLDFAST_INVENTORY or inventory.",
)
_OPTIONS = [
    INVENTORY,
    click.option("-l", "--limit", metavar="HOSTS", help="Only these hosts of it."),
    click.option("--json", "as_json", is_flag=True, help="Print objects, one a line."),
    click.option("-q", "--quiet", is_flag=True, help="Print failures only."),
    click.option("-v", "--verbose", is_flag=True, help="Print Ansible's own output, too."),
    click.option("--vault-password-file", type=_FILE, help="File with the vault's password."),
    click.option("--become-password-file", type=_FILE, help="File with the password of sudo."),
    click.option("-J", "--ask-vault-password", is_flag=True, help="Ask for the vault's password."),
    click.option("-K", "--ask-become-password", is_flag=True, help="Ask for the sudo password."),
]


def inventories_of(given: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the inventories that are meant; raises InputError when there is none."""
    if given:
        return given
    path = Path(os.environ.get("HOLDFAST_INVENTORY") or "inventory")
    if not path.exists():
        raise InputError(f"{path}: expected an inventory, found nothing. Give one with -i")
    return (path,)
