"""The users of an inventory: what is edited, and that nothing else is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
import yaml
from click.testing import CliRunner, Result

from holdfast.cli.main import group
from holdfast.errors import InputError
from holdfast.settings.sections.auth.common_passwords import too_common
from holdfast.users import Document, literal, locate

BLOCK = """\
# Who may log in, and why.   Two spaces before this:  #
registry_hostname:   registry.example.com # odd  spacing

registry_auth_users:
  # the first one
  - name: alice   # of the build team
    password: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          6162630a
    # alice's last comment

  -   password_hash: '$2b$12$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
      name: "bob"   # and bob
  - {name: carol, password: "{{ lookup('password', 'x') }}"}   # in braces
  - name: dave
    disabled: true
    password: daves-secret
# after the users
registry_proxy_port: 8443
"""
HASH = '"$2b$10$new"'

EDITS: dict[str, tuple[Callable[[Document], str], str, str]] = {
    "add": (
        lambda d: d.add("erin", "password_hash", HASH),
        "    password: daves-secret\n",
        '    password: daves-secret\n  - name: erin\n    password_hash: "$2b$10$new"\n',
    ),
    "add a name that looks like a number": (
        lambda d: d.add("007", "password_hash", HASH),
        "    password: daves-secret\n",
        '    password: daves-secret\n  - name: "007"\n    password_hash: "$2b$10$new"\n',
    ),
    "remove the first": (
        lambda d: d.remove("alice"),
        BLOCK[BLOCK.index("  - name: alice") : BLOCK.index("    # alice's")],
        "",
    ),
    "remove one with an odd indent": (
        lambda d: d.remove("bob"),
        BLOCK[BLOCK.index("  -   password") : BLOCK.index("  - {name: carol")],
        "",
    ),
    "remove one in braces": (
        lambda d: d.remove("carol"),
        BLOCK[BLOCK.index("  - {name: carol") : BLOCK.index("  - name: dave")],
        "",
    ),
    "remove the last": (
        lambda d: d.remove("dave"),
        "  - name: dave\n    disabled: true\n    password: daves-secret\n",
        "",
    ),
    "a password out of the vault": (
        lambda d: d.password("alice", "password_hash", HASH),
        BLOCK[BLOCK.index("password: !vault") : BLOCK.index("\n    # alice's")],
        'password_hash: "$2b$10$new"',
    ),
    "a hash": (
        lambda d: d.password("bob", "password_hash", HASH),
        "password_hash: '$2b$12$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
        'password_hash: "$2b$10$new"',
    ),
    "a password in braces": (
        lambda d: d.password("carol", "password_hash", HASH),
        "password: \"{{ lookup('password', 'x') }}\"",
        'password_hash: "$2b$10$new"',
    ),
    "disable": (
        lambda d: d.disable("bob"),
        '      name: "bob"   # and bob\n',
        '      name: "bob"   # and bob\n      disabled: true\n',
    ),
    "disable one whose last value is a block": (
        lambda d: d.disable("alice"),
        "          6162630a\n",
        "          6162630a\n    disabled: true\n",
    ),
    "disable one in braces": (lambda d: d.disable("carol"), '}}"}', '}}", disabled: true}'),
    "disable a disabled one": (lambda d: d.disable("dave"), "", ""),
    "enable": (lambda d: d.enable("dave"), "    disabled: true\n", ""),
    "enable an enabled one": (lambda d: d.enable("bob"), "", ""),
}


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_nothing_else_changes(what: str, line_break: str) -> None:
    edit, before, after = EDITS[what]
    assert BLOCK.count(before) == 1 or not before
    text = BLOCK.replace("\n", line_break)
    wanted = BLOCK.replace(before, after).replace("\n", line_break) if before else text
    assert edit(Document(text, "users.yml")) == wanted


def test_any_two_edits_leave_what_they_should() -> None:
    for (_, (one, *_)), (_, (two, *_)) in itertools.permutations(EDITS.items(), 2):
        try:
            text = two(Document(one(Document(BLOCK, "x")), "x"))
        except InputError:
            continue  # the first one added or removed what the second one is about
        for kept in ("# Who may log in", "registry.example.com # odd  spacing", "port: 8443\n"):
            assert kept in text
        assert yaml.compose(text) is not None


FLOWS = {
    "registry_auth_users: [] # none\nx: 1\n": (
        'registry_auth_users:\n  - name: erin\n    password_hash: "$2b$10$new" # none\nx: 1\n'
    ),
    "registry_auth_users:\nx: 1\n": (
        'registry_auth_users:\n  - name: erin\n    password_hash: "$2b$10$new"\nx: 1\n'
    ),
    "  registry_auth_users: [{name: a, password: b}, {name: c, password: d}]\n": (
        "  registry_auth_users:\n    - {name: a, password: b}\n    - {name: c, password: d}\n"
        '    - name: erin\n      password_hash: "$2b$10$new"\n'
    ),
    "registry_auth_users:\n- name: a\n  password: b": (
        "registry_auth_users:\n- name: a\n  password: b\n- name: erin\n"
        '  password_hash: "$2b$10$new"\n'
    ),
}


@pytest.mark.parametrize("before", FLOWS, ids=range(len(FLOWS)))
def test_lists_of_other_shapes_take_a_user(before: str) -> None:
    after = Document(before, "x").add("erin", "password_hash", HASH)
    assert after == FLOWS[before]
    assert Document(after, "x").users()[-1].name == "erin"


def test_users_leave_a_list_in_brackets() -> None:
    text = "registry_auth_users: [{name: a, password: b}, {name: c, password: d}]\n"
    assert Document(text, "x").remove("a") == "registry_auth_users: [{name: c, password: d}]\n"
    assert Document(text, "x").remove("c") == "registry_auth_users: [{name: a, password: b}]\n"


def test_what_is_listed() -> None:
    rows = [
        (user.name, user.line, user.kind, user.cost, user.disabled)
        for user in Document(BLOCK, "x").users()
    ]
    assert rows == [
        ("alice", 6, "vault", None, False),
        ("bob", 12, "hash", 12, False),
        ("carol", 14, "template", None, False),
        ("dave", 15, "password", None, True),
    ]


REFUSED: dict[str, tuple[str, Callable[[Document], str], str]] = {
    "a template": (
        'registry_auth_users: "{{ people }}"\n',
        lambda d: d.remove("a"),
        "users.yml:1: expected a list of users, found a template or a lookup."
        " Change the users where it takes them",
    ),
    "items of another kind": (
        "registry_auth_users: [alice]\n",
        lambda d: d.remove("a"),
        "users.yml:1: expected a list of users, each with a name. Run: holdfast check",
    ),
    "twice": (
        "a:\n  registry_auth_users: []\nb:\n  registry_auth_users: []\n",
        lambda d: d.remove("a"),
        "users.yml: expected one registry_auth_users in a file, found it on lines 2, 4."
        " Edit it by hand",
    ),
    "braces": (
        '{"registry_auth_users": [{"name": "a", "password": "b"}]}\n',
        lambda d: d.add("b", "password_hash", HASH),
        "users.yml:1: expected YAML with a line for each setting. Edit JSON and braces by hand",
    ),
    "no such user": (
        BLOCK,
        lambda d: d.remove("erin"),
        "users.yml:4: expected a user erin, found none. See: holdfast user list",
    ),
    "a user who is there": (
        BLOCK,
        lambda d: d.add("bob", "password_hash", HASH),
        "users.yml:4: expected no user bob yet. There is one: holdfast user password bob",
    ),
    "the last user": (
        "registry_auth_users:\n  - {name: a, password: b}\n",
        lambda d: d.remove("a"),
        "users.yml:1: expected another user beside a."
        " Add another one first, or set registry_auth_mode: none",
    ),
    "comments in brackets": (
        "registry_auth_users: [\n  {name: a, password: b}, # why\n]\n",
        lambda d: d.add("b", "password_hash", HASH),
        "users.yml:1: expected no comments in a list in brackets. Write a line for each user",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(what: str) -> None:
    text, edit, expected = REFUSED[what]
    with pytest.raises(InputError) as caught:
        edit(Document(text, "users.yml"))
    assert str(caught.value) == expected


COMMON = [
    *("password", "Password1!", "passwordpassword", "P@ssw0rd2024", "qwertyuiop", "12345678"),
    *("87654321", "aaaaaaaa", "abababab", "changeme!", "testpassword", "iloveyou99", "abcdefgh"),
    *("alice123", "ALICE-2026", "alicealice", "!!admin!!", "L3tmein!!"),
]


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_known(password: str) -> None:
    assert too_common(password, "alice")


@pytest.mark.parametrize(
    "password", ["correct-horse-battery", "wonderland", "bobs own secret", "tR7$kQ0pz", "7-3-9-1-5"]
)
def test_another_password_is_not_called_common(password: str) -> None:
    assert not too_common(password, "bob")


@pytest.mark.parametrize("text", ["plain", 'a"b\\c', "{{ x }}", "{% x %}", "ü #:", "- x", "!x"])
def test_a_value_is_read_as_it_was_meant(text: str) -> None:
    node = yaml.compose(f"x: {literal(text)}\n").value[0][1]
    assert node.value == text
    assert (node.tag == "!unsafe") is ("{" in text)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    (tmp_path / "group_vars/registry").mkdir(parents=True)
    (tmp_path / "hosts.yml").write_text("registry: {hosts: {r1: }}\n")
    return tmp_path


def holdfast(folder: Path, *arguments: str, typed: str = "") -> Result:
    done = CliRunner().invoke(group, ["user", *arguments, "-i", str(folder)], input=typed)
    assert done.exception is None or isinstance(done.exception, InputError), done.exception
    return done


def test_a_first_user_gets_a_file(acme: Path) -> None:
    done = holdfast(acme, "add", "alice", "--generate")
    shown = done.output.partition("shown this once: ")[2].split()[0]
    users = yaml.safe_load((acme / "group_vars/registry/users.yml").read_text())
    (alice,) = users["registry_auth_users"]
    assert bcrypt.checkpw(shown.encode(), alice["password_hash"].encode())
    assert f"Next: holdfast deploy -i {acme}" in done.output
    assert done.output.count(shown) == 1
    assert shown not in holdfast(acme, "list").output


def test_a_password_is_read_and_not_said(acme: Path) -> None:
    secret = "read from a pipe"
    done = holdfast(acme, "add", "alice", "--stdin", "--cost", "11", typed=secret + "\n")
    assert secret not in done.output
    assert "$2b$" not in done.output
    text = (acme / "group_vars/registry/users.yml").read_text()
    assert secret not in text
    assert "$2b$11$" in text
    listed = holdfast(acme, "list", "--json").output
    assert '"cost": 11' in listed
    holdfast(acme, "password", "alice", "--stdin", "--plain", typed="kept {{ as it is }}\n")
    assert '!unsafe "kept {{ as it is }}"' in (acme / "group_vars/registry/users.yml").read_text()


@pytest.mark.parametrize(
    ("arguments", "typed", "expected"),
    [
        (("add", "alice", "--stdin"), "\n", "password: expected a password of 8 to 72 bytes"),
        (("add", "alice", "--stdin"), "Password123\n", "not among the most common ones"),
        (("add", "alice", "--stdin"), "Alice-2026!\n", "not the name"),
        (("add", "a:b", "--generate"), "", "NAME: expected letters, digits and . _ @ -"),
        (("add", "a\tb", "--generate"), "", "NAME: expected letters, digits and . _ @ -"),
        (("add", "", "--generate"), "", "NAME: expected letters, digits and . _ @ -"),
        (("add", "alice"), "", "expected a terminal to ask at. Give --stdin or --generate"),
        (("add", "alice", "--stdin", "--generate"), "", "expected one of the two"),
        (("password", "alice", "--generate"), "", "expected users, found none"),
    ],
)
def test_what_is_not_taken(
    acme: Path, arguments: tuple[str, ...], typed: str, expected: str
) -> None:
    done = holdfast(acme, *arguments, typed=typed)
    assert expected in str(done.exception)
    assert list((acme / "group_vars/registry").iterdir()) == []


def test_users_are_found_where_they_are(acme: Path) -> None:
    hosts = "registry:\n  hosts:\n    r1:\n  vars:\n    registry_auth_users:\n"
    hosts += "      - {name: alice, password: x}\n"
    (acme / "hosts.yml").write_text(hosts)
    assert locate([acme]).where == f"{acme}/hosts.yml:5"
    assert locate([acme / "hosts.yml"]).where == f"{acme}/hosts.yml:5"
    (acme / "host_vars").mkdir()
    (acme / "host_vars/r1.yml").write_text("registry_auth_users: []\n")
    with pytest.raises(InputError, match=r"expected one place, found .*hosts.yml:5, .*r1.yml:1"):
        locate([acme])
    assert locate([acme], acme / "host_vars/r1.yml").where == f"{acme}/host_vars/r1.yml:1"


def test_an_encrypted_file_is_left_alone(acme: Path) -> None:
    vault = acme / "group_vars/registry/vault.yml"
    vault.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    with pytest.raises(InputError, match=r"none but encrypted ones .*vault.yml.*Keep the users"):
        locate([acme])
    (acme / "group_vars/registry/main.yml").write_text("registry_auth_users: []\n")
    assert locate([acme]).path.name == "main.yml"
    with pytest.raises(InputError, match="ansible-vault edit"):
        locate([acme], vault)
    (acme / "group_vars/registry/main.yml").unlink()
    users = acme / "group_vars/registry/users.yml"
    assert "added" in holdfast(acme, "add", "alice", "--generate", "--file", str(users)).output
    assert [user.name for user in Document(users.read_text(), "x").users()] == ["alice"]


def test_the_mode_of_a_file_stays(acme: Path) -> None:
    path = acme / "group_vars/registry/main.yml"
    path.write_text("registry_auth_users:\n  - {name: alice, password: x}\n")
    path.chmod(0o600)
    holdfast(acme, "disable", "alice")
    assert path.read_text().endswith("{name: alice, password: x, disabled: true}\n")
    assert path.stat().st_mode & 0o777 == 0o600
