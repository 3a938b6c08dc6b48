"""The page of `holdfast verify --html` in a browser: its filters, accessibility, and on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from holdfast.verification import Outcome, Results
from holdfast.verification.comparison import compare
from holdfast.verification.controls import CONTROLS
from holdfast.verification.report import page, previous
from holdfast.verification.results import State, Subject
from testhosts import axe
from testhosts.machine import HarnessError
from tests.integration import browser
from tests.skips import lacks

SEEN: dict[str, State] = {
    "tls.chain": "passed",
    "tls.names": "failed",
    "auth.closed": "not_checked",
    "time.clock": "not_applicable",
    "http.referrer": "passed",
}
FILTERS = """<script>
const shown = () => [...document.querySelectorAll("tbody.controls tr")]
  .filter(row => row.getClientRects().length).map(row => row.id.replace("h1-", ""));
const found = {};
for (const one of document.querySelectorAll("input[name=only]")) {
  one.click();
  const titles = [...document.querySelectorAll("section h3")]
    .filter(title => title.getClientRects().length).length;
  found[one.id.replace("only-", "")] = [shown(), titles];
}
document.body.innerHTML = "<pre id=found></pre>";
document.getElementById("found").textContent = JSON.stringify(found);
</script>"""
AXE = """<script>AXE</script><script>
axe.run().then(result => {
  document.body.innerHTML = "<pre id=found></pre>";
  document.getElementById("found").textContent = JSON.stringify(
    result.violations.map(one => [one.id, one.nodes.map(node => node.html)]));
});
</script>"""


def results(states: dict[str, State]) -> Results:
    seen = ("GET /v2/ → 401 (3 times)",)
    outcomes = [
        Outcome("r1", check, state, "" if state == "passed" else "expected a, found b", 0.1, seen)
        for check, state in states.items()
    ]
    return Results(tuple(outcomes), 1, (Subject("r1", "https://r1", "ab" * 32, "3.1.1", "7"),))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run with all states, compared with one in which nothing failed."""
    old = tmp_path_factory.mktemp("old") / "old.html"
    page.write(results({**SEEN, "tls.names": "passed"}), old)
    return page.page(results(SEEN), compare(results(SEEN), previous.read(old)))


def test_each_choice_shows_its_controls_alone(text: str, tmp_path: Path) -> None:
    found = browser.found_by(text, FILTERS, tmp_path / "page.html")
    assert found == {
        "all": [[*SEEN], 4],
        "changed": [["tls.names"], 1],
        "open": [["tls.names", "auth.closed"], 2],
        "passed": [["tls.chain", "http.referrer"], 2],
        "failed": [["tls.names"], 1],
        "not_checked": [["auth.closed"], 1],
        "not_applicable": [["time.clock"], 1],
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--blink-settings=preferredColorScheme=1"],
        ["--blink-settings=preferredColorScheme=0"],
        ["--window-size=360,800"],
    ],
    ids=["light", "dark", "narrow"],
)
def test_axe_finds_nothing(options: list[str], text: str, tmp_path: Path) -> None:
    try:
        script = axe.obtain().read_text(encoding="utf-8")
    except HarnessError as error:
        lacks("axe", str(error))
    added = AXE.replace("AXE", script)
    assert browser.found_by(text, added, tmp_path / "page.html", *options) == []


def test_axe_finds_a_pale_text(text: str, tmp_path: Path) -> None:
    try:
        script = axe.obtain().read_text(encoding="utf-8")
    except HarnessError as error:
        lacks("axe", str(error))
    pale = text.replace("--soft: #55606e", "--soft: #b5bec8")
    found = browser.found_by(pale, AXE.replace("AXE", script), tmp_path / "page.html")
    assert [name for name, _ in found] == ["color-contrast"]


def test_paper_has_all_controls_and_numbered_pages(text: str, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        lacks("browser", "no pdftotext here: make tools")
    many = results(dict.fromkeys(CONTROLS, "passed"))
    for name, shown in (("few", text), ("many", page.page(many))):
        chosen = shown.replace(" checked>", ">").replace('only-failed">', 'only-failed" checked>')
        file, paper = tmp_path / f"{name}.html", tmp_path / f"{name}.pdf"
        file.write_text(chosen, encoding="utf-8")
        profile = f"--user-data-dir={tmp_path / 'browser'}"
        browser.run(f"--print-to-pdf={paper}", "--no-pdf-header-footer", profile, file.as_uri())
    read = ["pdftotext", "-layout"]
    few = subprocess.check_output([*read, tmp_path / "few.pdf", "-"], text=True)
    assert all(re.search(rf"^ *{re.escape(check)} ", few, re.M) for check in SEEN)
    assert "Show controls" not in few
    many_pages = subprocess.check_output([*read, tmp_path / "many.pdf", "-"], text=True)
    pages = re.findall(r"Page (\d+) of (\d+)", many_pages)
    assert len(pages) > 5
    assert pages == [(str(number), str(len(pages))) for number in range(1, len(pages) + 1)]
