"""Logins of a real OpenLDAP server, over TLS, and all that must not be one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from holdfast.certificates import Authority
from holdfast.issuer.errors import SourceError
from holdfast.issuer.ldap import LdapSource
from holdfast.issuer.rules import Identity
from testhosts import slapd
from testhosts.machine import HarnessError
from testhosts.slapd import group, person
from tests.skips import lacks

PASSWORD = "correct-horse-battery"
PEOPLE = ("alice", "bob", "carol", "Dora", "eve*", "star*", "o'neil", "admin", "locked")


def dn(name: str, kind: str = "people") -> str:
    return f"{'uid' if kind == 'people' else 'cn'}={name},ou={kind},{slapd.BASE}"


ENTRIES = "\n".join(
    [
        *(person(name, PASSWORD) for name in PEOPLE),
        person("nopass", ""),
        # Two entries of one name in different places.
        f"dn: ou=more,ou=people,{slapd.BASE}\nobjectClass: organizationalUnit\nou: more\n",
        f"dn: uid=twin,ou=more,ou=people,{slapd.BASE}\nobjectClass: inetOrgPerson\nuid: twin\n"
        f"cn: t\nsn: t\nuserPassword: {PASSWORD}\n",
        person("twin", PASSWORD),
        group("developers", dn("alice"), dn("bob")),
        group("platform", dn("developers", "groups")),
        group("everybody here", dn("alice")),
        group("loop-a", dn("loop-b", "groups"), dn("bob")),
        group("loop-b", dn("loop-a", "groups")),
        group("ops", dn("carol")),
        f"dn: cn=unix,ou=groups,{slapd.BASE}\nobjectClass: posixGroup\ncn: unix\ngidNumber: 7\n"
        "memberUid: bob\n",
    ]
)


class RunningDirectory(NamedTuple):
    """A directory that runs, and how to ask it."""

    server: slapd.Slapd
    folder: Path
    company: Authority

    def facts(self, **more: Any) -> dict[str, Any]:
        """Return the issuer's settings for the directory."""
        return {
            "addresses": [self.server.secured],
            "ca": self.company.root_pem,
            "bind_dn": slapd.SERVICE,
            "bind_password": slapd.SERVICE_PASSWORD,
            "user_base": f"ou=people,{slapd.BASE}",
            "user_filter": "(objectClass=person)",
            "name_attribute": "uid",
            "group_base": f"ou=groups,{slapd.BASE}",
            "group_filter": "(objectClass=groupOfNames)",
            "group_member": "member",
            "group_name_attribute": "cn",
            "group_names": {},
            "nested_groups": False,
            "reserved": ["admin"],
            "reserved_groups": ["ops"],
            "timeout_seconds": 3,
            "remember_seconds": 60,
            **more,
        }

    def ask(self, name: str, password: str = PASSWORD, **more: Any) -> Identity | None:
        """Log in."""
        return LdapSource(self.facts(**more)).verify(name, password)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def starts(folder: Path, name: str, company: Authority) -> Any:
    pair = company.issue(name, 30, datetime.now(UTC))
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_text(pair.certificate_pem)
    key.write_text(pair.key_pem)
    return slapd.running(folder, ENTRIES, certificate, key, free_ports())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDirectory]:
    """An OpenLDAP server with a few people and groups."""
    folder = tmp_path_factory.mktemp("directory")
    company = Authority.create("company", 30, datetime.now(UTC))
    try:
        slapd.obtain()
    except HarnessError as error:
        lacks("slapd", str(error))
    with starts(folder, "localhost", company) as server:
        yield RunningDirectory(server, folder, company)


@pytest.mark.parametrize("kind", ["secured", "plain"])
def test_a_good_login_is_one_of_its_groups(place: RunningDirectory, kind: str) -> None:
    found = place.ask("alice", addresses=[getattr(place.server, kind)])
    assert found is not None
    assert (found.subject, found.groups) == ("user:alice", ("developers",))


def test_nothing_is_said_before_tls_is_begun(place: RunningDirectory) -> None:
    heard = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(answer, listener)
        with pytest.raises(SourceError):
            place.ask("alice", addresses=[f"ldap://localhost:{listener.getsockname()[1]}"])
    assert b"1.3.6.1.4.1.1466.20037" in heard[0]  # StartTLS
    for secret in (slapd.SERVICE, slapd.SERVICE_PASSWORD, PASSWORD, "alice"):
        assert secret.encode() not in heard[0]


NOBODY: dict[str, tuple[str, str]] = {
    "a wrong password": ("alice", "wrong"),
    "another's password": ("alice", slapd.SERVICE_PASSWORD),
    "no password": ("alice", ""),
    "an unknown name": ("mallory", PASSWORD),
    "no name": ("", PASSWORD),
    "a star": ("*", PASSWORD),
    "a prefix and a star": ("al*", PASSWORD),
    "a filter": ("alice)(objectClass=*", PASSWORD),
    "another filter": ("*)(|(uid=*", PASSWORD),
    "a NUL": ("alice\0", PASSWORD),
    "an escaped star": ("al\\2a", PASSWORD),
    "a dn": (f"uid=alice,ou=people,{slapd.BASE}", PASSWORD),
    "a long name": ("a" * 5000, PASSWORD),
    "a long password": ("alice", "x" * 100_000),
    "a name of the inventory": ("admin", PASSWORD),
    "the same in capitals": ("ADMIN", PASSWORD),
    "two entries": ("twin", PASSWORD),
    "an entry without a password": ("nopass", PASSWORD),
    "an entry without a password, and none": ("nopass", ""),
    "the service itself": ("holdfast", slapd.SERVICE_PASSWORD),
    "a name that rules cannot say": ("o'neil", PASSWORD),
}


