"""What time it is."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import Client

from holdfast.verification.inside import Facts
from holdfast.verification.words import told

CLOCK_SECONDS = 60
DATE_SECONDS = 5
TODO = "Set up time synchronisation (systemd-timesyncd or chrony)"


@pytest.mark.check("time.clock")
def test_the_clock_is_right(inside: Facts) -> None:
    # The facts were gathered some seconds ago, at most.
    offset = time.time() - inside.time
    assert abs(offset) < CLOCK_SECONDS, told(
        f"a clock within {CLOCK_SECONDS} s of this machine's",
        f"{offset:+.0f} s",
        TODO,
    )


@pytest.mark.check("time.date")
def test_answers_have_the_right_date(anyone: Client) -> None:
    reply = anyone.request("GET", "/v2/")
    said = parsedate_to_datetime(reply.headers["Date"]).timestamp()
    offset = time.time() - said
    wanted = f"a Date within {DATE_SECONDS} s of this machine's clock"
    assert abs(offset) <= DATE_SECONDS, told(wanted, f"{offset:+.0f} s", TODO)
