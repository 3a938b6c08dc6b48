"""Explain errors in a YAML file: file, line, column, the line itself, the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ENCRYPTED = "$ANSIBLE_VAULT;"
_SECRET = re.compile(r"^(.*?(?:pass|secret|key|token|hash|hmac|credential)[\w.'\"]*\s*:).+", re.I)
_TAB = "a tab. YAML is indented with spaces"
_MESSAGES = (
    (
        r"mapping values are not allowed",
        'a second ": " in this line, or a line that is indented too far. Put the value in quotes,'
        " or give the line the indentation of its neighbours",
    ),
    (
        r"expected '-' indicator|expected <block end>, but found '(\?|<block mapping start>)",
        'expected "- " at the indentation of the list\'s other items. Indent the line as they are',
    ),
    (
        r"did not find expected key|expected <block end>",
        "expected a key at the indentation of the keys above. Indent the line as they are",
    ),
    (
        r"cannot start any token|expected alphabetic or numeric",
        "a value that begins with a sign of YAML's own. Put it in quotes",
    ),
    (r"could not find expected ':'", 'a key without ": " after it. Add it, or indent the line'),
    (
        r"expected ',' or|unexpected end of stream|expected the node content",
        "a quote, brace or bracket that is not closed. Close it",
    ),
    (r"undefined alias", "an alias (*NAME) without its anchor (&NAME) above. Write the value"),
)


def errors(path: Path, shown: str | None = None) -> list[str]:
    """Return lines that explain the error in a YAML file; empty if it can be read.

    An encrypted file is not checked. `shown` is the file's name in messages.
    """
    name = shown or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return [f"{name}: expected UTF-8, byte {error.start} is none. Save the file as UTF-8"]
    except OSError as error:
        return [
            f"{name}: cannot be read ({error.strerror}). Let yourself read it: chmod u+r {name}"
        ]
    if text.startswith(ENCRYPTED):
        return []
    try:
        documents = list(yaml.compose_all(text, LOADER))
    except yaml.MarkedYAMLError as error:
        return described(error, text, name)
    except yaml.YAMLError as error:
        return [f"{name}: expected YAML, and cannot read it: {error}"]
    found = (one for document in documents for one in _wrong_keys(document, set()))
    return next((_at(mark, text, name, what) for mark, what in found), [])


def described(error: yaml.MarkedYAMLError, text: str, name: str) -> list[str]:
    """Return lines that explain a parser's error."""
    problem = error.problem or "it is no YAML"
    what = next((message for pattern, message in _MESSAGES if re.search(pattern, problem)), problem)
    begun = error.context_mark
    mark = error.problem_mark or begun
    if mark and text[mark.index : mark.index + 1] == "\t":
        what = _TAB
    if what.startswith("a quote") and begun and mark and begun.line != mark.line:
        what = f"{what} (it was opened on line {begun.line + 1})"
    return _at(mark, text, name, what)


def _wrong_keys(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[yaml.Mark, str]]:
    """Yield each duplicate key, and each template without quotes."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    known: dict[str, int] = {}
    for item in node.value:
        key, value = item if isinstance(item, tuple) else (None, item)
        if isinstance(key, yaml.CollectionNode) and key.flow_style:
            yield node.start_mark, 'a template without quotes. Write "{{ name }}", in quotes'
        elif key is not None and key.value in known and key.value != "<<":
            before = known[key.value]
            yield (
                key.start_mark,
                f"the key {key.value} is written twice, first on line {before}. Remove one of them",
            )
        if isinstance(key, yaml.ScalarNode):
            known[key.value] = key.start_mark.line + 1
        yield from _wrong_keys(value, seen)


def _at(mark: yaml.Mark | None, text: str, name: str, what: str) -> list[str]:
    if mark is None:
        return [f"{name}: {what}"]
    lines = text.splitlines()
    # A parser often finds out at the end of the file: the last line that says something is shown.
    number = min(mark.line, max(len(lines) - 1, 0))
    line = lines[number] if lines else ""
    column = mark.column if number == mark.line else len(line)
    hidden = _SECRET.sub(r"\1 (not shown)", line)
    gutter = f"{number + 1}"
    found = [f"{name}:{number + 1}:{column + 1}: {what}", f"  {gutter} | {hidden}"]
    if hidden == line:
        found.append(f"  {' ' * len(gutter)} | {' ' * column}^")
    return found
