"""Write docs/verbs.md from the command line's own parsers."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator

import click

from holdfast.cli.main import group
from holdfast.cli.pages import PAGES
from holdfast.schema.role import NOTE

MANY = 40
"""Verbs that have an option, from which the page lists it once for all."""
INTRO = f"""# Verbs

<!-- {NOTE.replace("settings' schema", "verbs' parsers")} -->

Every verb of the command, with all of its options. `holdfast help VERB` shows the same in a
terminal. [Exit codes](exit-codes.md) are the same for all of them.
"""
HEAD = "| Option | Meaning |\n|---|---|\n"
_Verbs = dict[tuple[str, ...], click.Command]


def verbs_page() -> str:
    """Return the page as Markdown."""
    verbs = dict(_walk(group, ()))
    shared = _shared(verbs)
    common = "".join(shared.values())
    parts = [INTRO, "\n## Options of most verbs\n\n", HEAD, common]
    for name in group.list_commands(click.Context(group)):
        below = {words: one for words, one in verbs.items() if words[0] == name}
        parts.append(f"\n## holdfast {name}\n")
        for words, one in below.items():
            parts.append(f"\n### holdfast {' '.join(words)}\n" if len(words) > 1 else "")
            parts.append(_verb(words, one, shared))
        page = PAGES.get(name, "operating")
        parts.append(f"\nMore: [{page.replace('-', ' ')}]({page}.md).\n")
    return "".join(parts)


def _walk(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the words of each verb that can be run, and its command."""
    if words and (not isinstance(command, click.Group) or command.invoke_without_command):
        yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from _walk(found, (*words, name))


def _shared(verbs: _Verbs) -> dict[str, str]:
    """Return the rows of the options that most verbs have, by the option's names."""
    count: Counter[tuple[str, str]] = Counter()
    for command in verbs.values():
        count.update((_names(one), _row(one)) for one in _options(command))
    return {names: row for (names, row), times in count.items() if times >= MANY}


def _verb(words: tuple[str, ...], command: click.Command, shared: dict[str, str]) -> str:
    """Return the section of one verb."""
    context = click.Context(command, info_name=" ".join(("holdfast", *words)))
    usage = " ".join(command.collect_usage_pieces(context))
    text, _, example = inspect.cleandoc(command.help or "").partition("\b\n")
    parts = ["\n", _escaped(text.strip()), "\n"]
    parts.append(f"\n    holdfast {' '.join(words)} {usage}\n")
    own = [one for one in _options(command) if shared.get(_names(one)) != _row(one)]
    if own:
        parts += ["\n", HEAD, *map(_row, own)]
    if example.startswith("Example: "):
        lines = inspect.cleandoc(" " * len("Example: ") + example.removeprefix("Example: "))
        parts.append(f"\n```sh\n{lines}\n```\n")
    also = [one for one in _options(command) if one not in own]
    if len(also) == len(shared):
        parts.append("\nAlso the [options of most verbs](#options-of-most-verbs).\n")
    elif also:
        parts.append(f"\nAlso {', '.join(map(_names, also))}.\n")
    return "".join(parts)


def _options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def _names(option: click.Option) -> str:
    return ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))


def _row(option: click.Option) -> str:
    found = option.get_help_record(click.Context(click.Command("holdfast")))
    assert found
    names, text = found
    return f"| `{_in_table(names)}` | {_in_table(_escaped(' '.join(text.split())))} |\n"


def _in_table(text: str) -> str:
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    """Return text in which Markdown reads no element and no emphasis."""
    return text.replace("<", "&lt;").replace("*", "\\*")
