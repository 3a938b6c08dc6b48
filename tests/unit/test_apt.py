"""Updates that apt lists, and its failures in words for a person."""

from __future__ import annotations

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import stale
from ansible_collections.holdfast.registry.plugins.module_utils.system import apt

from holdfast.deploying import updates

LISTING = """\
NOTE: This is only a simulation!
Inst tzdata [2025b-4] (2025b-5 Debian:13.1/stable [all])
Inst nginx [1.26.3-3] (1.26.3-3+deb13u1 Debian-Security:13/stable-security [amd64]) []
Inst linux-image-6.12.2-amd64 (6.12.2-1 Debian:13.1/stable [amd64])
Conf tzdata (2025b-5 Debian:13.1/stable [all])
"""
LOCKED = (
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)"
)
LISTS = (
    "E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)"
)


def test_security_comes_first() -> None:
    found = apt.parsed(LISTING)
    assert [(one["package"], one["old"], one["new"], one["security"]) for one in found] == [
        ("nginx", "1.26.3-3", "1.26.3-3+deb13u1", True),
        ("linux-image-6.12.2-amd64", "", "6.12.2-1", False),
        ("tzdata", "2025b-4", "2025b-5", False),
    ]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            LOCKED,
            "expected its lock /var/lib/dpkg/lock-frontend, and process 812 (unattended-upgr)",
        ),
        (LISTS, "expected its lock /var/lib/apt/lists/lock, and another program has it"),
        ("E: dpkg was interrupted, you must manually run 'x'", "dpkg --configure -a"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("W: GPG error: x InRelease: NO_PUBKEY A\nE: Failed to fetch x", "expected signed lists"),
        ("E: Failed to fetch http://x Could not connect to x:80", "one does not"),
        ("E: something else", "apt-get upgrade: it failed"),
    ],
)
def test_a_failure_is_named(said: str, text: str) -> None:
    assert text in apt.failure(said, "upgrade").message


def test_status_names_security_first_and_the_age_of_the_lists() -> None:
    pending = apt.parsed(LISTING)
    found = list(updates.lines({"pending": pending, "listed": 1000.0, "reboot": ["why"]}, 1000.0))
    assert found == [
        ("updates", "warning", "1 of security: nginx. Run: holdfast patch"),
        ("updates", "warning", "why. Run: holdfast patch --reboot"),
    ]
    calm = list(updates.lines({"pending": pending[1:], "listed": 0.5, "reboot": []}, 86400.0))
    assert calm == [("updates", "ok", "2 pending, none of security (lists of 1 days ago)")]
    old = list(updates.lines({"pending": [], "listed": 0.5, "reboot": []}, 20 * 86400.0))
    assert old == [("updates", "ok", "apt's lists are 20 days old. Run: holdfast patch --plan")]


@pytest.mark.parametrize(
    ("line", "replaced"),
    [
        ("55a8-55aa r-xp 00028000 00:2f 6473654                    / (deleted)", True),
        ("7f67-7f68 r-xp 00002000 00:2f 647 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)", True),
        ("7f67-7f68 r--p 00002000 00:2f 647 /usr/share/zoneinfo/UTC (deleted)", False),
        ("7f67-7f68 rw-s 00000000 00:01 102198                     /dev/zero (deleted)", False),
        ("7f67-7f68 r-xp 00000000 00:01 102198                     /memfd:jit (deleted)", False),
        ("7f67-7f68 r-xp 00028000 00:2f 647                        /usr/sbin/nginx", False),
    ],
)
def test_code_of_a_deleted_file_is_found(line: str, replaced: bool) -> None:
    assert stale.in_maps(f"{line}\n7f00-7f01 rw-p 0 0 0 [heap]\n") is replaced
