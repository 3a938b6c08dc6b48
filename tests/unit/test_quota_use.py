"""Use of quotas, in the status of a host and in its metrics."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.jobs.gc import quota_gauges
from ansible_collections.holdfast.registry.plugins.module_utils.system import metrics

from holdfast.deploying import quotas

MIB = 1 << 20


def used(number: int, size: int, most: int | None, tags: int, most_tags: int | None) -> Any:
    return {
        "rule": f"registry_quotas[{number}]",
        "repositories": [f"team-{number}/**"],
        "bytes": size,
        "most_bytes": most,
        "tags": tags,
        "most_tags": most_tags,
    }


USED = [used(0, 89 * MIB, 100 * MIB, 7, None), used(1, 5 * MIB, 100 * MIB, 9, 10)]


def said(figures: Any) -> list[tuple[str, str, str]]:
    states: Any = [{"name": "scrub", "last": None}, {"name": "gc", "last": figures}]
    return list(quotas.lines(states))


def test_the_status_has_a_line_for_each_quota() -> None:
    assert said({"figures": {"quotas": USED}}) == [
        ("quotas", "ok", "team-0/**: 89 MiB of 100 MiB, at the last clean-up"),
        (
            "quotas",
            "warning",
            "team-1/**: 5 MiB of 100 MiB, 9 of 10 tags, at the last clean-up."
            " Delete images, or raise registry_quotas[1]",
        ),
    ]


def test_without_a_clean_up_or_quotas_there_is_none() -> None:
    lasts: list[Any] = [None, {"figures": None}, {"figures": {}}, {"figures": {"quotas": []}}]
    for last in lasts:
        assert said(last) == []
    assert list(quotas.lines([])) == []


def test_the_metrics_have_limits_where_there_are_some() -> None:
    text = "".join(metrics.text(quota_gauges(USED)))
    first = '{quota="registry_quotas[0]",repositories="team-0/**"}'
    second = '{quota="registry_quotas[1]",repositories="team-1/**"}'
    assert f"holdfast_quota_used_bytes{first} {89 * MIB}\n" in text
    assert f"holdfast_quota_limit_bytes{second} {100 * MIB}\n" in text
    assert f"holdfast_quota_used_tags{first} 7\n" in text
    assert f"holdfast_quota_limit_tags{second} 10\n" in text
    assert f"holdfast_quota_limit_tags{first}" not in text
    assert list(quota_gauges([])) == []
