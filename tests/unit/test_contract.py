"""Data between controller and host has exactly the keys of the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils import dispatch
from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import change
from ansible_collections.holdfast.registry.plugins.module_utils.contract import (
    certificates,
    clients,
    events,
    facts,
    hardening,
    manifest,
    report,
    storage,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import Log

from holdfast.clients import Access, plan
from holdfast.clients.kinds import KINDS
from holdfast.deploying import desired
from holdfast.settings import parse
from tests.shapes import misfits

HOST = {"registry_hardening_profile": "host"}
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n{'A' * 64}\n-----END CERTIFICATE-----\n"
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "bucket": {
        "registry_storage_driver": "s3",
        "registry_storage_region": "eu-central-1",
        "registry_storage_bucket": "images",
        "registry_storage_access_key": "a",
        "registry_storage_secret_key": "b",
    },
    "cloud": {
        "registry_storage_driver": "azure",
        "registry_storage_account": "images",
        "registry_storage_account_key": "YWFhYWFhYWFhYWFhYWFhYQ==",
        "registry_storage_container": "images",
    },
    "own cache": {"registry_cache_mode": "local"},
    "sentinel": {
        "registry_cache_mode": "external",
        "registry_cache_addresses": ["a.test:26379"],
        "registry_cache_master_name": "m",
        "registry_cache_tls": True,
        "registry_cache_ca": CERTIFICATE,
    },
    "mirror": {"registry_mirrors": [{"name": "hub", "url": "https://registry-1.docker.io"}]},
    "tokens": {"registry_auth_mode": "token"},
    "certbot": {"registry_tls_mode": "acme", "registry_tls_accept_terms": True},
    "balancer": {
        "registry_tls_mode": "external",
        "registry_tls_trusted_proxies": ["192.0.2.10"],
    },
}


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        ("observe", facts.Observed),
        ("status", report.Status),
        ("doctor", report.Doctor),
        ("generations", list[facts.GenerationRow]),
    ],
)
def test_an_answer_of_this_machine(verb: str, wanted: Any) -> None:
    answer = dispatch.run(verb, {"holdfast": "1"}, {}, check=False)["answer"]
    assert misfits(json.loads(json.dumps(answer)), wanted) == []


def test_an_answer_to_a_preflight(flat: dict[str, Any], tmp_path: Path) -> None:
    wish = desired(parse({**flat, "registry_storage_directory": str(tmp_path / "images"), **HOST}))
    order = {**wish.expect, "writes": False, "hardening": wish.hardening, "contents_of": []}
    order |= {"images": {"mirrors": ["hub"], "old": True}, "version": wish.settings.version}
    answer = dispatch.run("examine", order, {}, check=False)["answer"]
    assert misfits(json.loads(json.dumps(answer)), facts.Examined) == []
    assert answer["storage"]["space"] is not None
    assert answer["surveyed"] is not None
    assert (answer["images"]["hidden"].keys(), answer["images"]["old"]["looked"]) == ({"hub"}, 0)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_manifest_and_the_plan_of_its_jobs(name: str, flat: dict[str, Any]) -> None:
    wish = desired(parse({**flat, **SETTINGS[name]}))
    made = json.loads(json.dumps(wish.manifest("me")))
    assert misfits(made, manifest.Manifest) == []
    assert made["expect"].keys() == get_type_hints(manifest.Expect).keys()
    plan = json.loads(wish.tree["agent/plan.json"].content)
    assert misfits(plan, certificates.MaintenancePlan) == []
    assert misfits(wish.storage_secrets, storage.StorageSecrets) == []


def test_a_manifest_that_is_kept(flat: dict[str, Any], tmp_path: Path) -> None:
    kept = Store(str(tmp_path))
    assert kept.manifest(1) == {}
    order = desired(parse(flat)).manifest("me")
    (tmp_path / "generations/1").mkdir(parents=True)
    noted = {**order, "number": 1, "time": 1.5, "instances": {"registry": 1}}
    (tmp_path / "generations/1/manifest.json").write_text(json.dumps(noted))
    assert misfits(kept.manifest(1), manifest.Manifest) == []
    assert noted.keys() == get_type_hints(manifest.Manifest).keys()


def test_a_plan_of_hardening(flat: dict[str, Any]) -> None:
    for profile in ({}, HOST):
        text = desired(parse({**flat, **profile})).tree["hardening/plan.json"].content
        plan = json.loads(text)
        assert misfits(plan, hardening.HardeningPlan) == []
        assert plan.keys() == get_type_hints(hardening.HardeningPlan).keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_for_a_client(kind: str, tmp_path: Path) -> None:
    access = Access("r.test", CERTIFICATE, ("a", "b"), ("alice", "secret"), str(tmp_path))
    made = json.loads(json.dumps(plan(kind, access).as_dict()))
    assert misfits(made, clients.ClientPlan) == []
    found = change({**made, "files": made["files"][:1]}, present=False, dry=True)
    assert misfits(found, list[clients.Difference]) == []


def test_an_event_of_a_host() -> None:
    log = Log()
    log.add("smoke", "ok", "push, pull")
    assert misfits(log.events, list[events.Event]) == []


def test_a_shape_is_seen_to_be_another_one() -> None:
    good = {"file": "a", "names": ["b"], "issuer": "c", "begin": 1, "end": 2.5}
    wanted = certificates.Certificate
    assert misfits(good, wanted) == []
    assert misfits({**good, "names": [1]}, wanted) == ["value.names[0] is no <class 'str'>: 1"]
    assert misfits({**good, "next": 1}, wanted) == ["value.next is in no contract"]
    del good["end"]
    assert misfits([good], list[wanted]) == ["value[0].end is missing"]
    assert misfits({"problems": []}, storage.StorageFound) == ["value.space is missing"]
