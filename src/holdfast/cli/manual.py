"""Write manual pages from the same commands as the help: python -m holdfast.cli.manual FOLDER

The wheel carries them. Its build has click and the standard library alone.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from holdfast import DOCS, __version__
from holdfast.cli.main import LONGEST, VERBS, group
from holdfast.cli.pages import address

KEPT = "\b"
"""First line of a paragraph whose lines are kept, by click's convention."""


def pages() -> dict[str, str]:
    """Return the text of each manual page by its file: one of the program, one of each verb."""
    context = click.Context(group, info_name="holdfast")
    found = {"holdfast.1": _program(context)}
    for verb in VERBS:
        command = group.get_command(context, verb)
        assert command
        below = click.Context(command, info_name=verb, parent=context)
        found[f"holdfast-{verb}.1"] = _page(command, below, address(verb))
    return found


def text(words: str) -> str:
    """Return words as roff prints them literally."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-")
    ascii_ = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in escaped)
    return re.sub(r"^([.'])", r"\\&\1", ascii_, flags=re.MULTILINE)


def _filled(words: str) -> str:
    """Return a paragraph in lines as short as roff likes them."""
    return text("\n".join(textwrap.wrap(words, 70, break_long_words=False, break_on_hyphens=False)))


def _program(context: click.Context) -> str:
    listed: list[str] = []
    for verb in VERBS:
        command = group.get_command(context, verb)
        assert command
        short = _filled(command.get_short_help_str(LONGEST))
        listed += [".TP", f".BR holdfast\\-{text(verb)} (1)", short]
    return _joined(
        _head("holdfast", group),
        _synopsis(group, context),
        [".SH DESCRIPTION", *_described(group)],
        [".SH VERBS", *listed],
        _options(group, context),
        [".SH SEE ALSO", text(f"{DOCS}/starting.md")],
    )


def _page(command: click.Command, context: click.Context, where: str) -> str:
    below = command if isinstance(command, click.Group) else None
    return _joined(
        _head(context.command_path.replace(" ", "-"), command),
        _synopsis(command, context),
        [".SH DESCRIPTION", *_described(command)],
        _options(command, context),
        [".SH VERBS", *_below(below, context)] if below else [],
        [".SH SEE ALSO", ".BR holdfast (1),", text(where)],
    )


def _joined(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(name: str, command: click.Command) -> list[str]:
    short = command.get_short_help_str(LONGEST).removesuffix(".")
    title = text(name.upper())
    return [
        f'.TH {title} 1 "" "holdfast {__version__}" "User Commands"',
        ".SH NAME",
        f"{text(name)} \\- {text(short)}",
    ]


def _synopsis(command: click.Command, context: click.Context) -> list[str]:
    words = " ".join(command.collect_usage_pieces(context))
    return [".SH SYNOPSIS", f".B {text(context.command_path)}", text(words)]


def _described(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's help."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\x08)", inspect.cleandoc(command.help or "")):
        first, *rest = paragraph.strip("\n").split("\n")
        if first.strip() == KEPT:
            kept = [text(line.rstrip()) for line in rest]
            lines += [".PP", ".nf", *kept, ".fi"]
        else:
            lines += [".PP"] * bool(lines) + [_filled(paragraph)]
    return lines


def _options(command: click.Command, context: click.Context, heading: str = ".SH") -> list[str]:
    records = list(_records(command, context))
    shown = [line for term, words in records for line in (".TP", f".B {term}", words)]
    return [f"{heading} OPTIONS", *shown] if heading == ".SH" else shown


def _records(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield each option and its text."""
    for one in command.get_params(context):
        record = one.get_help_record(context) if isinstance(one, click.Option) else None
        if record:
            yield text(record[0]), _filled(record[1])


def _below(command: click.Group, context: click.Context) -> list[str]:
    """Return a section for each verb below another one."""
    lines: list[str] = []
    for name in command.list_commands(context):
        one = command.get_command(context, name)
        assert one
        own = click.Context(one, info_name=name, parent=context)
        usage = " ".join([own.command_path, *one.collect_usage_pieces(own)])
        lines += [f".SS {text(usage)}", *_described(one), *_options(one, own, "")]
        lines += _below(one, own) if isinstance(one, click.Group) else []
    return lines


if __name__ == "__main__":
    for name, page in pages().items():
        (Path(sys.argv[1]) / name).write_text(page, encoding="ascii")
