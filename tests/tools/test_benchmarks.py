"""Figures of benchmarks: ratios within a round, goals for their median."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from pathlib import Path

import pytest

from benchmarks import growth, report, results
from benchmarks.figures import Figure, Table, interleaved
from benchmarks.growth import Growth
from benchmarks.latency_proxy import delayed


def figure(goal: str = "<= 1.2") -> Figure:
    samples = {"floor": [1.0, 2.0, 4.0], "ours": [1.1, 2.4, 4.4]}
    return Figure("work", "s", "floor", samples, {"ours": goal})


def test_ratios_are_taken_within_a_round() -> None:
    assert figure().ratios("ours") == pytest.approx([1.1, 1.2, 1.1])
    assert figure().ratio("ours") == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("goal", "met"), [("<= 1.1", True), ("<= 1.0", False), (">= 1.1", True), (">= 1.2", False)]
)
def test_goals_are_judged_on_the_median_as_it_is_shown(goal: str, met: bool) -> None:
    assert figure(goal).met("ours") is met
    assert figure(goal).met("floor") is None


def test_every_round_begins_with_another_way() -> None:
    order: list[str] = []
    ways = {way: lambda way=way: float(order.append(way) or 1) for way in "abc"}  # type: ignore[misc]
    samples = interleaved("letters", ways, 3)
    assert "".join(order) == "abcbcacab"
    assert samples == {way: [1.0] * 3 for way in "abc"}


def test_growth_is_told_by_ratios_and_the_exponent_of_the_last_step() -> None:
    square = Growth("a walk in a walk", "s", {10: [1.0, 2.0, 3.0], 100: [20.0], 1000: [2000.0]})
    assert (square.ratio(1000), square.exponent) == (1000, pytest.approx(2))
    same = Growth("a look", "ms", {10: [4.0], 1000: [4.0]})
    shown = growth.table("Work", "tags", [square, same], "Once.")
    assert shown.columns == ["Work", "10 tags", "100 tags", "1\N{THIN SPACE}000 tags", "exponent"]
    times = "\N{MULTIPLICATION SIGN}"
    assert shown.rows == [
        ["a walk in a walk", "2 s", f"20 s ({times} 10)", f"2000 s ({times} 1000)", "2.0"],
        ["a look", "4 ms", "", f"4 ms ({times} 1)", "0.0"],
    ]


def test_results_are_read_as_they_were_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    table = Table("counts", ["what", "count"], [["failed", "0"]], "None failed.")
    result, found = results.read(results.write("some", [table, figure()], 61))
    assert found == [table, figure()]
    assert result["command"] == ".venv/bin/python -m benchmarks some"


def test_a_table_shows_median_ratio_and_goal() -> None:
    lines = list(report.shown(figure()))
    assert lines[0] == "| work (median of 3) | s | ratio | range of the ratio | goal |"
    assert lines[3] == "| ours | 2.4 | 1.10 | 1.10 to 1.20 | <= 1.2: met |"


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_far_away_is_asked_as_often_and_answers_later() -> None:
    near = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=near.serve_forever, daemon=True).start()
    with delayed(near.server_port) as far:
        connection = http.client.HTTPConnection("127.0.0.1", far.port, timeout=10)
        far.seconds = 0.05
        for number in range(3):
            begun, body = time.monotonic(), b"x" * 100_000 * number
            connection.request("POST", "/", body)
            assert connection.getresponse().read() == body
            assert time.monotonic() - begun >= 0.05
        assert far.requests == 3
        connection.close()
    near.shutdown()
    near.server_close()


@pytest.mark.parametrize("path", report.PAGES, ids=lambda path: path.name)
def test_the_pages_have_what_the_results_say(path: Path) -> None:
    assert path.read_text() == report.page(path), "run: .venv/bin/python -m benchmarks report"
