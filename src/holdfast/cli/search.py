"""Run `holdfast search`."""

from __future__ import annotations

import click

from holdfast.cli.index_answers import ask
from holdfast.cli.options import Common, common
from holdfast.errors import Exit


@click.command("search")
@common
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--most", type=click.IntRange(1, 1000), default=20, help="Results a kind. 20.")
def command(shared: Common, words: tuple[str, ...], most: int) -> Exit:
    """Search repositories, tags, labels and digests for all of some words.

    With --json each line has kind, repository, tag and digest.

    \b
    Example: holdfast search api 1.2 -i acme
             holdfast search sha256:0a1b2c3d --json -i acme
    """
    return ask(shared, "search", list, text=" ".join(words), most=most)
