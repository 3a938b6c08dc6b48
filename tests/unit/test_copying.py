"""Parts of `holdfast copy` that need no registry."""

from __future__ import annotations

import base64
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest

from holdfast.copying import credentials, journal, manifests, pacing, sides, since
from holdfast.copying.access import Access
from holdfast.copying.credentials import Credential
from holdfast.copying.place import DeniedError, ImageError, Manifest
from holdfast.copying.selection import Selection
from holdfast.errors import InputError, RefusedError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60),
        (429, {"Retry-After": "soon"}, 0),
        (200, {"Retry-After": "7"}, 0),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30),
        (200, {"RateLimit-Remaining": "3", "RateLimit-Reset": "30"}, 0),
        (200, {"RateLimit": "limit=100, remaining=0, reset=12"}, 12),
        (200, {"RateLimit": '"default";r=0;t=9'}, 9),
        (200, {"ratelimit-remaining": "76;w=21600"}, 0),
    ],
)
def test_pauses_that_registries_want(status: int, headers: dict[str, str], seconds: float) -> None:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    assert pacing.pause(status, message, NOW) == seconds


def test_bandwidth_is_bounded_over_all_threads() -> None:
    slept: list[float] = []
    bound = pacing.Bandwidth(1000, slept.append)
    threads = [threading.Thread(target=bound.take, args=(500,)) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert 1.5 < max(slept) < 2.1


def test_logins_of_podman_and_docker(tmp_path: Path) -> None:
    def auth(text: str) -> dict[str, str]:
        return {"auth": base64.b64encode(text.encode()).decode()}

    auths = {
        "r.example": auth("all:one"),
        "r.example/team": auth("team:t:w:o"),
        "https://index.docker.io/v1/": auth("hub:x"),
        "i.example": {"identitytoken": "refresh"},
    }
    (tmp_path / "auth.json").write_text(json.dumps({"auths": auths}))
    paths = [tmp_path / "none.json", tmp_path / "auth.json"]
    assert credentials.find("r.example", "", paths) == Credential("all", "one")
    assert credentials.find("r.example", "team/app", paths) == Credential("team", "t:w:o")
    assert credentials.find("docker.io", "library/x", paths) == Credential("hub", "x")
    assert credentials.find("i.example", "", paths) == Credential("<token>", "refresh", True)
    assert credentials.find("other.example", "", paths) is None
    assert "t:w:o" not in repr(credentials.find("r.example", "team/app", paths))


def test_a_helper_of_docker_is_asked_over_its_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "docker-credential-fake"
    program.write_text('#!/bin/sh\nread name\nprintf \'{"Username":"u","Secret":"%s"}\' "$name"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {"r.example": "fake"}}))
    found = credentials.find("r.example", "", [tmp_path / "config.json"])
    assert found == Credential("u", "r.example")


def access(answers: list[tuple[int, bytes]], seen: list[str], **more: object) -> Access:
    def ask(method: str, address: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        seen.append(f"{method} {address} {headers.get('Authorization', '')} {body.decode()}")
        return answers.pop(0)

    return Access(more.get("credential"), ask)  # type: ignore[arg-type]


CHALLENGE = 'Bearer realm="https://i.example/token", service="r", scope="repository:a/b:pull,push"'


def test_a_token_is_fetched_once_for_a_scope() -> None:
    seen: list[str] = []
    one = access([(200, b'{"token":"T","expires_in":300}')], seen, credential=Credential("u", "p"))
    assert one.header("pull:a/b") == ""
    assert one.renewed("pull:a/b", CHALLENGE, "")
    assert one.header("pull:a/b") == "Bearer T"
    assert one.renewed("pull:a/b", CHALLENGE, "")  # a slower thread: no second request
    assert [line.split()[1] for line in seen] == [
        "https://i.example/token?service=r&scope=repository%3Aa%2Fb%3Apull%2Cpush"
    ]
    assert "Basic dTpw" in seen[0]


def test_an_identity_token_is_exchanged_in_the_body() -> None:
    seen: list[str] = []
    secret = Credential("<token>", "refresh", identity=True)
    one = access([(200, b'{"access_token":"T"}')], seen, credential=secret)
    assert one.renewed("pull:a/b", CHALLENGE, "")
    assert seen[0].startswith("POST https://i.example/token ")
    assert "refresh_token=refresh" in seen[0]


def test_a_login_is_not_sent_to_an_issuer_without_tls() -> None:
    seen: list[str] = []
    one = access([], seen, credential=Credential("u", "p"))
    with pytest.raises(DeniedError, match="No login was sent"):
        one.renewed("pull:a", 'Bearer realm="http://i.example/token"', "")
    assert seen == []


def test_a_basic_login_is_sent_once() -> None:
    one = access([], [], credential=Credential("u", "p"))
    assert one.renewed("pull:a", 'Basic realm="r"', "")
    assert one.header("pull:other") == "Basic dTpw"
    assert not one.renewed("pull:a", 'Basic realm="r"', "Basic dTpw")


def manifest(**text: object) -> Manifest:
    return Manifest(DIGEST, manifests.OCI_MANIFEST, json.dumps(text).encode())


def test_what_a_manifest_names() -> None:
    layer = {"digest": DIGEST, "size": 3, "mediaType": "application/vnd.oci.image.layer.v1.tar"}
    away = {"digest": "sha256:" + "b" * 64, "size": 3, "urls": ["https://x.example"]}
    found = manifests.parts(manifest(schemaVersion=2, config=layer, layers=[layer, layer, away]))
    assert [(one.digest[7], one.foreign) for one in found.blobs] == [("a", False), ("b", True)]
    for wrong in (
        manifest(schemaVersion=1),
        manifest(layers=[{"digest": "../../x", "size": 1}]),
        manifest(layers=[{"digest": DIGEST, "size": -1}]),
        manifest(layers="x"),
        Manifest(DIGEST, "x", b"["),
    ):
        with pytest.raises(ImageError):
            manifests.parts(wrong)


def test_tags_that_follow_an_image() -> None:
    name = "sha256-" + "a" * 64
    assert manifests.subject(name) == manifests.subject(f"{name}.sig") == DIGEST
    assert manifests.subject("sha256-abc") == manifests.subject("1.0") == ""
    assert manifests.fallback(DIGEST) == name


def test_referrers_are_added_to_those_that_a_tag_names() -> None:
    one = manifest(artifactType="a/b", annotations={"x": "y"})
    made = manifests.with_referrers(b"", [one])
    assert json.loads(made.content)["manifests"][0]["artifactType"] == "a/b"
    assert manifests.with_referrers(made.content, [one]).content == made.content


def test_selection() -> None:
    chosen = Selection(["team/**", "web:1.*"])
    assert chosen.chosen("team/a/b", "x")
    assert chosen.chosen("web", "1.2")
    assert not chosen.chosen("web", "2.0")
    assert not chosen.chosen("other", "1.2")
    for wrong in ("UPPER", "a:[", "{user}/x", ""):
        with pytest.raises(InputError, match="--include"):
            Selection([wrong])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("docker.io/alpine", ("https", "docker.io", "library/alpine")),
        ("docker.io/a/b:1.*", ("https", "docker.io", "a/b:1.*")),
        ("r.example:5000/a", ("https", "r.example:5000", "a")),
        ("http://localhost:5000", ("http", "localhost:5000", "")),
        ("oci:some/folder", ("oci", "some/folder", "")),
    ],
)
def test_addresses(text: str, found: tuple[str, str, str]) -> None:
    assert sides.parsed(text) == found


@pytest.mark.parametrize("text", ["", "alpine", "ftp://x.example", "user:pass@r.example"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="expected a registry"):
        sides.parsed(text)


def test_since() -> None:
    assert since.moment("30d", NOW) == NOW - timedelta(days=30)
    assert since.moment("2026-01-01") == NOW
    with pytest.raises(InputError, match="--since"):
        since.moment("yesterday")


def test_a_journal_is_read_without_its_cut_line_and_held_once(tmp_path: Path) -> None:
    path = tmp_path / "x/one.journal"
    first = journal.Journal(path)
    first.add("team/app", DIGEST)
    first.add("team/app", DIGEST)
    with pytest.raises(RefusedError, match="another one runs"):
        journal.Journal(path)
    first.close()
    with path.open("a") as stream:
        stream.write("team/app sha256:cut")
    again = journal.Journal(path)
    assert again.has("team/app", DIGEST)
    assert again.elsewhere(DIGEST) == "team/app"
    assert path.read_text() == f"team/app {DIGEST}\n"
    again.forget("team/app")
    assert not again.has("team/app", DIGEST)
    again.close()
