"""Secrets that are refused: the reason is said, and nothing of the secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.masking import HIDDEN, masked
from holdfast.settings import SettingsError, parse

HASH = "$2b$10$" + "a" * 53
USERS = "registry_auth_users"
S3 = {
    "registry_storage_driver": "s3",
    "registry_storage_bucket": "images",
    "registry_storage_region": "eu-west-1",
    "registry_storage_access_key": "AKIA",
}
CASES: list[tuple[dict[str, Any], str]] = [
    ({USERS: [{"name": "alice", "password_hash": f"{HASH}\n"}]}, "a line end at its end"),
    ({USERS: [{"name": "alice", "password_hash": f"{HASH} "}]}, "a space before or after it"),
    ({USERS: [{"name": "alice", "password_hash": f"alice:{HASH}"}]}, "with the name and a colon"),
    ({USERS: [{"name": "alice", "password_hash": f"alice:{HASH}\n"}]}, "with the name and a colon"),
    ({USERS: [{"name": "alice", "password_hash": "$apr1$abc$def"}]}, "an MD5 hash"),
    ({USERS: [{"name": "alice", "password_hash": "$1$abc$def"}]}, "an MD5 hash"),
    ({USERS: [{"name": "alice", "password_hash": "{SHA}abc="}]}, "a SHA-1 hash"),
    ({USERS: [{"name": "alice", "password_hash": "$6$abc$def"}]}, "a SHA-crypt hash"),
    ({USERS: [{"name": "alice", "password_hash": "$y$j9T$abc"}]}, "a yescrypt hash"),
    ({USERS: [{"name": "alice", "password_hash": HASH[:-1]}]}, "cut off or too long"),
    ({USERS: [{"name": "alice", "password_hash": "$2x$10$" + "a" * 53}]}, "of another kind"),
    ({USERS: [{"name": "alice", "password_hash": HASH.replace("10", "05")}]}, "got one of cost 5"),
    ({USERS: [{"name": "alice", "password_hash": "{{ of_alice }}"}]}, "did not replace"),
    ({USERS: [{"name": "alice", "password_hash": 12345678}]}, "needs quotes"),
    ({**S3, "registry_storage_secret_key": "s3cret-s3cret\n"}, "a line end at its end"),
    ({**S3, "registry_storage_secret_key": "s3cret-s3cr\u00e9t"}, "not printable ASCII"),
    ({**S3, "registry_storage_secret_key": ["s3cret-s3cret"]}, "(a list)"),
    ({"registry_http_secret": "s3cret-s3cret"}, "too short"),
    ({"registry_http_secret": "s3cret-s3cret" * 30}, "too long"),
]


@pytest.mark.parametrize(("changes", "reason"), CASES)
def test_the_reason_is_said(flat: dict[str, Any], changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse({**flat, **changes})
    (complaint,) = raised.value.complaints
    assert reason in str(complaint)
    assert not re.search(r"s3cret|a{9}|abc|12345678", str(complaint))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx", "a key with a passphrase"),
        ("-----BEGIN CERTIFICATE-----\nx", "a certificate, no key"),
        ("-----BEGIN PRIVATE KEY-----\nx", "a PEM text without its last line"),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "that cannot be read"),
        ("/etc/ssl/private/key.pem", "a path, and no text of a file"),
        ("", "an empty text"),
    ],
)
def test_keys_have_reasons_of_their_own(text: str, form: str) -> None:
    assert form in masked(text)


@given(
    st.text(st.characters(whitelist_categories=["Lu", "Nd"]), min_size=6), st.sampled_from("\n ñ:")
)
def test_nothing_of_a_secret_is_ever_shown(text: str, odd: str) -> None:
    for one in (text, text + odd, odd + text, f"{text}{odd}{text}", f"$2b$10${text}"):
        assert masked(one).startswith(HIDDEN)
        assert text not in masked(one)
