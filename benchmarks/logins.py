"""Measure the cost of a login, with and without an attacker who guesses passwords."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

import bcrypt
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    two_layer_image,
)

from benchmarks.figures import Figure, Result, Way, interleaved
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, Server, alone, preview
from benchmarks.processes import cpu
from holdfast.preview import Preview

NAME, PASSWORD = "alice", "correct-horse-battery"
USERS = [{"name": NAME, "password": PASSWORD}]
PATH = "/v2/bench/thing/manifests/latest"
ROUNDS, SECONDS, CONNECTIONS = 5, 2, 8
FLOOD = 200
"""Wrong passwords a second."""
COSTS = (10, 11, 12, 13)


def _naive(running: Preview, folder: Path) -> AbstractContextManager[Server]:
    """Run the registry with its own TLS and password file, as its documentation shows."""
    digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    (folder / "htpasswd").write_text(f"{NAME}:{digest}\n")
    return alone(running, {"htpasswd": {"realm": "x", "path": str(folder / "htpasswd")}})


def _rate(address: str) -> float:
    """Return the requests a second of wrk with a login; all have to succeed."""
    token = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
    accept = "Accept: application/vnd.oci.image.manifest.v1+json"
    headers = ["-H", f"Authorization: Basic {token}", "-H", accept]
    argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "20s", *headers]
    output = subprocess.run([*argv, address], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found, output
    return float(found[1])


GUESSES = """
local letters = "abcdefghijklmnopqrstuvwxyz"
math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 100000)
local function encoded(text)  -- of a length that three divides
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return (text:gsub("...", function(three)
    local a, b, c = three:byte(1, 3)
    local n, out = a * 65536 + b * 256 + c, ""
    for _, by in ipairs({262144, 4096, 64, 1}) do
      local at = math.floor(n / by) % 64 + 1
      out = out .. digits:sub(at, at)
    end
    return out
  end))
end
function request()
  local guess = "alice:"
  for _ = 1, 12 do
    local at = math.random(26)
    guess = guess .. letters:sub(at, at)
  end
  return wrk.format("GET", "/v2/", {["Authorization"] = "Basic " .. encoded(guess)})
end
function delay() return 1000 end
"""
"""Script of wrk: one guess a second from each connection."""


@contextmanager
def _flood(preview: Preview) -> Iterator[None]:
    """Guess passwords of one user at one registry, each time another password."""
    script = preview.scratch / "guess.lua"
    script.write_text(GUESSES)
    argv = ["wrk", "-t1", f"-c{FLOOD}", "-d600s", "--timeout", "60s", "-s", str(script)]
    process = subprocess.Popen([*argv, preview.settings.url], stdout=subprocess.DEVNULL)
    try:
        time.sleep(2)
        yield
    finally:
        process.kill()
        process.wait()


def _no_limit(preview: Preview) -> None:
    """Disable the limit, so that every guess is checked."""
    conf = preview.scratch / "etc/current/logins/nginx.conf"
    text = conf.read_text()
    conf.write_text(text.replace("limit_req_status", "limit_req_dry_run on;\n  limit_req_status"))
    preview.signal("logins", signal.SIGHUP)
    time.sleep(1)


def measure(lab: Lab) -> list[Result]:
    """Measure manifests by tag over TLS: without logins, as documented, and ours."""
    with ExitStack() as stack:
        # The guesses stand for many addresses: their connections are not to count for one.
        own = {"registry_auth_users": USERS, "registry_proxy_connections_per_address": 60000}
        ours = stack.enter_context(preview(**own))
        free = stack.enter_context(preview(**OPEN))
        for one in (ours, free):
            client = over_tls("localhost", one.settings.proxy.port, cafile=str(one.ca_file))
            client.login(NAME, PASSWORD).push("bench/thing", "latest", two_layer_image("bench"))
        naive = stack.enter_context(_naive(ours, lab.folder))
        return [*_compared(ours, free, naive.url + PATH), *_floods(ours), _costs()]


def _compared(ours: Preview, free: Preview, naive: str) -> Iterator[Figure]:
    """Yield rates, and the processor time of proxy, registry and logins for a request."""
    base, own = "no logins (`registry_auth_mode: none`)", "ours, cost 10, a client that is known"
    ways: dict[str, Way] = {
        base: lambda: _rate(free.settings.url + PATH),
        own: lambda: _rate(ours.settings.url + PATH),
        "the registry's own htpasswd, cost 10": lambda: _rate(naive),
    }
    title = f"manifest by tag, {CONNECTIONS} connections"
    yield Figure(title, "requests/s", base, interleaved("logins", ways, ROUNDS), {own: ">= 0.9"})
    ways = {way: partial(_cost, one) for way, one in ((base, free), (own, ours))}
    samples = interleaved("logins, CPU", ways, ROUNDS)
    yield Figure("the same, CPU a request", "ms", base, samples, {own: "<= 1.11"})


def _cost(preview: Preview) -> float:
    """Return the milliseconds of processor time of a request, without the client's."""
    before = cpu(*preview.pids)
    answered = _rate(preview.settings.url + PATH) * SECONDS
    return (cpu(*preview.pids) - before) / answered * 1000


def _floods(preview: Preview) -> Iterator[Figure]:
    def quiet() -> float:
        return _rate(preview.settings.url + PATH)

    def flooded() -> float:
        with _flood(preview):
            return quiet()

    nobody = "nobody guesses"
    ways: dict[str, Way] = {nobody: quiet, f"{FLOOD} guesses/s, one address": flooded}
    samples = interleaved("guesses", ways, ROUNDS)
    yield Figure("a client that is known, while others guess", "requests/s", nobody, samples)
    _no_limit(preview)
    ways = {nobody: quiet, f"{FLOOD} guesses/s, each checked": flooded}
    samples = interleaved("guesses, each checked", ways, ROUNDS)
    yield Figure("the same, without a limit", "requests/s", nobody, samples)


def _costs() -> Figure:
    """Measure a password check by the cost of its hash."""

    def check(digest: bytes) -> float:
        begun = time.process_time()
        bcrypt.checkpw(b"x" * 20, digest)
        return (time.process_time() - begun) * 1000

    ways: dict[str, Way] = {
        f"cost {cost}": partial(check, bcrypt.hashpw(b"x" * 20, bcrypt.gensalt(cost)))
        for cost in COSTS
    }
    return Figure("a check with bcrypt", "ms", "cost 10", interleaved("bcrypt", ways, ROUNDS))
