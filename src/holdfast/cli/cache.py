"""holdfast cache"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.group("cache")
def command() -> None:
    """Look after the registry's cache."""


@command.command("flush")
@common
@click.option("--check", is_flag=True, help="Tell what would be done, and do nothing.")
def flush(shared: Common, check: bool) -> Exit:
    """Let our own cache (registry_cache_mode: local) forget everything; the registry goes on.

    To be done when images were removed or restored behind the registry's back: a cache that
    remembers them lets pushes succeed of which pulls then fail.

    \b
    Example: holdfast cache flush -i acme
    """
    return shared.run("cache_flush", check=check).exit_code
