"""Edit single logins in a YAML text that defines registry_auth_users or registry_auth_robots."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from holdfast.errors import InputError
from holdfast.users import spans
from holdfast.users.spans import Edit


@dataclass(frozen=True)
class Kind:
    """Kind of logins in a list: users or robots."""

    variable: str
    noun: str
    needed: bool
    """True if the list must not become empty."""


USERS = Kind("registry_auth_users", "user", needed=True)
ROBOTS = Kind("registry_auth_robots", "robot", needed=False)
VARIABLE = USERS.variable
_OTHER = {USERS: "password", ROBOTS: "secret"}
_COST = re.compile(r"\$2[aby]\$(\d\d)\$")


@dataclass(frozen=True)
class User:
    """One user as written in a file."""

    name: str
    line: int
    """Line number, from 1."""
    kind: str
    """Kind of password in the file: password, hash, vault, template, or nothing."""
    cost: int | None
    """bcrypt cost of a readable hash, else None."""
    disabled: bool


class Document:
    """Text of a file. Each edit returns a new text that is equal everywhere else."""

    @classmethod
    def of(cls, text: str, where: str, kind: Kind = USERS) -> Document | None:
        """Return the document of a text; None if the text does not define the users."""
        tree = spans.parsed(text) if kind.variable in text else None
        return cls(text, where, tree, kind) if spans.found(tree, kind.variable) else None

    def __init__(
        self, text: str, where: str, tree: yaml.Node | None = None, kind: Kind = USERS
    ) -> None:
        self.text, self._where, self.kind = text, where, kind
        self._break = "\r\n" if "\r\n" in text else "\n"
        tree = tree or spans.parsed(text)
        places = spans.found(tree, kind.variable)
        if len(places) > 1:
            lines = ", ".join(str(key.start_mark.line + 1) for key, _ in places)
            self._refuse(
                f"one {kind.variable} in a file, found it on lines {lines}", "Edit it by hand"
            )
        self._key, self._list = places[0]
        if spans.in_braces(tree, spans.start(self._key)):
            self._refuse("YAML with a line for each setting", "Edit JSON and braces by hand")
        self._items = self._read()
        self._flow = isinstance(self._list, yaml.CollectionNode) and bool(self._list.flow_style)

    @property
    def line(self) -> int:
        """Number of the line on which the list starts, from 1."""
        return int(self._key.start_mark.line) + 1

    def users(self) -> list[User]:
        """Return the users in the order of the file."""
        return [_user(item) for item in self._items]

    def must_be_new(self, name: str) -> None:
        """Raise InputError if a user of this name exists."""
        if name in self._names():
            noun = self.kind.noun
            todo = f"There is one: holdfast {noun} {_OTHER[self.kind]} {name}"
            self._refuse(f"no {noun} {name} yet", todo)

    def must_exist(self, name: str) -> None:
        """Raise InputError if no user of this name exists."""
        self._number(name)

    def add(self, name: str, key: str, value: str, **more: str) -> str:
        """Return the text with an additional user.

        `key` and `value` are the secret's key and its YAML value; `more` are additional keys and
        values.
        """
        more = {key: value, **more}
        self.must_be_new(name)
        if self._items and not self._flow:
            last = self._items[-1]
            indent = self._dash(len(self._items) - 1) - spans.line_start(
                self.text, self._dash(len(self._items) - 1)
            )
            place = spans.line_end(self.text, spans.end(self.text, last))
            return self._inserted(place, self._block(indent, name, more))
        # A list in brackets becomes one with a line for each user; what is in braces stays so.
        indent = int(self._key.start_mark.column) + 2
        pad = self._break + " " * indent + "- "
        kept = "".join(pad + self._slice(item) for item in self._items)
        new = self._block(indent, name, more).rstrip()
        begin = spans.start(self._list)
        before = len(self.text[:begin]) - len(self.text[:begin].rstrip(" "))
        edit = Edit(begin - before, spans.end(self.text, self._list), f"{kept}{self._break}{new}")
        if "#" in self._slice(self._list):
            self._refuse("no comments in a list in brackets", "Write a line for each user")
        return spans.applied(self.text, edit)

    def remove(self, name: str) -> str:
        """Return the text without a user."""
        number = self._number(name)
        if len(self._items) == 1 and not self.kind.needed:
            begin = spans.end(self.text, self._key) + 1
            edit = Edit(begin, spans.end(self.text, self._list), " []")
            return spans.applied(self.text, edit)
        if len(self._items) == 1:
            todo = "Add another one first, or set registry_auth_mode: none"
            self._refuse(f"another user beside {name}", todo)
        item = self._items[number]
        if self._flow:
            other = self._items[number - 1] if number else self._items[1]
            edge = spans.end(self.text, other) if number else spans.start(other)
            pair = (edge, spans.end(self.text, item)) if number else (spans.start(item), edge)
            return spans.applied(self.text, Edit(*pair, ""))
        begin = spans.line_start(self.text, self._dash(number))
        finish = spans.line_end(self.text, spans.end(self.text, item))
        return spans.applied(self.text, Edit(begin, finish, ""))

    def password(self, name: str, key: str, value: str) -> str:
        """Return the text with a user's password or hash replaced."""
        found = spans.entries(self._items[self._number(name)])
        for old in ("password_hash", "password"):
            if old in found:
                (label, old_value) = found[old]
                begin, finish = spans.start(label), spans.end(self.text, old_value)
                return spans.applied(self.text, Edit(begin, finish, f"{key}: {value}"))
        return self._with_key(name, f"{key}: {value}")

    def changed(self, name: str, key: str, value: str) -> str:
        """Return the text with the value of one of a login's keys replaced or added."""
        found = spans.entries(self._items[self._number(name)])
        if key not in found:
            return self._with_key(name, f"{key}: {value}")
        begin, finish = spans.start(found[key][1]), spans.end(self.text, found[key][1])
        return spans.applied(self.text, Edit(begin, finish, value))

    def value(self, name: str, key: str) -> str | None:
        """Return the value of one of a login's keys as text; None if it has no such key."""
        found = spans.entries(self._items[self._number(name)])
        return str(found[key][1].value) if key in found else None

    def disable(self, name: str) -> str:
        """Return the text with a user disabled."""
        return self._disabled(name, disabled=True)

    def enable(self, name: str) -> str:
        """Return the text with a user enabled."""
        return self._disabled(name, disabled=False)

    def _disabled(self, name: str, *, disabled: bool) -> str:
        item = self._items[self._number(name)]
        if _user(item).disabled is disabled:
            return self.text
        found = spans.entries(item).get("disabled")
        if found is None:
            return self._with_key(name, "disabled: true")
        first = item.value[0][0] is found[0]
        begin, finish = spans.start(found[1]), spans.end(self.text, found[1])
        if disabled or first or item.flow_style:
            return spans.applied(self.text, Edit(begin, finish, str(disabled).lower()))
        line = spans.line_start(self.text, begin), spans.line_end(self.text, finish)
        return spans.applied(self.text, Edit(*line, ""))

    def _with_key(self, name: str, entry: str) -> str:
        item = self._items[self._number(name)]
        finish = spans.end(self.text, item)
        if item.flow_style:
            return spans.applied(self.text, Edit(finish - 1, finish, f", {entry}}}"))
        indent = " " * int(item.start_mark.column)
        return self._inserted(spans.line_end(self.text, finish), indent + entry + self._break)

    def _inserted(self, place: int, lines: str) -> str:
        glue = "" if self.text[:place].endswith("\n") else self._break
        return spans.applied(self.text, Edit(place, place, glue + lines))

    def _block(self, indent: int, name: str, entries: dict[str, str]) -> str:
        pad = " " * indent
        lines = [f"- name: {spans.quoted(name)}"]
        lines += [f"  {key}: {value}" for key, value in entries.items()]
        return "".join(f"{pad}{line}{self._break}" for line in lines)

    def _read(self) -> list[yaml.MappingNode]:
        value = self._list
        if isinstance(value, yaml.ScalarNode) and not value.value:
            return []
        if isinstance(value, yaml.ScalarNode):
            what = "a template or a lookup" if "{{" in value.value else "a single value"
            nouns = f"{self.kind.noun}s"
            todo = f"Change the {nouns} where it takes them"
            self._refuse(f"a list of {nouns}, found {what}", todo)
        if not all(
            isinstance(item, yaml.MappingNode) and "name" in spans.entries(item)
            for item in value.value
        ):
            self._refuse(f"a list of {self.kind.noun}s, each with a name", "Run: holdfast check")
        items: list[yaml.MappingNode] = value.value
        return items

    def _names(self) -> list[str]:
        return [user.name for user in self.users()]

    def _number(self, name: str) -> int:
        names = self._names()
        if name not in names:
            noun = self.kind.noun
            self._refuse(f"a {noun} {name}, found none", f"See: holdfast {noun} list")
        return names.index(name)

    def _dash(self, number: int) -> int:
        before = self._items[number - 1] if number else self._key
        return spans.dash(self.text, spans.end(self.text, before), spans.start(self._items[number]))

    def _slice(self, node: yaml.Node) -> str:
        return self.text[spans.start(node) : spans.end(self.text, node)]

    def _refuse(self, expected: str, todo: str) -> None:
        line = f":{self._key.start_mark.line + 1}" if hasattr(self, "_key") else ""
        raise InputError(f"{self._where}{line}: expected {expected}. {todo}")


def _user(item: yaml.Node) -> User:
    found = {key: value for key, (_, value) in spans.entries(item).items()}
    secret = found.get("password_hash") or found.get("password")
    kind = "hash" if "password_hash" in found else "password" if secret else "nothing"
    text = str(secret.value) if secret else ""
    if secret is not None and secret.tag == "!vault":
        kind = "vault"
    elif "{{" in text:
        kind = "template"
    cost = _COST.match(text) if kind == "hash" else None
    disabled = found.get("disabled")
    return User(
        str(found["name"].value),
        int(item.start_mark.line) + 1,
        kind,
        int(cost[1]) if cost else None,
        disabled is not None and disabled.value.lower() in ("true", "yes", "on"),
    )
