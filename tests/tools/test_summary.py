"""The summary of a run fails on failures, missing reports and unlisted skips."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import scenarios, skips, summary

SKIP = '<skipped message="{}"/>'


def report(folder: Path, name: str, *cases: tuple[str, float, str]) -> None:
    inner = "".join(
        f'<testcase classname="tests.x" name="{case}" time="{seconds}">{state}</testcase>'
        for case, seconds, state in cases
    )
    (folder / f"{name}.xml").write_text(f"<testsuites><testsuite>{inner}</testsuite></testsuites>")


def test_counts_and_the_slowest_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(tmp_path, "unit", *((f"test_{number}", number / 10, "") for number in range(12)))
    report(tmp_path, "hosts", ("test_long", 61, ""))
    assert summary.main(tmp_path, {"unit", "hosts"}) == 0
    said = capsys.readouterr().out.splitlines()
    assert "total                     13 tests, 0 failed, 0 skipped" in said
    after = said[said.index("The 10 slowest:") + 1 :]
    assert after[0].split() == ["61.0", "s", "hosts", "tests.x.test_long"]
    assert after[9].split() == ["0.3", "s", "unit", "tests.x.test_3"]
    assert after[10:] == [""]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ('<failure message="boom&#10;long"/>', "hosts tests.x.test_a: failed: boom"),
        ('<error message="bang"/>', "hosts tests.x.test_a: failed: bang"),
        (
            SKIP.format("hosts: no podman"),
            "hosts tests.x.test_a: expected to run, or to be on the list of tests/skips.py;"
            " skipped: hosts: no podman",
        ),
    ],
)
def test_what_did_not_pass_fails_the_run(
    tmp_path: Path, state: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report(tmp_path, "hosts", ("test_a", 1, state), ("test_b", 1, ""))
    assert summary.main(tmp_path, {"hosts"}) == 1
    assert capsys.readouterr().out.splitlines()[-1] == expected


def test_a_part_without_a_report_fails_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(tmp_path, "unit", ("test_a", 1, ""))
    report(tmp_path, "hosts")
    assert summary.main(tmp_path, {"unit", "hosts"}) == 1
    assert "hosts: expected a report with tests, found none" in capsys.readouterr().out


def test_a_skip_that_is_written_down_is_none_of_the_problems(tmp_path: Path) -> None:
    case = (
        "test_whoever_asks[mirror-login]",
        0,
        SKIP.format("logins are those of another mode"),
    )
    report(tmp_path, "integration", case)
    assert summary.main(tmp_path, {"integration"}) == 0
    report(tmp_path, "hosts", case)
    assert summary.main(tmp_path, {"integration"}) == 1, "the list names the report, too"


@pytest.mark.parametrize(
    "reason",
    [
        "registry_auth_mode is htpasswd",
        "there is none (registry_mirrors, registry_upstream_url)",
        "pushes are refused (registry_storage_readonly), see storage.readonly",
        "the registry sends them: registry_storage_driver is s3",
        "not applicable: the host has no memory controller for its units",
    ],
)
def test_a_scenario_may_skip_what_its_settings_leave_out(reason: str) -> None:
    assert skips.allowed("molecule-default molecule-default.tls.tls.kinds", reason)
    assert not skips.allowed("hosts molecule-default.tls.tls.kinds", reason)


@pytest.mark.parametrize(
    "reason",
    [
        "looked at from outside only",
        "no command can be run on the host, see host.reachable",
        "nothing is deployed, see host.deployed",
        "nothing answers there, see host.answers",
        "nobody can push, see images.push",
        "the push failed, see images.push",
        "the cache says nothing, see cache.answers",
        "no password is known: every user of the settings has a hash only",
        "systemd-analyze security gives no score on this host",
        "a new reason",
    ],
)
def test_a_scenario_may_not_skip_what_it_could_not_look_at(reason: str) -> None:
    assert not skips.allowed("molecule-default molecule-default.images.images.pull", reason)


@pytest.mark.parametrize(
    ("given", "need", "fails"),
    [
        ("", "hosts", False),
        ("vm", "hosts", False),
        ("vm,hosts", "hosts", True),
        ("all", "vm", True),
    ],
)
def test_what_is_required_fails_instead_of_being_skipped(
    monkeypatch: pytest.MonkeyPatch, given: str, need: str, fails: bool
) -> None:
    monkeypatch.setenv("HOLDFAST_REQUIRE", given)
    kind = pytest.fail.Exception if fails else pytest.skip.Exception
    with pytest.raises(kind, match="no podman"):
        skips.lacks(need, "no podman")


def test_an_unknown_requirement_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_REQUIRE", "hosts,hots")
    with pytest.raises(
        ValueError, match=r"expected all, or words of .*cache, history, hosts, .*; given hots"
    ):
        skips.required("hosts")


@pytest.mark.parametrize("required", ["", "molecule"])
def test_scenarios_that_cannot_run_are_in_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, required: str
) -> None:
    monkeypatch.setenv("HOLDFAST_REQUIRE", required)
    monkeypatch.setattr(scenarios, "doctor", lambda: ["no podman"])
    ran = scenarios.lacking(["default"])
    scenarios.write([*ran, scenarios.Ran("own", 3.5)], tmp_path / "molecule.xml")
    lost, passed = summary.outcomes(tmp_path / "molecule.xml")
    assert (lost.name, lost.message) == ("molecule molecule.default", "molecule: no podman")
    assert lost.state == ("failed" if required else "skipped")
    assert (passed.name, passed.state, passed.seconds) == ("molecule molecule.own", "passed", 3.5)
