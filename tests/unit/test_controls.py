"""The controls: each has a check, each check is one, and a run chooses among them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.bootstrap import packed

from holdfast.errors import InputError
from holdfast.verification import remote
from holdfast.verification.controls import CONTROLS, GROUPS, chosen
from holdfast.verification.probe import gather
from holdfast.verification.runner import checks
from holdfast.verification.scanners import version_of_testssl

ALONE = """
import base64, importlib, json, sys, zlib
texts = json.loads(zlib.decompress(base64.b64decode(sys.argv[1])))
space = dict(__name__="bootstrap")
exec(texts.pop("bootstrap"), space)
sys.meta_path.insert(0, space["InMemoryImporter"](texts))
for name in texts:
    importlib.import_module(name)
lists = "units properties trees paths note_files accounts groups programs logs"
wanted = dict.fromkeys(lists.split(), [])
wanted.update(commands={}, htpasswd="x", disk_space="/", units=["no-such-*"], extras=[])
print(json.dumps(sys.modules["holdfast.verification.probe.gather"].gather(wanted)))
"""
"""Imports every module that is sent with nothing but the standard library, and gathers."""
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


def test_the_probe_runs_with_what_is_sent_alone() -> None:
    texts = remote._texts()
    argv = [sys.executable, "-I", "-S", "-c", ALONE, packed(texts)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout)["units"] == {}


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("\n  \x1b[1mtestssl\x1b[m version \x1b[1m3.2.1\x1b[m from https://testssl.sh/", (3, 2)),
        ("    testssl.sh       3.0.8 from https://testssl.sh/", (3, 0)),
        ("testssl.sh version 3.10 from", (3, 10)),
        ("bash: no such file", ()),
    ],
)
def test_versions_of_testssl_are_read(said: str, version: tuple[int, ...]) -> None:
    assert version_of_testssl(said) == version
