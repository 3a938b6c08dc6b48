"""The site of the documentation is written, complete, and readable as files without network."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from testhosts import axe
from testhosts.machine import HarnessError
from tests.integration.browser import found_by, program
from tests.integration.test_report_page import AXE
from tests.skips import lacks
from website.build import ROOT, SiteError, build

REFERENCE = re.compile(r"<(?P<tag>\w+)\b[^>]*?\s(?:href|src)=\"?(?P<to>[^\s\">]+)")
ANCHOR = re.compile(r"\s(?:id|name)=\"?([^\s\">]+)")
LOADED = {"script", "link", "img", "iframe", "source", "object", "embed"}
"""Elements that load what they name."""
TYPING = """<script>
const inner = (root, pick) => {
  for (const one of root.querySelectorAll("*")) {
    if (one.matches(pick)) return one;
    const found = one.shadowRoot && inner(one.shadowRoot, pick);
    if (found) return found;
  }
};
const until = async (get) => {
  for (;;) {
    const found = get();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
};
(async () => {
  const button = await until(() => document.querySelector(".md-search__button"));
  await until(() => (button.click(), inner(document, "input[role=combobox]")));
  const input = inner(document, "input[role=combobox]");
  input.value = "rotate-ca";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  const link = await until(() => inner(document, "a[href*='certificates.html']:not(nav a)"));
  document.documentElement.setAttribute("data-found", link.getAttribute("href"));
})();
</script></body>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the site once; return its folder."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    build(folder)
    return folder


def references(page: Path) -> Iterator[tuple[str, str]]:
    """Yield element and target of each reference of a page."""
    for found in REFERENCE.finditer(page.read_text()):
        yield found["tag"], html.unescape(found["to"])


def test_each_page_of_the_repository_is_there(site: Path) -> None:
    sources = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert sources | {"changes", "contributing", "examples"} <= {
        page.stem for page in site.glob("*.html")
    }


def test_each_link_leads_to_a_file_and_an_anchor(site: Path) -> None:
    pages = [page for page in sorted(site.glob("*.html")) if page.name != "404.html"]
    anchors = {page.name: set(ANCHOR.findall(page.read_text())) for page in pages}
    found, wrong = 0, []
    for page in pages:
        for _, target in references(page):
            if re.match(r"(https?|data|mailto):", target):
                continue
            found += 1
            name, _, anchor = unquote(target).partition("#")
            path = (page.parent / name).resolve() if name else page
            known = anchors.get(path.name, set())
            if not path.is_file() or (anchor and anchor not in known | {"__skip"}):
                wrong.append(f"{page.name}: {target}")
    assert wrong == []
    assert found > 1000


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.glob("*.html"))
    loaded = [to for page in pages for tag, to in references(page) if tag in LOADED]
    assert loaded
    assert [to for to in loaded if re.match(r"(https?:)?//", to)] == []
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert not [
        url for text in styles for url in re.findall(r"url\(\"?((?:https?:)?//[^)]*)", text)
    ]


def test_the_search_finds_a_page_from_a_file(site: Path, tmp_path: Path) -> None:
    browser = program()
    copied = tmp_path / "site"
    shutil.copytree(site, copied)
    page = copied / "index.html"
    page.write_text(page.read_text().replace("</body>", TYPING))
    options = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    waited = ["--virtual-time-budget=20000", f"--user-data-dir={tmp_path / 'browser'}"]
    argv = [browser, *options, *waited, "--dump-dom", page.as_uri()]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=90).stdout
    assert 'data-found="' in shown, shown[:300]


@pytest.mark.parametrize(
    ("page", "scheme"),
    [("index", "light"), ("tutorial", "light"), ("tutorial", "dark"), ("verbs", "dark")],
)
def test_axe_finds_nothing(page: str, scheme: str, site: Path) -> None:
    try:
        script = axe.obtain().read_text(encoding="utf-8")
    except HarnessError as error:
        lacks("axe", str(error))
    options = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    text = (site / f"{page}.html").read_text()
    probe = site / f"{page}-{scheme}.html"
    try:
        assert found_by(text, AXE.replace("AXE", script), probe, *options) == []
    finally:
        probe.unlink()


def test_an_earlier_site_is_replaced(site: Path) -> None:
    (site / "old.html").write_text("of a page that is gone")
    build(site)
    assert not (site / "old.html").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(SiteError, match="Remove it, or name another folder"):
        build(tmp_path)
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.parametrize("fault", ["[a](nothing.md)", "[a](jobs.md#nothing)"])
def test_a_page_with_a_dead_link_is_refused(fault: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("docs", "inventory"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, root)
    page = root / "docs" / "index.md"
    page.write_text(f"{page.read_text()}\n{fault}\n")
    with pytest.raises(SiteError, match="expected pages without faults"):
        build(tmp_path / "site", root)
    assert not (tmp_path / "site").exists()
