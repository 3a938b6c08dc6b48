"""Read environment variables line by line: env files, shell, docker run, systemd, Dockerfile."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from holdfast.importing import compose
from holdfast.importing.entry import Files, Variable
from holdfast.importing.variables import FORM, FROM_SHELL, NAME, of_pair, unquoted

_COMMENT = re.compile(r"\s*(?:#|//|;|rem\s|$)", re.IGNORECASE)
_FRAME = re.compile(r"\s*(?:\[[\w .-]+\]|[{}\[\],]+|(?!REGISTRY_)[\w.-]+:|services:)\s*")
"""Lines of the syntax around variables: a section, a bracket, the key above a list."""
_COMMAND = re.compile(r"(?:^|[\s=/])(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b")
_SYSTEMD = re.compile(r"\s*(Environment|EnvironmentFile|PassEnvironment)\s*=\s*(.*)")
_PREFIX = re.compile(
    r"\s*(?:export|declare(?:\s+-\w+)*|typeset(?:\s+-\w+)*|ENV|ARG|env|setx?|setenv)"
    r"\s+(?:-[a-zA-Z]+\s+)*"
)
_POWERSHELL = re.compile(r"\s*\$env:", re.IGNORECASE)
_COLON = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*:(?:\s+(.*))?")
_PLAIN = re.compile(r"[A-Z][A-Z0-9_]+")
"""Name of a variable in a command without a flag."""
_FLAGS = ("-e", "--env", "-v", "--volume", "--mount", "--env-file")


def read(text: str, file: str, files: Files) -> list[Variable]:
    """Return a variable for each line that is neither empty nor a comment; add mounts to `files`.

    A line that is no variable has a reason. Names are shown, other text of such a line is not.
    """
    found: list[Variable] = []
    state = _Command()
    for number, line in enumerate(text.splitlines(), 1):
        if _COMMENT.match(line) and not state.open:
            continue
        bare = line.rstrip()
        goes_on = bare.endswith(("\\", "`", "^"))
        bare = bare[:-1].rstrip() if goes_on else bare
        command = _COMMAND.search(bare) or bare.lstrip().startswith(("-e ", "--env"))
        if state.open or command or (goes_on and _PREFIX.match(bare)):
            found += state.words(_split(bare), file, number, files)
            state.open = goes_on
        elif not _FRAME.fullmatch(bare):
            found += _line(bare, file, number)
    return found


class _Command:
    """State of a `docker run` command that continues over several lines."""

    open = False
    flag = ""

    def words(self, words: list[str], file: str, line: int, files: Files) -> Iterator[Variable]:
        """Yield the variables in a line's words, and record its mounts."""
        for word in words:
            flag, equals, value = word.partition("=")
            if self.flag:
                flag, value = self.flag, word
                self.flag = ""
            elif word in _FLAGS:
                self.flag = word
                continue
            elif word.startswith("-e") and len(word) > 2:
                flag, value = "-e", word[2:]
            elif equals and _PLAIN.fullmatch(flag):
                flag, value = "-e", word
            elif not (equals and flag in _FLAGS):
                continue
            if flag in ("-e", "--env"):
                yield of_pair(value, file, line)
            elif flag == "--env-file":
                yield Variable(flag, "", file, line, f"give that file, {value}, with --env")
            elif flag == "--mount":
                compose.bind(dict(p.partition("=")[::2] for p in value.split(",")), files)
            else:
                compose.bind(value, files)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that ends on another line
        return text.split()


def _line(text: str, file: str, line: int) -> Iterator[Variable]:
    """Yield the variables of a line that is no command."""
    systemd = _SYSTEMD.fullmatch(text)
    if systemd:
        yield from _of_systemd(systemd[1], systemd[2], file, line)
        return
    prefix = _PREFIX.match(text) or _POWERSHELL.match(text)
    rest = text[prefix.end() :] if prefix else text.strip()
    rest = re.sub(r"^-\s+", "", rest.strip())
    rest = rest.rstrip(",").rstrip() if rest[:1] in ("'", '"') else rest
    words = _split(rest) if prefix else []
    if prefix and len(words) > 1 and all("=" in word for word in words):
        yield from (of_pair(word, file, line) for word in words)
        return
    whole = unquoted(rest)
    if prefix and "=" not in whole and len(words) > 1:  # `ENV NAME value`, `set -x NAME value`
        yield of_pair(f"{words[0]}={' '.join(words[1:])}", file, line)
        return
    quoted_name = re.fullmatch(r"[\"']([\w.-]+)[\"']\s*[:=]\s*(.*)", rest)
    if quoted_name:
        yield Variable(quoted_name[1], unquoted(quoted_name[2].strip()), file, line)
        return
    equals = re.fullmatch(rf"({NAME.pattern})\s*=\s*(.*)", whole)
    colon = _COLON.fullmatch(whole)
    if equals:
        yield of_pair(f"{equals[1]}={equals[2]}", file, line)
    elif colon:
        value = colon[2]
        yield Variable(colon[1], unquoted(value or ""), file, line, "" if value else FROM_SHELL)
    else:
        yield (
            of_pair(whole, file, line)
            if NAME.match(whole)
            else Variable(f"line {line}", "", file, line, FORM)
        )


def _of_systemd(key: str, value: str, file: str, line: int) -> Iterator[Variable]:
    if key == "Environment":
        yield from (of_pair(word.replace("%%", "%"), file, line) for word in _split(value))
    elif key == "EnvironmentFile":
        reason = f"give that file, {value.lstrip('-')}, with --env"
        yield Variable(key, "", file, line, reason)
    else:
        yield Variable(key, "", file, line, FROM_SHELL)
