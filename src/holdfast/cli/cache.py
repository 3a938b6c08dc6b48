"""holdfast cache"""

from __future__ import annotations

import click

from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.group("cache")
def command() -> None:
    """Manage the registry's cache."""


@command.command("flush")
@common
@click.option("--check", is_flag=True, help="Show what would be done, without doing it.")
def flush(shared: Common, check: bool) -> Exit:
    """Empty the registry's cache while the registry serves.

    Required after images were removed or restored directly in the storage, e.g. after a garbage
    collection by hand. The cache would still list their blobs: pushes would succeed, and pulls of
    the same images fail.

    If the cache is in the memory of the registry's process, the serving generation is activated
    again: its processes are replaced without a failed request.

    \b
    Example: holdfast cache flush -i acme
    """
    return shared.run("cache_flush", check=check).exit_code
