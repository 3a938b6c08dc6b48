"""Check files on the host: contents, owners, and permissions of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from holdfast.rendering import HOST, Tree
from holdfast.rendering.accounts import PROXY_USER, REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.gated import gated
from holdfast.rendering.storage_config import directory
from holdfast.settings import Settings
from holdfast.verification.expected import Expected
from holdfast.verification.host_facts import Facts
from holdfast.verification.messages import listed
from holdfast.verification.skips import not_applicable

Entry = Mapping[str, Any]


@pytest.mark.check("files.contents")
def test_files_are_those_that_the_settings_give(facts: Facts, tree: Tree) -> None:
    problems = []
    for path, file in tree.items():
        entry = _in_generation(facts, path)
        if not entry:
            problems.append(f"{path} is missing")
        elif entry["sha256"] != file.sha256:
            problems.append(f"{path} has other contents")
    assert not problems, listed(problems)


@pytest.mark.check("files.owners")
def test_files_have_the_owners_and_modes_that_they_should(facts: Facts, tree: Tree) -> None:
    problems = [
        problem
        for path, file in tree.items()
        for problem in _differs(
            path, _in_generation(facts, path), (file.owner, file.group, file.mode)
        )
    ]
    assert not problems, listed(problems)


@pytest.mark.check("files.added")
def test_nothing_was_added(facts: Facts, tree: Tree) -> None:
    folder = f"{HOST.etc}/{facts.current}/"
    known = {folder + path for path in (*tree, "manifest.json")}
    found = [
        path
        for path, entry in facts.files.items()
        if path.startswith(folder) and entry.get("kind") in ("file", "other") and path not in known
    ]
    assert not found, listed([f"{path} is not ours" for path in found])


@pytest.mark.check("files.private")
def test_others_can_read_nothing_of_the_configuration(facts: Facts) -> None:
    # What lies below a closed directory is closed; links have no mode of their own.
    problems = _differs(HOST.etc, facts.files[HOST.etc], ("root", "holdfast", 0o750))
    writable = [
        f"{path} can be written by {entry['owner']}:{entry['group']}"
        for path, entry in _below(facts, HOST.etc)
        if entry["kind"] != "link" and (entry["owner"] != "root" or entry["mode"] & 0o022)
    ]
    assert not [*problems, *writable], listed([*problems, *writable])


@pytest.mark.check("files.secrets")
def test_secrets_can_be_read_by_those_who_need_them_alone(facts: Facts, tree: Tree) -> None:
    folder = f"{HOST.etc}/{facts.current}"
    secret = [f"{folder}/{path}" for path, file in tree.items() if file.sensitive]
    secret += [path for path, _ in _below(facts, f"{HOST.etc}/secrets")]
    problems = [
        f"{path} can be read by all users"
        for path in secret
        if facts.files.get(path, {}).get("mode", 0) & 0o004
    ]
    assert not problems, listed(problems)


@pytest.mark.check("files.key")
def test_the_certificates_key_is_the_proxys_alone(facts: Facts, settings: Settings) -> None:
    keys = [
        (path, entry) for path, entry in _below(facts, f"{HOST.etc}/tls") if entry["kind"] == "file"
    ]
    external = not settings.tls.terminates_here
    missing = not (external or any(path.endswith("key.pem") for path, _ in keys))
    problems = [f"{HOST.etc}/tls has no key"] if missing else []
    for path, entry in keys:
        problems += _differs(path, entry, ("root", PROXY_USER, 0o640))
    problems += _differs(
        f"{HOST.etc}/tls", facts.files.get(f"{HOST.etc}/tls", {}), ("root", PROXY_USER, 0o750)
    )
    assert not problems, listed(problems)


@pytest.mark.check("files.data")
def test_images_are_the_registrys_alone(facts: Facts, settings: Settings) -> None:
    closed = (REGISTRY_USER, REGISTRY_USER, 0o700)
    shared = (REGISTRY_USER, SOCKET_GROUP, 0o770)
    places = {mirror.place: closed for mirror in settings.mirrors}
    if directory(settings):
        places[directory(settings)] = shared if gated(settings) else closed
    if not places:
        not_applicable(f"images are in {settings.storage.place}")
    problems = [
        one for path, wanted in places.items() for one in _differs(path, facts.files[path], wanted)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("files.log")
def test_the_access_log_is_not_for_everybody(facts: Facts) -> None:
    log = f"{HOST.logs}/access.log"
    problems = list(_differs(HOST.logs, facts.files[HOST.logs], (PROXY_USER, PROXY_USER, 0o750)))
    entry = facts.files[log]
    if not entry:
        problems.append(f"{log} is missing")
    elif entry["mode"] & 0o007:
        problems.append(f"{log} can be read by all users")
    assert not problems, listed(problems)


@pytest.mark.check("files.run")
def test_sockets_lie_where_only_the_proxy_gets(facts: Facts, expected: Expected) -> None:
    problems = [
        problem
        for path, wanted in expected.directories.items()
        if path.startswith(("/run/", HOST.cache))
        for problem in _differs(path, facts.files[path], wanted)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("files.state")
def test_directories_have_the_owners_and_modes_that_they_should(
    facts: Facts, expected: Expected
) -> None:
    problems = _differs(HOST.opt, facts.files[HOST.opt], ("root", "root", 0o755))
    for path, wanted in expected.directories.items():
        if not path.startswith(("/run/", HOST.cache)):
            problems += _differs(path, facts.files[path], wanted)
    assert not problems, listed(problems)


@pytest.mark.check("files.special")
def test_nothing_special_lies_among_the_configuration(facts: Facts) -> None:
    problems = [
        f"{path} is a device, a socket or a pipe, or has the rights of its owner"
        for path, entry in _below(facts, HOST.etc)
        if entry["kind"] == "other" or (entry["kind"] == "file" and entry["mode"] & 0o6000)
    ]
    assert not problems, listed(problems, "Remove it")


@pytest.mark.check("files.accounts")
def test_accounts_of_services_are_for_services_alone(facts: Facts, expected: Expected) -> None:
    problems = []
    for name in expected.accounts:
        account = facts.accounts[name]
        problems += [] if account else [f"{name} does not exist"]
        if account and not account["shell"].endswith(("/nologin", "/false")):
            problems.append(f"{name} has the shell {account['shell']}")
        problems += [] if not account or account["locked"] else [f"{name} has a password"]
        problems += [
            f"{name} is in the group {group}"
            for group in account.get("groups", [])
            if (name, group) not in expected.memberships
        ]
    assert not problems, listed(problems)


@pytest.mark.check("files.groups")
def test_nobody_else_is_in_the_groups_of_services(facts: Facts, expected: Expected) -> None:
    problems = [
        f"{name} is in the group {group}"
        for group, names in facts.members.items()
        for name in names
        if (name, group) not in expected.memberships
    ]
    assert not problems, listed(problems, "Run: gpasswd -d USER GROUP")


def _in_generation(facts: Facts, path: str) -> Entry:
    return facts.files.get(f"{HOST.etc}/{facts.current}/{path}", {})


def _below(facts: Facts, folder: str) -> Iterator[tuple[str, Entry]]:
    for path, entry in facts.files.items():
        if entry and path.startswith(f"{folder}/"):
            yield path, entry


def _differs(path: str, entry: Entry, wanted: tuple[str, str, int]) -> list[str]:
    if not entry:
        return [f"{path} is missing"]
    found = (entry["owner"], entry["group"], entry["mode"])
    return [] if found == wanted else [f"{path} is {_shown(*found)}, not {_shown(*wanted)}"]


def _shown(owner: str, group: str, mode: int) -> str:
    return f"{owner}:{group} {mode:04o}"
