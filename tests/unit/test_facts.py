"""Figures of a host: requests, jobs, and texts of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.facts import tasks, textfiles
from ansible_collections.holdfast.registry.plugins.module_utils.facts.counters import (
    EDGES,
    MOST_FOLDERS,
    Counters,
)
from ansible_collections.holdfast.registry.plugins.module_utils.facts.exposition import text
from ansible_collections.holdfast.registry.plugins.module_utils.facts.requests import request
from hypothesis import given
from hypothesis import strategies as st

LINE = {
    "time": "2026-11-26T17:55:59+00:00",
    "address": "192.0.2.7",
    "user": "ann",
    "method": "GET",
    "uri": "/v2/team/app/manifests/v1",
    "status": 200,
    "upstream": "200",
    "bytes": 900,
    "seconds": 0.004,
    "agent": "docker/27.1",
}


def line(**changes: Any) -> bytes:
    return json.dumps({**LINE, **changes}).encode() + b"\n"


def samples(counters: Counters) -> dict[str, float]:
    """Return the values of all series of counters."""
    lines = "".join(text(counters.metrics())).splitlines()
    split = [one.rpartition(" ") for one in lines if not one.startswith("#")]
    return {name: float(value) for name, _, value in split}


@pytest.mark.parametrize(
    ("uri", "route"),
    [
        ("/v2/team/app/manifests/v1", "manifest"),
        ("/v2/app/manifests/sha256:" + "0" * 64, "manifest"),
        ("/v2/manifests/manifests/latest", "manifest"),
        ("/v2/a/referrers/sha256:" + "0" * 64, "manifest"),
        ("/v2/team/app/blobs/sha256:" + "0" * 64, "blob"),
        ("/v2/team/app/blobs/uploads/", "upload"),
        ("/v2/team/app/blobs/uploads/0b1c-2d", "upload"),
        ("/v2/team/app/tags/list", "tags"),
        ("/v2/_catalog", "catalog"),
        ("/auth/token", "token"),
        ("/token", "token"),
        ("/browse/r/team", "browse"),
        ("/v2/", "other"),
        ("/wp-login.php", "other"),
        ("(no UTF-8)", "other"),
    ],
)
def test_a_path_has_a_route(uri: str, route: str) -> None:
    found = request(line(uri=uri))
    assert found and found.route == route


@pytest.mark.parametrize(
    ("status", "kind"), [(200, "2xx"), (308, "3xx"), (404, "4xx"), (429, "429"), (503, "5xx")]
)
def test_a_status_has_a_kind(status: int, kind: str) -> None:
    found = request(line(status=status))
    assert found and found.status == kind


def test_a_pull_counts_for_its_folder_and_a_look_does_not() -> None:
    assert [
        (found.pulled, found.pushed)
        for found in (
            request(line()),
            request(line(method="HEAD")),
            request(line(status=404)),
            request(line(method="PUT", status=201)),
            request(line(uri="/v2/team/app/blobs/sha256:00")),
        )
        if found
    ] == [("team", ""), ("", ""), ("", ""), ("", "team"), ("", "")]


@pytest.mark.parametrize(
    ("user", "status", "result"),
    [
        ("ann", 200, "ok"),
        ("ann", 403, "ok"),
        ("ann", 401, "refused"),
        ("ann", 429, "limited"),
        ("ann", 503, "unavailable"),
        ("", 401, ""),
        ("", 200, ""),
    ],
)
def test_a_login_has_a_result_and_a_question_for_one_is_none(
    user: str, status: int, result: str
) -> None:
    found = request(line(user=user, status=status))
    assert found and found.login == result


@pytest.mark.parametrize(
    "raw",
    [
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"null\n",
        line()[:40],
        b"\xff\xfe\n",
        line(status="x"),
        line(uri=None),
        b"[" * 100000 + b"\n",
    ],
)
def test_a_damaged_line_is_no_request(raw: bytes) -> None:
    assert request(raw) is None


def test_raw_bytes_in_a_line_leave_it_a_request() -> None:
    raw = line(uri="/v2/X/manifests/v1").replace(b"X", b"\xff\x80")
    found = request(raw)
    assert found and found.route == "manifest"


@given(st.lists(st.tuples(st.sampled_from([200, 201, 401, 429, 503]), st.floats(0, 200))))
def test_counters_never_fall_and_a_restart_keeps_them(rows: list[tuple[int, float]]) -> None:
    counters, before = Counters(), dict[str, float]()
    for number, (status, seconds) in enumerate(rows):
        found = request(line(status=status, seconds=seconds, method="PUT"))
        assert found
        counters.add(found)
        if number % 3 == 0:
            counters = Counters(json.loads(json.dumps(counters.state)))
        now = samples(counters)
        assert all(now[name] >= value for name, value in before.items())
        before = now
    requests = sum(v for name, v in before.items() if name.startswith("holdfast_requests_total"))
    assert requests == len(rows)
    if rows:
        at = 'holdfast_request_duration_seconds{}{{route="manifest"{}}}'
        counts = [before[at.format("_bucket", f',le="{edge:g}"')] for edge in EDGES]
        assert counts == [sum(s <= edge for _, s in rows) for edge in EDGES]
        assert before[at.format("_count", "")] == len(rows)


def test_any_number_of_folders_makes_a_bounded_number_of_series() -> None:
    counters = Counters()
    for number in range(3 * MOST_FOLDERS):
        found = request(line(uri=f"/v2/team{number}/app/manifests/v1"))
        assert found
        counters.add(found)
    pulls = {n: v for n, v in samples(counters).items() if n.startswith("holdfast_pulls_total")}
    assert len(pulls) == MOST_FOLDERS + 1
    assert sum(pulls.values()) == 3 * MOST_FOLDERS


def test_what_a_client_chooses_makes_no_series() -> None:
    def seen(*numbers: int) -> set[str]:
        counters = Counters()
        for n in numbers:
            found = request(line(uri=f"/v2/x{n}/manifests/{n}", method=f"M{n}", status=404))
            assert found
            counters.add(found)
        return set(samples(counters))

    assert seen(1) == seen(*range(50))


def test_kept_counts_of_another_version_are_left_out() -> None:
    kept: Any = {"totals": {"gone": [[["a"], 3]]}, "durations": {"manifest": [[1, 2], 0.5]}}
    assert samples(Counters(kept)) == samples(Counters())


TEXT = """# HELP holdfast_a_bytes A.
# TYPE holdfast_a_bytes gauge
holdfast_a_bytes{directory="/srv/x y"} 3
holdfast_a_bytes{directory="old"} 3 1700000000
# HELP node_x X.
# TYPE node_x gauge
node_x 1
holdfast_without_type 1
# HELP registry_s S.
# TYPE registry_s histogram
registry_s_bucket{le="+Inf"} 2
registry_s_sum 0.5
registry_s_count 2
nonsense
"""


def test_only_wanted_metrics_with_a_type_are_read() -> None:
    found = textfiles.families(TEXT, lambda name: name.startswith("holdfast_"))
    assert list(found) == ["holdfast_a_bytes"]
    assert found["holdfast_a_bytes"].samples == {'holdfast_a_bytes{directory="/srv/x y"}': "3"}


def test_labels_are_added_and_two_generations_stay_apart() -> None:
    def of(generation: int) -> dict[str, textfiles.Family]:
        wanted = f'generation="{generation}"'
        return textfiles.families(TEXT, lambda name: name.startswith("registry_"), wanted)

    whole = textfiles.joined([of(7), of(8), of(8)])
    assert whole.splitlines() == [
        "# HELP registry_s S.",
        "# TYPE registry_s histogram",
        'registry_s_bucket{generation="7",le="+Inf"} 2',
        'registry_s_sum{generation="7"} 0.5',
        'registry_s_count{generation="7"} 2',
        'registry_s_bucket{generation="8",le="+Inf"} 2',
        'registry_s_sum{generation="8"} 0.5',
        'registry_s_count{generation="8"} 2',
    ]


def test_files_of_others_beside_ours_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "holdfast.prom").write_text(TEXT)
    (tmp_path / "other.prom").write_text("# TYPE node_y gauge\nnode_y 1\n")
    (tmp_path / "link.prom").symlink_to("/etc/hostname")
    (tmp_path / "raw.prom").write_bytes(b"# TYPE holdfast_b gauge\nholdfast_b\xff 1\n")
    assert "node_" not in textfiles.joined(textfiles.in_directory(str(tmp_path)))


def record(**changes: Any) -> Any:
    ended = {"begun": 100.0, "ended": 160.0, "result": "ok", "good": 100.0}
    return {**ended, "problem": "", "figures": None, **changes}


def test_each_failure_counts_once() -> None:
    known: Any = {}
    for seen in (
        {"gc": record(result="failed")},
        {"gc": record(result="failed")},
        {"gc": record(result="running", begun=200.0)},
        {"gc": record(result="failed", begun=200.0)},
        {"gc": record(begun=300.0)},
        {},
    ):
        known = tasks.counted(json.loads(json.dumps(known)), seen)
    assert known["gc"]["failures"] == 2


def test_a_job_that_never_ran_has_its_success_at_0() -> None:
    lines = "".join(text(tasks.metrics({}, {"gc": record()}, {"gc": 9.0, "backup": 5.0})))
    name = "holdfast_job_last_success_timestamp_seconds"
    assert f'{name}{{task="backup"}} 0\n' in lines
    assert f'{name}{{task="gc"}} 100\n' in lines
    assert 'holdfast_job_late_after_seconds{task="backup"} 5\n' in lines
    assert 'holdfast_job_last_duration_seconds{task="gc"} 60\n' in lines
