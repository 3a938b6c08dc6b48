"""A real browser that opens a page of another site, and what the page's requests bring."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import queue
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.skips import lacks

PROGRAMS = ("chromium-headless-shell", "chromium")
WITHIN_SECONDS = 60.0
SCRIPT = """<!doctype html><meta charset="utf-8"><script>
const one = async ({url, options, wanted}) => {
  try {
    const reply = await fetch(url, {cache: "no-store", ...options});
    const size = (await reply.arrayBuffer()).byteLength;
    const headers = Object.fromEntries((wanted || []).map(name => [name, reply.headers.get(name)]));
    return {status: reply.status, size, headers};
  } catch (error) {
    return {error: String(error)};
  }
};
(async () => {
  const answers = [];
  for (const request of REQUESTS) {
    const before = answers.at(-1);
    if (request.url === "Location")
      request.url = before.headers.Location + "&digest=" + request.digest;
    answers.push(await one(request));
  }
  await fetch("/answers", {method: "POST", body: JSON.stringify(answers)});
})();
</script>"""

Requests = Sequence[dict[str, Any]]


def request(url: str, method: str = "GET", *wanted: str, **options: Any) -> dict[str, Any]:
    """Return a request of the page's script, and the headers that it tries to read."""
    return {"url": url, "options": {"method": method, **options}, "wanted": wanted}


def program() -> str:
    """Return the browser's program; without one the test is skipped."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        lacks("browser", "no chromium here: make tools")
    return found


def run(*options: str) -> str:
    """Run the browser; return its output."""
    argv = [program(), "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000"]
    done = subprocess.run(
        [*argv, *options], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def found_by(text: str, script: str, file: Path, *options: str) -> Any:
    """Return what a script finds in a page."""
    file.write_text(text.replace("</body>", f"{script}</body>"), encoding="utf-8")
    shown = run("--dump-dom", f"--user-data-dir={file.parent / 'browser'}", *options, file.as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert found, shown[-500:]
    return json.loads(html.unescape(found[1]))


def answers(origin: str, requests: Requests, folder: Path, cafile: Path) -> list[dict[str, Any]]:
    """Open a page of a site in a browser; return what each of its requests brought.

    Every name leads to this machine. The browser trusts the certificate in `cafile`.
    """
    port = int(origin.rpartition(":")[2])
    with _pages(port, SCRIPT.replace("REQUESTS", json.dumps(requests))) as answered:
        argv = [
            *(program(), "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'browser'}"),
            *("--host-resolver-rules=MAP * 127.0.0.1", "--remote-debugging-port=0"),
            f"--ignore-certificate-errors-spki-list={_pin(cafile)}",
            f"{origin}/",
        ]
        with (folder / "browser.log").open("wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        try:
            got: list[dict[str, Any]] = answered.get(timeout=WITHIN_SECONDS)
        except queue.Empty:
            raise RuntimeError((folder / "browser.log").read_text()[-2000:]) from None
        finally:
            # Debian's program is a script that starts the browser: all of its processes end.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        return got


@contextmanager
def _pages(port: int, page: str) -> Iterator[queue.Queue[Any]]:
    answered: queue.Queue[Any] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(page.encode())

        def do_POST(self) -> None:
            answered.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(b"")

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield answered
    finally:
        server.shutdown()
        server.server_close()


def _pin(cafile: Path) -> str:
    certificate = x509.load_pem_x509_certificate(cafile.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
