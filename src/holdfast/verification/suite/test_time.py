"""Check the host's clock."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from holdfast.verification.host_facts import Facts
from holdfast.verification.messages import mismatch

CLOCK_SECONDS = 60
DATE_SECONDS = 5
TODO = "Set up time synchronisation (systemd-timesyncd or chrony)"


@pytest.mark.check("time.clock")
def test_the_clock_is_right(host_facts: Facts) -> None:
    # A slow host read its clock at any moment of the request.
    nearest = min(max(host_facts.time, host_facts.requested), host_facts.received)
    offset = host_facts.time - nearest
    assert abs(offset) < CLOCK_SECONDS, mismatch(
        f"a clock within {CLOCK_SECONDS} s of this machine's",
        f"{offset:+.0f} s",
        TODO,
    )


@pytest.mark.check("time.date")
def test_answers_have_the_right_date(anonymous: Client) -> None:
    reply = anonymous.request("GET", "/v2/")
    server_time = parsedate_to_datetime(reply.headers["Date"]).timestamp()
    offset = time.time() - server_time
    wanted = f"a Date within {DATE_SECONDS} s of this machine's clock"
    assert abs(offset) <= DATE_SECONDS, mismatch(wanted, f"{offset:+.0f} s", TODO)