@pytest.mark.parametrize("what", NOBODY)
def test_this_is_no_login(place: RunningDirectory, what: str) -> None:
    assert place.ask(*NOBODY[what]) is None


def test_a_name_is_as_the_directory_writes_it(place: RunningDirectory) -> None:
    # Rules speak of user:Dora, and whoever types dora is the same person.
    for name in ("dora", "DORA", "Dora"):
        found = place.ask(name)
        assert found is not None
        assert found.name == "Dora"


def test_groups_of_groups_are_followed_when_asked_for(place: RunningDirectory) -> None:
    def groups(name: str, **more: Any) -> tuple[str, ...]:
        found = place.ask(name, **more)
        assert found is not None
        return found.groups

    assert groups("bob") == ("developers", "loop-a")
    assert groups("bob", nested_groups=True) == ("developers", "loop-a", "loop-b", "platform")
    # The inventory has a group of that name: the directory's is another one.
    assert groups("carol") == ()
    assert groups("carol", reserved_groups=[]) == ("ops",)
    assert groups("alice", group_base=None) == ()
    unix = {"group_filter": "(objectClass=posixGroup)", "group_member": "memberUid"}
    assert groups("bob", **unix) == ("unix",)


def test_named_groups_alone_count_when_they_are_named(place: RunningDirectory) -> None:
    named = {dn("everybody here", "groups"): "all-here", dn("ops", "groups"): "ops"}
    assert [place.ask(name, group_names=named).groups for name in ("alice", "carol", "bob")] == [
        ("all-here",),
        ("ops",),
        (),
    ]


def test_a_login_goes_on_until_the_entry_is_gone(place: RunningDirectory) -> None:
    source = LdapSource(place.facts())
    now, again = source.lookup("alice"), source.verify("alice", PASSWORD)
    assert now == again
    assert [source.lookup(name) for name in ("mallory", "admin", "*", "")] == [None] * 4


OTHER = Authority.create("other", 30, datetime.now(UTC))
BROKEN: dict[str, dict[str, Any] | Callable[[RunningDirectory], dict[str, Any]]] = {
    "another authority": {"ca": OTHER.root_pem},
    "the system's authorities": {"ca": None},
    "another name": lambda place: {
        "addresses": [place.server.secured.replace("localhost", "127.0.0.1")]
    },
    "another name, StartTLS": lambda place: {
        "addresses": [place.server.plain.replace("localhost", "127.0.0.1")]
    },
    "no TLS behind ldaps": lambda place: {
        "addresses": [place.server.plain.replace("ldap:", "ldaps:")]
    },
    "a wrong password of the service": {"bind_password": "wrong"},
    "no service": {"bind_dn": None, "bind_password": None},
    "nobody listens": {"addresses": [f"ldaps://localhost:{free_ports()[0]}"]},
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_told_is_an_error_and_no_login(place: RunningDirectory, what: str) -> None:
    more = BROKEN[what]
    source = LdapSource(place.facts(**(more(place) if callable(more) else more)))
    with pytest.raises(SourceError) as refusal:
        source.verify("alice", PASSWORD)
    assert PASSWORD not in str(refusal.value)
    assert slapd.SERVICE_PASSWORD not in str(refusal.value)
    with pytest.raises(SourceError, match=r"a moment ago|directory"):
        source.verify("alice", "wrong")


def test_a_base_that_is_not_there_is_nobody(place: RunningDirectory) -> None:
    assert place.ask("alice", user_base="ou=nowhere,dc=example,dc=com") is None


def test_the_next_address_is_asked_when_one_is_down(place: RunningDirectory) -> None:
    down = f"ldaps://localhost:{free_ports()[0]}"
    found = place.ask("alice", addresses=[down, place.server.secured])
    assert found is not None


def test_a_directory_that_was_down_is_asked_again_after_a_while(place: RunningDirectory) -> None:
    now = [0.0]
    facts = place.facts(addresses=[f"ldaps://localhost:{free_ports()[0]}"])
    source = LdapSource(facts, lambda: now[0])
    for expected in ("refused", "a moment ago"):
        with pytest.raises(SourceError, match=expected):
            source.verify("alice", PASSWORD)
    facts["addresses"] = [place.server.secured]
    now[0] = 6.0
    assert source.verify("alice", PASSWORD) is not None


def test_a_directory_that_says_nothing_is_not_waited_for(place: RunningDirectory) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        facts = place.facts(
            addresses=[f"ldaps://localhost:{silent.getsockname()[1]}"], timeout_seconds=1
        )
        with pytest.raises(SourceError):
            LdapSource(facts).verify("alice", PASSWORD)
