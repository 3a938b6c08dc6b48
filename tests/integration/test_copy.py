"""Copies between real registries: `holdfast copy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    digest_of,
    two_layer_image,
)

from holdfast.copying.credentials import Credential
from holdfast.copying.manifests import OCI_INDEX
from holdfast.copying.place import UnreachableError
from holdfast.preview import Preview
from tests.integration.copied import attached, client, copied, get, index, order, signed
from tests.integration.gated import behind_gate


@pytest.fixture(scope="module")
def two(registry_binary: Path) -> Iterator[tuple[Preview, Preview]]:
    """Two registries behind gates, which all tests of this module share."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(behind_gate(registry_binary, "memory")),
            stack.enter_context(behind_gate(registry_binary, "memory")),
        )


@pytest.fixture(autouse=True)
def journals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the journals of a test to itself."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "holdfast/copies"


def test_all_that_hangs_on_an_image_comes_with_it(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    source, target = client(other), client(ours)
    listed = index(source, "in/app", "1.0", ["amd64", "arm64"])
    sbom = attached(source, "in/app", listed, OCI_INDEX, "sbom of 1.0")
    tags = [signed(source, "in/app", listed, "signature of 1.0")]
    tags.append(signed(source, "in/app", two_layer_image("amd64").manifest, "of a child"))
    report = copied(ours, other, ["in/app:1.*"])
    assert report.failed == []
    assert report.copied == [("in/app", "1.0", digest_of(listed))]
    assert report.hanging == 3
    for reference in ("1.0", digest_of(sbom), digest_of(listed).replace(":", "-"), *tags):
        assert get(target, "in/app", reference) == get(source, "in/app", reference)
    for label in ("amd64", "arm64"):
        image = two_layer_image(label)
        assert target.pull("in/app", image.digest) == image


def test_a_second_run_sends_nothing_and_sees_what_is_new(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    source = client(other)
    for number in range(5):
        source.push("in/again", f"1.{number}", two_layer_image(f"again {number}"))
    assert len(copied(ours, other, ["in/again"]).copied) == 5
    again = copied(ours, other, ["in/again"])
    assert (again.copied, again.unchanged, again.blobs, again.bytes) == ([], 5, 0, 0)
    source.push("in/again", "1.0", two_layer_image("moved"))
    moved = copied(ours, other, ["in/again"])
    assert [one[:2] for one in moved.copied] == [("in/again", "1.0")]
    assert client(ours).pull("in/again", "1.0") == two_layer_image("moved")


def test_a_late_signature_is_copied_to_its_image(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    source = client(other)
    listed = index(source, "in/late", "1", ["late"])
    copied(ours, other, ["in/late:1"])
    tag = signed(source, "in/late", two_layer_image("late").manifest, "late signature")
    assert copied(ours, other, ["in/late:1"]).hanging == 1
    assert get(client(ours), "in/late", tag)[0] == 200
    assert get(client(ours), "in/late", "1") == (200, listed)


def test_a_layer_that_another_repository_has_is_mounted(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    for repository in ("in/one", "in/two"):
        client(other).push(repository, "1", two_layer_image("shared"))
    report = copied(ours, other, ["in/one", "in/two"])
    assert (report.blobs, report.mounted, report.failed) == (3, 3, [])


def test_out_of_ours_below_a_path(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    client(ours).push("out/app", "1", two_layer_image("outward"))
    report = copied(ours, other, ["out/*"], outward=True, below="kept/here")
    assert [one[:2] for one in report.copied] == [("out/app", "1")]
    assert client(other).pull("kept/here/out/app", "1") == two_layer_image("outward")


def test_check_writes_nothing(two: tuple[Preview, Preview], journals: Path) -> None:
    ours, other = two
    client(other).push("in/checked", "1", two_layer_image("checked"))
    assert len(copied(ours, other, ["in/checked"], check=True).copied) == 1
    assert get(client(ours), "in/checked", "1")[0] == 404
    assert [path.read_text() for path in journals.iterdir()] == [""]


def test_what_the_journal_says_and_the_target_lost_is_written_again(
    two: tuple[Preview, Preview], journals: Path
) -> None:
    ours, other = two
    image = two_layer_image("lost")
    client(other).push("in/lost", "1", image)
    journals.mkdir(parents=True)
    target, source = order(ours, other).ours.settings.authority, order(ours, other).address[1]
    from holdfast.copying import journal  # noqa: PLC0415

    path = journal.place(source, target)
    lines = [f"in/lost {digest}\n" for digest in image.blobs]
    path.write_text("".join(lines) + "in/lost sha256:cut off")
    report = copied(ours, other, ["in/lost"])
    assert report.failed == []
    assert client(ours).pull("in/lost", "1") == image
    assert "cut off" not in path.read_text()


def test_images_that_are_older_stay_there(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    source = client(other)
    config = {"created": "2020-05-05T10:00:00Z", "rootfs": {"type": "layers", "diff_ids": []}}
    body = json.dumps(config).encode()
    image = two_layer_image("dated")
    text = json.loads(image.manifest)
    text["config"] |= {"digest": digest_of(body), "size": len(body)}
    for content in (body, *image.blobs.values()):
        source.upload("in/dated", digest_of(content), content)
    kind = {"Content-Type": text["mediaType"]}
    manifest = json.dumps(text).encode()
    assert source.request("PUT", "/v2/in/dated/manifests/1", manifest, kind).status == 201
    source.push("in/dated", "undated", image)
    report = copied(ours, other, ["in/dated"], since=datetime(2021, 1, 1, tzinfo=UTC))
    assert (report.older, [one[1] for one in report.copied]) == (1, ["undated"])


def test_a_wrong_login_is_named(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    client(other).push("in/secret", "1", two_layer_image("secret"))
    wrong = Credential("alice", "not-the-password-of-alice")
    report = copied(ours, other, ["in/secret"], remote_login=wrong)
    assert report.denied == len(report.failed) == 1
    assert "401" in report.failed[0][2]
    report = copied(ours, other, ["in/secret"], remote_login=None)
    assert "podman login" in report.failed[0][2]
    assert get(client(ours), "in/secret", "1")[0] == 404


def test_a_host_that_is_unknown_and_an_authority_that_is_not_trusted(
    two: tuple[Preview, Preview],
) -> None:
    ours, other = two
    with pytest.raises(UnreachableError, match="--remote-ca"):
        copied(ours, other, remote_ca=None)
    nowhere = "https", "registry.invalid", ""
    with pytest.raises(UnreachableError, match="it has no address"):
        copied(ours, other, address=nowhere)
