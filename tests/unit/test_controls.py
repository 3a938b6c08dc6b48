"""The controls: each has a check, each check is one, and a run chooses among them."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError
from holdfast.verification import probe
from holdfast.verification.controls import CONTROLS, GROUPS, chosen
from holdfast.verification.probe import gather
from holdfast.verification.runner import checks

HOW = "see the docstring of src/holdfast/verification/controls/__init__.py"


def test_every_check_is_a_control_and_every_control_has_a_check() -> None:
    found = checks()
    assert len(set(found)) == len(found)
    assert sorted(set(found) ^ CONTROLS.keys()) == [], HOW


def test_every_control_stands_in_its_group_and_says_why() -> None:
    for group, (_, controls) in GROUPS.items():
        for control in controls:
            assert control.group == group, control.id
            assert control.title, control.id
            assert not control.title.endswith("."), control.id
            assert control.reason.endswith("."), control.id
            assert set(control.facts) <= gather.EXTRAS.keys(), control.id
    assert sum(len(controls) for _, controls in GROUPS.values()) == len(CONTROLS)


def test_profiles_hold_each_other() -> None:
    basic, default, hardening = chosen("basic"), chosen("default"), chosen("hardening")
    assert {"host.answers", "images.pull"} <= basic < default <= hardening
    assert chosen("hardening", intrusive=True) == CONTROLS.keys()


def test_a_run_can_be_about_a_group_or_a_control() -> None:
    always = {"host.reachable", "host.answers"}
    assert chosen(only=["tls.chain"]) == {"tls.chain"} | always
    group = {name for name in chosen("hardening") if name.startswith("auth.")}
    assert chosen("basic", only=["auth", "tls.chain"]) == {"tls.chain"} | group | always


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(InputError, match=r"--only tls.chian: .* Did you mean tls.chain\?"):
        chosen(only=["tls.chian"])


def test_modules_of_the_host_stand_in_an_order_in_which_each_finds_what_it_needs() -> None:
    assert probe.MODULES[-1] == "gather"
