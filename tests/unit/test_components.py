"""One component added: everything finds it, without a line changed elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.generations import manifest
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast import collection as running
from holdfast.deploying import desired
from holdfast.host_code import PACKAGE
from holdfast.preview import scratch
from holdfast.rendering import Layout, components, render, templates
from holdfast.rendering.component import (
    LIBRARY,
    Account,
    Component,
    Directory,
    Job,
    Process,
    Service,
    Source,
    public,
)
from holdfast.settings import Settings, parse
from holdfast.verification import host_facts
from holdfast.verification.expected import Expected

JOB = Job("census", "storage.disk_space", "weekly")


def census(settings: Settings, layout: Layout) -> Component:
    """Return a component that counts images, as somebody might write it."""
    return Component(
        "census",
        files={
            "census/count.conf": Source(0o440, "holdfast-census"),
            "systemd/holdfast-census@.service": Source(),
        },
        ready={"census/words.txt": public("images\n")},
        variables={"images": settings.storage.place},
        services=(Service("census", "/count", 200),),
        jobs=(JOB,),
        processes=(Process("census", ("{python}", "-c", "pass")),),
        accounts=(Account("holdfast-census", "Counts images", ("holdfast",)),),
        directories=(Directory(f"{layout.run}/census", 0o750, "holdfast-census", "holdfast"),),
        packages=("jq",),
        ports=(9321,),
        expect={"census": {"since": 1}},
    )


@pytest.fixture
def settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flat: dict[str, Any]
) -> Iterator[Settings]:
    """Settings of a host that has one component more."""
    collection = tmp_path / "collection"
    collection.mkdir()
    root = running.collection_root()
    (collection / "plugins").symlink_to(root / "plugins")
    for folder in [path for path in (root / "templates").iterdir() if path.is_dir()]:
        if folder.name != "systemd":
            (collection / "templates").mkdir(exist_ok=True)
            (collection / "templates" / folder.name).symlink_to(folder)
    units = collection / "templates" / "systemd"
    units.mkdir()
    for path in (root / "templates/systemd").iterdir():
        (units / path.name).symlink_to(path)
    for name in ("census.service", "census.timer", "census@.service"):
        (units / f"holdfast-{name}.j2").write_text("[Unit]\nDescription=Counts {{ images }}\n")
    (collection / "templates" / "census").mkdir()
    (collection / "templates/census/count.conf.j2").write_text("count {{ images }}\n")
    monkeypatch.setattr(templates, "collection_root", lambda: collection)
    monkeypatch.setattr(components, "COMPONENTS", [*components.COMPONENTS, census])
    templates.environment.cache_clear()
    templates.template.cache_clear()
    yield parse(flat)
    templates.environment.cache_clear()
    templates.template.cache_clear()


def test_it_is_rendered(settings: Settings) -> None:
    tree = render(settings)
    assert tree["census/count.conf"].content == "count /srv/registry\n"
    assert tree["census/count.conf"].group == "holdfast-census"
    assert tree["census/words.txt"].content == "images\n"
    assert 'u holdfast-census - "Counts images"' in tree["systemd/sysusers.conf"].content
    assert "m holdfast-census holdfast\n" in tree["systemd/sysusers.conf"].content
    assert "d /run/holdfast/census 0750" in tree["systemd/tmpfiles.conf"].content
    assert f"{PACKAGE}.storage.disk_space" in json.loads(tree[LIBRARY].content)


def test_the_manifest_says_what_runs(settings: Settings) -> None:
    wanted = json.loads(json.dumps(desired(settings).manifest("alice")))
    assert wanted["expect"]["services"]["census"]["path"] == "/count"
    assert wanted["expect"]["census"] == {"since": 1}
    assert "holdfast-census.timer" in manifest.started(wanted)
    assert "holdfast-census.timer" in manifest.active(wanted)
    assert "/etc/systemd/system/holdfast-census.service" in manifest.linked(wanted)
    assert "holdfast-census" in manifest.accounts(wanted)


def test_the_preflight_asks_for_its_port_and_package(settings: Settings) -> None:
    expect = desired(settings).expect
    assert 9321 in expect["ports"]
    assert "jq" in expect["packages"]


def test_the_preview_makes_its_place(settings: Settings, tmp_path: Path) -> None:
    place = tmp_path / "preview"
    place.mkdir()
    scratch.write(scratch.adapt(settings, place, 8443, (3, 0)), place)
    assert (place / "run/census").is_dir()
    assert (place / "etc/current/census.sock").is_symlink()
    found = components.components(settings)
    assert "census" in [process.name for one in found for process in one.processes]


def test_verification_expects_it(settings: Settings) -> None:
    tree = render(settings)
    assert "holdfast-census" in Expected(tree).accounts
    assert "/run/holdfast/census" in Expected(tree).directories
    assert "holdfast-census.timer" in host_facts.facts_request(settings, [])["units"]
    assert 9321 in components.ports(settings)


def test_a_generation_of_a_newer_version_is_refused_with_both_versions() -> None:
    newer = {"format": manifest.FORMAT + 1, "holdfast": "9.0.0", "number": 7}
    with pytest.raises(StepError) as caught:
        manifest.refuse_newer(newer, "0.1.0")
    assert "9.0.0" in caught.value.message
    assert "0.1.0" in caught.value.message
    manifest.refuse_newer({"format": manifest.FORMAT}, "0.1.0")
    manifest.refuse_newer({}, "0.1.0")


@pytest.mark.usefixtures("settings")
def test_its_job_is_measured_by_the_schedule_that_it_names(flat: dict[str, Any]) -> None:
    served = parse({**flat, "registry_metrics_listen": "127.0.0.1:9464"})
    late = json.loads(render(served)["facts/plan.json"].content)["late"]
    assert late["census"] == JOB.late_after == 1.5 * 7 * 86400
    assert "restore" not in late
