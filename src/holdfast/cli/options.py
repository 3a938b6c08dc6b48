"""Options that all verbs share, and the run of a playbook with them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from holdfast.cli import advice, ansible_options, interrupts
from holdfast.cli.waiting import Waiting
from holdfast.errors import HoldfastError, InputError
from holdfast.playbook import Outcome, Playbook, run
from holdfast.playbook.display import Lines, Objects
from holdfast.playbook.run import Event

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Common:
    """Values of the shared options."""

    inventories: tuple[Path, ...]
    limit: str | None
    as_json: bool
    quiet: bool
    verbose: bool
    vault_password_file: Path | None
    become_password_file: Path | None
    ask_vault_password: bool
    ask_become_password: bool
    extra_vars: tuple[str, ...]
    forks: int | None
    become_method: str | None

    @property
    def where(self) -> str:
        """The inventories as command-line options."""
        return inventory_options(self.inventories)

    def run(self, name: str, display: Lines | None = None, **more: Any) -> Outcome:
        """Run a playbook with these options and display its events."""
        playbook = Playbook(
            name,
            self.inventories,
            self.limit,
            vault_password_file=self.vault_password_file,
            become_password_file=self.become_password_file,
            ask_vault_password=self.ask_vault_password,
            ask_become_password=self.ask_become_password,
            extra_vars=self.extra_vars,
            forks=self.forks,
            become_method=self.become_method,
            **more,
        )
        shown = display or (Objects() if self.as_json else Lines(quiet=self.quiet))

        def seen(event: Event) -> None:
            if event["event"] == "task":  # until then Ansible starts, or asks for a password
                interrupts.begun(name, check=playbook.check)
            shown.show(self._advising(event))

        try:
            return run(playbook, seen, live=self.verbose)
        finally:
            shown.close()

    def waiting(self, text: str) -> Waiting:
        """Return a line that says what is waited for; none while Ansible prompts for passwords."""
        asks = self.ask_vault_password or self.ask_become_password
        return Waiting(text, quiet=self.quiet or asks or self.verbose)

    def _advising(self, event: Event) -> Event:
        """Complete the commands that an event's texts advise."""
        if event["event"] != "phase":
            return event
        lines = [self.advice(line) for line in event.get("lines") or []]
        return {**event, "text": self.advice(event["text"]), "lines": lines}

    def advice(self, text: str) -> str:
        """Return a message whose commands name the inventories of this run."""
        return advice.complete(text, advised(self.inventories))

    def say(self, text: str) -> None:
        """Print a line, unless --json or --quiet is given."""
        if not (self.as_json or self.quiet):
            click.echo(text)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a command. They arrive as its first argument, a Common."""

    def command(**values: Any) -> Any:
        inventories = inventories_of(values.pop("inventories"))
        names = Common.__dataclass_fields__.keys() - {"inventories"}
        shared = {name: values.pop(name) for name in names}
        with advising(inventories):
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
LIMIT = click.option("-l", "--limit", metavar="HOSTS", help="Limit the run to these hosts.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON objects, one a line.")
_OPTIONS = [
    INVENTORY,
    LIMIT,
    JSON,
    click.option("-q", "--quiet", is_flag=True, help="Print failures only."),
    click.option("-v", "--verbose", is_flag=True, help="Print Ansible's own output, too."),
    click.option("--vault-password-file", type=_FILE, help="File with the vault's password."),
    click.option("--become-password-file", type=_FILE, help="File with the password of sudo."),
    click.option("-J", "--ask-vault-password", is_flag=True, help="Ask for the vault's password."),
    click.option("-K", "--ask-become-password", is_flag=True, help="Ask for the sudo password."),
    *ansible_options.ALWAYS,
]


def inventories_of(given: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the given inventories or the default one. Raises InputError if there is none."""
    if given:
        return given
    path = _default()
    if not path.exists():
        raise InputError(f"{path}: expected an inventory, found nothing. Give one with -i")
    return (path,)


def _default() -> Path:
    return Path(os.environ.get("HOLDFAST_INVENTORY") or "inventory")


def advised(inventories: tuple[Path, ...]) -> str:
    """Return the options that a command needs to find the same inventories again."""
    if inventories == (_default(),):
        return ""
    return inventory_options(inventories)


def inventory_options(inventories: tuple[Path, ...]) -> str:
    """Return the options that name inventories, as a shell takes them."""
    return " ".join(f"-i {shlex.quote(str(path))}" for path in inventories)


@contextmanager
def advising(inventories: tuple[Path, ...]) -> Iterator[None]:
    """Complete the commands that an error advises."""
    try:
        yield
    except HoldfastError as error:
        where = advised(inventories)
        error.lines = [advice.complete(line, where) for line in error.lines]
        raise
