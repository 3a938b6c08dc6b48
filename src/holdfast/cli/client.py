"""holdfast client"""

from __future__ import annotations

import click

from holdfast.cli import client_certificate


@click.group("client")
def command() -> None:
    """What the machines need that push and pull."""


command.add_command(client_certificate.command)
