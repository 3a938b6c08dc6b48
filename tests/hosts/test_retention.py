"""Retention, one tag alone, and rules at push, with the command against a host."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    MANIFEST_TYPE,
    Image,
    two_layer_image,
)

from tests.hosts.conftest import Site

BUILDS = {"repositories": ["ci/**"], "drop": ["pr-*"], "keep": [{"newest": 2}], "grace": "0s"}
RELEASES = {"repositories": ["team/**"], "tags": ["v{semver}"], "immutable": True}


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with some builds and a release."""
    made = new_site(registry_storage_delete=True)
    made.deploy()
    for number in range(5):
        made.client().push("ci/app", f"pr-{number}", two_layer_image(f"build {number}"))
    made.client().push("ci/app", "main", two_layer_image("build 0"))
    made.client().push("team/app", "v1.0.0", two_layer_image("release"))
    made.client().push("team/app", "test", two_layer_image("release"))
    return made


def said(site: Site, *arguments: str, code: int = 0) -> str:
    done = site.holdfast(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def tags(site: Site, repository: str) -> set[str]:
    found = json.loads(site.client().request("GET", f"/v2/{repository}/tags/list").body)["tags"]
    return set(found or ())


def test_rules_take_tags_away_and_an_undo_brings_them_back(site: Site, tmp_path: Path) -> None:
    site.deploy(registry_retention=[BUILDS])
    everything, plan = tags(site, "ci/app"), str(tmp_path / "plan.json")
    assert "pr-0" in said(site, "retention", "plan", "-o", plan)
    assert tags(site, "ci/app") == everything
    assert "pr-0" in said(site, "retention", "explain", "ci/app:pr-0")
    said(site, "retention", "apply", plan)
    assert tags(site, "ci/app") == {"main", "pr-3", "pr-4"}
    # Its image has another tag.
    assert site.client().pull("ci/app", "main") == two_layer_image("build 0")
    said(site, "gc", "run", "--now", "--grace", "0s")
    said(site, "retention", "undo")
    assert tags(site, "ci/app") == everything
    assert site.client().pull("ci/app", "pr-1") == two_layer_image("build 1")


def test_the_timer_applies_them(site: Site) -> None:
    assert "holdfast-retention.timer" in site.host.run("systemctl list-timers --no-pager").stdout
    everything = tags(site, "ci/app")
    site.host.run("systemctl start holdfast-retention.service")
    assert tags(site, "ci/app") == {"main", "pr-3", "pr-4"}
    said(site, "retention", "undo")
    assert tags(site, "ci/app") == everything
    assert "nothing to do" in site.deploy()


def test_one_tag_goes_alone(site: Site) -> None:
    said(site, "untag", "ci/app:main")
    assert "main" not in tags(site, "ci/app")
    assert site.client().pull("ci/app", "pr-0") == two_layer_image("build 0")
    said(site, "retention", "undo", "ci/app:main")
    assert "main" in tags(site, "ci/app")
    assert "ci/app:none" in said(site, "untag", "ci/app:none", code=2)


def test_what_is_there_is_held_against_the_rules_and_a_push_is_refused(site: Site) -> None:
    site.variables["registry_push_rules"] = [RELEASES]
    site.variables["registry_quotas"] = [{"repositories": ["ci/**"], "tags": 6}]
    before = said(site, "rules", "check", code=6)
    assert "team/app:test" in before
    assert "nothing to do" not in site.deploy()
    image, other = two_layer_image("release"), two_layer_image("another release")
    site.client().push("team/app", "v1.0.0", image)
    assert "immutable" in refusal(site, "team/app", "v1.0.0", other)
    assert "test" in refusal(site, "team/app", "test", other)
    assert "quota" in refusal(site, "ci/app", "pr-5", two_layer_image("build 5"))
    site.client().push("team/app", "v1.0.1", other)
    assert "nothing to do" in site.deploy()


def refusal(site: Site, repository: str, tag: str, image: Image) -> str:
    """Return the message of a refused push."""
    client = site.client()
    for digest, content in image.blobs.items():
        client.upload(repository, digest, content)
    path = f"/v2/{repository}/manifests/{tag}"
    reply = client.request("PUT", path, image.manifest, {"Content-Type": MANIFEST_TYPE})
    error = json.loads(reply.body)["errors"][0]
    assert (reply.status in {403, 409}, error["code"]) == (True, "DENIED")
    return str(error["message"])
