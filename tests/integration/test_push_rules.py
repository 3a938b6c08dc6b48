"""Rules at push before a real registry: what is refused, with which words, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.action.rules_check import _quota, _tags
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Image,
    RegistryError,
    over_tls,
)
from ansible_collections.holdfast.registry.plugins.module_utils.report.push_rules import check
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.preview import Preview
from holdfast.rendering.push_rules import quotas, rules
from holdfast.settings import parse
from tests.integration.gated import PASSWORD, SETTINGS, TYPE, behind_gate, client
from tests.integration.pushed import INDEX_TYPE, image, index

RULES: list[dict[str, Any]] = [
    {"repositories": ["**"], "names": ["*/*", "deep/**"]},
    {"repositories": ["*/kept"], "immutable": ["v{semver}"]},
    {"repositories": ["*/tagged"], "tags": ["v{semver}", "latest"]},
    {"repositories": ["*/small"], "max_bytes": 2000, "max_layers": 2},
    {"repositories": ["*/labelled"], "require_labels": ["owner"], "platforms": ["linux/*"]},
    {"repositories": ["*/noted"], "require_annotations": ["org.example.source"]},
    {"repositories": ["*/warned"], "tags": ["latest"], "action": "warn"},
]


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    with behind_gate(registry_binary, "memory", registry_push_rules=RULES) as running:
        yield running


def upload(preview: Preview, repository: str, *images: Image) -> None:
    """Upload the blobs of images."""
    for one in images:
        for digest, content in one.blobs.items():
            client(preview).upload(repository, digest, content)


def put(
    preview: Preview, repository: str, reference: str, content: bytes, kind: str = ""
) -> tuple[int, str]:
    """Push a manifest; return the status and the message."""
    headers = {"Content-Type": kind} if kind else TYPE
    reply = client(preview).request(
        "PUT", f"/v2/{repository}/manifests/{reference}", content, headers
    )
    if reply.status == 201:
        return 201, reply.headers.get("Warning", "")
    error = json.loads(reply.body)["errors"][0]
    assert error["code"] == "DENIED"
    assert "\n" not in error["message"]
    return reply.status, error["message"]


def push(preview: Preview, repository: str, tag: str, one: Image) -> tuple[int, str]:
    """Push an image; return the status of its manifest, and the message."""
    upload(preview, repository, one)
    return put(preview, repository, tag, one.manifest)


def test_an_immutable_tag_keeps_its_image(preview: Preview) -> None:
    first, second = image("first"), image("second")
    assert push(preview, "team/kept", "v1.0.0", first) == (201, "")
    assert push(preview, "team/kept", "v1.0.0", first) == (201, "")
    status, text = push(preview, "team/kept", "v1.0.0", second)
    assert status == 409
    assert text == (
        f"tag v1.0.0 of team/kept is immutable and is {first.digest}: push under another tag"
    )
    assert client(preview).pull("team/kept", "v1.0.0").manifest == first.manifest
    for one in (first, second):
        assert push(preview, "team/kept", "latest", one) == (201, "")
        assert put(preview, "team/kept", one.digest, one.manifest) == (201, "")


def test_nothing_is_uploaded_to_a_name_that_is_not_allowed(preview: Preview) -> None:
    words = "no repository may have the name {}: push to one with a name like */*, deep/**"
    for name in ("app", "a/b/c"):
        for method, path in (("POST", "blobs/uploads/"), ("PUT", "manifests/1")):
            reply = client(preview).request(method, f"/v2/{name}/{path}", b"", TYPE)
            error = json.loads(reply.body)["errors"][0]
            assert (reply.status, error["code"]) == (403, "DENIED")
            assert error["message"] == words.format(name)
    for name in ("holdfast/smoke/deep", "deep/a/b", "team/app"):
        assert push(preview, name, "1", image("named"))[0] == 201
    assert client(preview).request("GET", "/v2/app/tags/list").status == 404
    assert client(preview).request("POST", "/v2/UPPER/blobs/uploads/").status == 404


@pytest.mark.parametrize("name", ["%61pp", "a%2Fb%2Fc", "team%2Fkept"])
def test_an_encoded_name_is_no_way_around(preview: Preview, name: str) -> None:
    first, second = image("encoded 1"), image("encoded 2")
    upload(preview, "team/kept", first, second)
    put(preview, "team/kept", "v2.0.0", first.manifest)
    path = f"/v2/{name}/manifests/%762.0.0"
    reply = client(preview).request("PUT", path, second.manifest, TYPE)
    assert reply.status in {403, 409}, reply.body
    assert client(preview).pull("team/kept", "v2.0.0").manifest == first.manifest


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        *((tag, 201) for tag in ("v1.0.0", "v0.1.0-rc.1", "latest", f"sha256-{'a' * 64}.sig")),
        *((tag, 403) for tag in ("1.0.0", "v1.0", "v1.0.0-", "Latest", "latest-1", "sha256-ab")),
    ],
)
def test_tags_have_an_allowed_form(preview: Preview, tag: str, status: int) -> None:
    found = push(preview, "team/tagged", tag, image("tagged"))
    words = f"tag {tag} is not allowed in team/tagged: push under a tag like v{{semver}}, latest"
    assert found == (status, "" if status == 201 else words)


def test_an_image_may_be_too_large_or_have_too_many_layers(preview: Preview) -> None:
    assert push(preview, "team/small", "1", image("fits", size=900, layers=2))[0] == 201
    status, text = push(preview, "team/small", "1", image("large", size=3000))
    assert status == 403
    assert "3 KiB" in text
    assert "2 KiB are the most in team/small: make it smaller" in text
    status, text = push(preview, "team/small", "1", image("layers", layers=3))
    assert (status, text) == (
        403,
        "the image has 3 layers, and 2 are the most in team/small: build it with fewer",
    )


def test_labels_and_platforms_are_those_of_the_configuration(preview: Preview) -> None:
    good = image("labelled", labels=("owner", "other"))
    assert push(preview, "team/labelled", "1", good)[0] == 201
    assert push(preview, "team/labelled", "1", image("bare")) == (
        403,
        "the image lacks the label owner: build it with --label owner=...",
    )
    foreign = image("foreign", labels=("owner",), platform="windows/amd64")
    assert push(preview, "team/labelled", "1", foreign) == (
        403,
        "the platform windows/amd64 is not allowed in team/labelled: build for linux/*",
    )
    signature = image("signature", config_type="application/vnd.example.config+json")
    attestation = image("attestation", platform="unknown/unknown")
    for one in (signature, attestation):
        assert push(preview, "team/labelled", one.digest, one)[0] == 201


def test_the_images_of_an_index_are_looked_at(preview: Preview) -> None:
    good = image("inside", labels=("owner",))
    bad = image("inside, foreign", labels=("owner",), platform="plan9/386")
    assert push(preview, "team/labelled", good.digest, good)[0] == 201
    assert push(preview, "team/labelled", bad.digest, bad)[0] == 403
    assert put(preview, "team/labelled", "2", index(good), INDEX_TYPE)[0] == 201


def test_annotations_are_those_of_a_tags_manifest(preview: Preview) -> None:
    key = "org.example.source"
    noted, bare = image("noted", annotations=(key,)), image("bare")
    words = f"the manifest lacks the annotation {key}: add it to the build"
    assert push(preview, "team/noted", "1", noted)[0] == 201
    assert push(preview, "team/noted", "1", bare) == (403, words)
    assert push(preview, "team/noted", bare.digest, bare)[0] == 201
    indexes = {
        index(noted): 201,
        index(bare, annotations=(key,)): 201,
        index(noted, bare): 403,
    }
    for content, status in indexes.items():
        assert put(preview, "team/noted", "2", content, INDEX_TYPE)[0] == status


def test_a_warning_is_a_header_and_a_line_of_the_log(preview: Preview) -> None:
    status, header = push(preview, "team/warned", "1", image("warned"))
    assert status == 201
    text = "tag 1 is not allowed in team/warned: push under a tag like latest"
    assert header == f'299 - "{text}"'
    log = (preview.scratch / "logs" / "gate.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if line.startswith("{")]
    assert [one for one in lines if one["text"] == text] == [
        {
            "push": "taken",
            "rule": "registry_push_rules[6]",
            "condition": "tags",
            "repository": "team/warned",
            "reference": "1",
            "user": "alice",
            "text": text,
        }
    ]


def test_a_refused_image_has_no_tag(preview: Preview) -> None:
    with pytest.raises(RegistryError):
        client(preview).push("team/tagged", "nothing", image("refused"))
    reply = client(preview).request("HEAD", "/v2/team/tagged/manifests/nothing")
    assert reply.status == 404


def test_with_tokens_only_who_may_push_learns_of_rules(registry_binary: Path) -> None:
    users = [{"name": name, "password": PASSWORD} for name in ("alice", "bob")]
    rights = [{"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]}]
    rights.append({"subjects": ["user:bob"], "repositories": ["**"], "actions": ["pull"]})
    more = {
        "registry_auth_mode": "token",
        "registry_auth_users": users,
        "registry_auth_rules": rights,
    }
    with behind_gate(registry_binary, "memory", registry_push_rules=RULES, **more) as running:
        first, second = image("first"), image("second")
        assert push(running, "team/kept", "v1.0.0", first)[0] == 201
        assert push(running, "team/kept", "v1.0.0", second)[0] == 409
        assert client(running).request("POST", "/v2/app/blobs/uploads/").status == 403
        bob = over_tls("localhost", running.settings.proxy.port, cafile=str(running.ca_file))
        path = "/v2/team/kept/manifests/v1.0.0"
        reply = bob.login("bob", PASSWORD).request("PUT", path, second.manifest, TYPE)
        assert reply.status == 401
        assert b"immutable" not in reply.body


def test_what_is_there_is_compared_with_rules_that_are_not_deployed(preview: Preview) -> None:
    first = image("old", labels=("owner",))
    for tag in ("v1.0.0", "test", "latest"):
        assert push(preview, "old/app", tag, first)[0] == 201
    wanted = parse(
        {
            **SETTINGS,
            "registry_push_rules": [
                {"repositories": ["old/*"], "tags": ["v*", "latest"], "immutable": True},
                {"repositories": ["old/*"], "require_labels": ["owner", "team"]},
            ],
            "registry_quotas": [
                {"repositories": ["old/*"], "tags": 2},
                {"repositories": ["old/**"], "bytes": "1MiB"},
            ],
        }
    )
    order: Any = {"rules": rules(wanted), "quotas": quotas(wanted)}
    found = check(order, str(preview.scratch / "etc/current"))
    assert (found["tags"], found["count"], found["damaged"]) == (3, 4, 0)
    assert sorted({(one["place"], one["rule"]) for one in found["broken"]}) == [
        ("old/app:latest", "registry_push_rules[1]"),
        ("old/app:test", "registry_push_rules[0]"),
        ("old/app:test", "registry_push_rules[1]"),
        ("old/app:v1.0.0", "registry_push_rules[1]"),
    ]
    few, small = found["quotas"]
    assert (few["tags"], few["most_tags"], few["most_bytes"]) == (3, 2, None)
    assert small["bytes"] == len(first.manifest) + sum(map(len, first.blobs.values()))
    lines = [*_tags(found), *map(_quota, found["quotas"])]
    assert [state for state, _ in lines] == ["warning"] * 5 + ["ok"]
    assert lines[-2][1] == "registry_quotas[0] (old/*): 3 of 2 tags"
    with pytest.raises(StepError, match="whose images are in a directory of the host"):
        check(order, str(preview.scratch))
