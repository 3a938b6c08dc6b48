"""Run `holdfast inspect`."""

from __future__ import annotations

import re

import click

from holdfast.cli.index_answers import ask
from holdfast.cli.options import Common, common
from holdfast.errors import Exit, InputError

_IMAGE = re.compile(
    r"(?P<repository>[a-z0-9][a-z0-9._/-]{0,254})"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})|@(?P<digest>sha\d+:[0-9a-f]{32,128}))?"
)


@click.command("inspect")
@common
@click.argument("image", metavar="REPO[:TAG|@DIGEST]")
def command(shared: Common, image: str) -> Exit:
    """Describe a repository and its tags, or one image: sizes, layers, labels, what is attached.

    \b
    Example: holdfast inspect team-a/app -i acme
             holdfast inspect team-a/app:1.2 --json -i acme
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise InputError(
            f"{image}: expected a repository, REPO:TAG or REPO@DIGEST, without the host's name."
            " List them with: holdfast catalog"
        )
    return ask(shared, "inspect", lambda found: [found], **match.groupdict())
