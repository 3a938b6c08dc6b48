"""Redirects of real registries for a blob."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration import s3
from tests.integration.generations import VERSIONS, client, registry, settings_of
from tests.integration.startup import Run

PEM, PKCS1 = Encoding.PEM, PrivateFormat.TraditionalOpenSSL
IMAGE = two_layer_image("elsewhere")
BLOB = next(iter(IMAGE.blobs))
PATH = f"/docker/registry/v2/blobs/sha256/{BLOB[7:9]}/{BLOB[7:]}/data"


@VERSIONS
def test_redirect_sends_to_the_file_at_the_other_address(
    registry_of: Path, version: str, tmp_path: Path
) -> None:
    base = "https://cdn.test" if version == "2.8.3" else "https://cdn.test/images"
    given = {"cdn_mode": "redirect", "cdn_base_url": base}
    settings = settings_of(version, tmp_path, **given)
    with registry(registry_of, settings, tmp_path) as one:
        client(one).push("team/app", "latest", IMAGE)
        assert sent(one) == f"{base}{PATH}"
    # What serves it there finds the file of that name.
    assert (tmp_path / "images" / PATH.lstrip("/")).read_bytes() == IMAGE.blobs[BLOB]


def sent(one: Run) -> str:
    """Return the redirect for a blob."""
    reply = client(one).request("GET", f"/v2/team/app/blobs/{BLOB}")
    assert reply.status == 307, (reply.status, one.said)
    return str(reply.headers["Location"])


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The settings of a real S3 server that may send clients away, without their prefix."""
    (tmp_path / "s3").mkdir()
    with s3.serving(tmp_path / "s3") as server:
        given = {name.removeprefix("registry_"): one for name, one in server.settings.items()}
        yield {**given, "storage_redirect": True, "storage_directory": None}


@VERSIONS
def test_cloudfront_gets_addresses_that_its_key_signs(
    registry_of: Path, version: str, tmp_path: Path, bucket: dict[str, Any]
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(PEM, PKCS1, NoEncryption()).decode()
    given = {"cdn_mode": "cloudfront", "cdn_base_url": "https://x.cloudfront.test"}
    given |= {"cdn_key_pair_id": "KABCDEF1234567", "cdn_private_key": text, "cdn_minutes": 5}
    begun = time.time()
    with bucketed(registry_of, version, tmp_path, {**bucket, **given}) as one:
        place = urlsplit(sent(one))
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"https://x.cloudfront.test{PATH}"
    signed = {name: values[0] for name, values in parse_qs(place.query).items()}
    assert signed["Key-Pair-Id"] == "KABCDEF1234567"
    assert begun + 299 <= int(signed["Expires"]) <= time.time() + 301
    # The policy that CloudFront makes of the address, and its alphabet. Source: its documentation.
    address = f"https://x.cloudfront.test{PATH}"
    when = {"DateLessThan": {"AWS:EpochTime": int(signed["Expires"])}}
    policy = {"Statement": [{"Resource": address, "Condition": when}]}
    whole = json.dumps(policy, separators=(",", ":")).encode()
    raw = base64.b64decode(signed["Signature"].translate(str.maketrans("-_~", "+=/")))
    key.public_key().verify(raw, whole, padding.PKCS1v15(), hashes.SHA1())


def test_rewrite_changes_the_storages_own_address(
    registry_binary: Path, tmp_path: Path, bucket: dict[str, Any]
) -> None:
    given = {"cdn_mode": "rewrite", "cdn_host": "cdn.test", "cdn_trim_path_prefix": "/images"}
    with bucketed(registry_binary, "3.1.1", tmp_path, {**bucket, **given}) as one:
        place = urlsplit(sent(one))
    assert (place.scheme, place.netloc, place.path) == ("https", "cdn.test", PATH)
    assert "X-Amz-Signature" in parse_qs(place.query)


@contextmanager
def bucketed(binary: Path, version: str, folder: Path, given: dict[str, Any]) -> Iterator[Run]:
    """Run a registry on a bucket, with an image in it."""
    settings = settings_of(version, folder, **given)
    trusting = {"SSL_CERT_FILE": str(folder / "generation/registry/ca.pem"), "AWS_CA_BUNDLE": ""}
    with registry(binary, settings, folder, **trusting) as one:
        client(one).push("team/app", "latest", IMAGE)
        yield one
