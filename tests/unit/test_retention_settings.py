"""The setting `registry_retention`: its form for a host, and refusals with their place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.rendering import render
from holdfast.settings import parse
from holdfast.settings.parsing import SettingsError
from holdfast.settings.weaknesses import weaknesses
from tests.integration.gated import SETTINGS

ALL = {"repositories": ["a/**"]}


def rules(*given: Any) -> Any:
    return parse({**SETTINGS, "registry_retention": list(given)}).retention


def refused(*given: Any, **more: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse({**SETTINGS, "registry_retention": list(given), **more})
    return [str(one) for one in caught.value.complaints]


def test_a_rule_has_seconds_and_expressions_for_the_host() -> None:
    line = {"newest": 3, "by": "version", "per": "minor", "pushed_within": "1h"}
    more = {"drop": ["*"], "keep": [line], "untagged_after": "7d", "at_most": "20%"}
    assert rules({**ALL, **more})[0].rule == {
        "repositories": ["a/**"],
        "matching": ["a/[^/]+(?:/[^/]+)*"],
        "drop": ["*"],
        "keep": [{"newest": 3, "by": "version", "per": "minor", "pushed_within": 3600}],
        "untagged_after": 7 * 86400,
        "grace": 86400,
        "at_most": 20,
    }


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({**ALL, "at_most": "0%"}, "[0].at_most: expected a share"),
        ({**ALL, "grace": "5"}, "[0].grace: expected a whole number and one of"),
        ({**ALL, "drop": ["x(?<y>"]}, "[0].drop[0]: expected a pattern for tags"),
        ({**ALL, "drop": ["x(y|z)"]}, "[0].drop[0]: expected a pattern for tags"),
        ({**ALL, "keep": [{}]}, "[0].keep[0]: expected one of tags, newest"),
        ({**ALL, "keep": [{"by": "version"}]}, "[0].keep[0].newest: expected a number"),
        ({**ALL, "keep": [{"newest": 3, "per": "z"}]}, "[0].keep[0].per: expected major, minor"),
        ({**ALL, "kep": 3}, "[0].kep: no such key"),
        ({"repositories": ["A"]}, "[0].repositories[0]: expected a pattern for repository names"),
        ({"repositories": ["{user}/**"]}, "[0].repositories[0]: expected a pattern"),
    ],
)
def test_a_mistake_is_named_with_its_place(given: Any, where: str) -> None:
    (found,) = refused(given)
    assert found.startswith(f"registry_retention{where}"), found


def test_a_rule_that_an_earlier_one_hides_is_refused() -> None:
    (found,) = refused(ALL, {"repositories": ["b"]}, {"repositories": ["a/b", "a/c/**"]})
    assert found.startswith("registry_retention[2].repositories: expected repositories that no")
    assert "registry_retention[0] matches" in found
    assert len(rules({"repositories": ["a/b"]}, ALL)) == 2


def test_rules_need_images_that_pass_the_gate() -> None:
    more = {"registry_storage_driver": "gcs", "registry_storage_bucket": "images"}
    found = refused(ALL, **more)
    assert any(one.startswith("registry_retention: expected no rules") for one in found), found


BUCKET = {
    "registry_storage_driver": "s3",
    "registry_storage_bucket": "images",
    "registry_storage_region": "eu-central-1",
}


def test_a_timer_exists_if_there_are_rules() -> None:
    files = {}
    for name, more in {
        "none": {},
        "rules": {"registry_retention": [ALL]},
        "by hand": {"registry_retention": [ALL], "registry_retention_schedule": ""},
        "bucket": {"registry_retention": [ALL], **BUCKET},
    }.items():
        files[name] = render(parse({**SETTINGS, **more})).keys()
    timer = "systemd/holdfast-retention.timer"
    assert {name: timer in tree for name, tree in files.items()} == {
        "none": False,
        "rules": True,
        "by hand": False,
        "bucket": True,
    }
    assert all("agent/retention.json" in tree for tree in files.values())


@pytest.mark.parametrize(("more", "alone"), [({}, True), (BUCKET, False)], ids=["disk", "bucket"])
def test_the_job_reaches_a_bucket(more: dict[str, Any], *, alone: bool) -> None:
    tree = render(parse({**SETTINGS, "registry_retention": [ALL], **more}))
    unit = tree["systemd/holdfast-retention.service"].content
    assert ("\nPrivateNetwork=yes\n" in unit) is alone
    assert "\n\n\n" not in unit
    storage = json.loads(tree["agent/retention.json"].content)["storage"]
    assert ("bucket" in storage) is not alone


def test_pulls_are_known_as_long_as_their_log_is_kept() -> None:
    lines = [{"pulled_within": f"{days}d"} for days in (14, 15)]
    settings = parse({**SETTINGS, "registry_retention": [{**ALL, "keep": lines}]})
    (warning,) = weaknesses(settings)
    assert warning.variable == "registry_retention[0].keep[1].pulled_within"
    assert warning.text.startswith("expected at most 14d, for which the access log is kept, got")
    (log,) = [one for one in render(settings).items() if one[0].startswith("logrotate/")]
    assert "rotate 14" in log[1].content
