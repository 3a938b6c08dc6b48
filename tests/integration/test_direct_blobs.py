"""Blobs sent by the proxy are indistinguishable from blobs sent by the registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix

from tests.integration.blobs import cases, later, logins, store
from tests.integration.blobs.modes import MODES, PAIRS, RULED, VERSIONS
from tests.integration.blobs.requests import NAME, Case, blob, request
from tests.integration.blobs.twins import Twins, twins
from tests.integration.pairs import Edit

KNOWN = {
    "match empty": "nginx asks for a match, the registry does not",
    "unmodified since empty": "the same",
    "odd header": "the registry refuses a header with a control character",
}
"""Cases that do differ, and why; none gives anybody what they may not have."""


class Pair(NamedTuple):
    """A mode, and its twins."""

    mode: str
    made: Twins
    good: str
    """Accepted login, as a line of the request."""

    def compare(self, found: Iterable[Case]) -> list[str]:
        """Return the names of the cases in which the two answers differ."""
        with ThreadPoolExecutor(8) as pool:
            same = pool.map(lambda case: (case[0], self._same(case[1])), found)
            return [name for name, is_same in same if not is_same and name not in KNOWN]

    def status(self, port: int, data: bytes) -> bytes:
        """Return the status that one of the two answers with."""
        return self.made.ask(port, store.spelled(data, self.good))[0][0]

    def _same(self, data: bytes) -> bool:
        one, other = self.made.both(store.spelled(data, self.good))
        return one == other


@pytest.fixture(scope="module")
def binaries(registry_binary: Path, packaged_registry_binary: Path) -> dict[str, Path]:
    return dict(zip(VERSIONS, (registry_binary, packaged_registry_binary), strict=True))


@pytest.fixture(scope="module")
def stores(binaries: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {
        version: store.fill(binary, tmp_path_factory.mktemp("store"))
        for version, binary in binaries.items()
    }


@pytest.fixture(
    scope="module",
    params=PAIRS,
    ids=" ".join,
)
def pair(
    request: pytest.FixtureRequest,
    binaries: dict[str, Path],
    stores: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    mode, version = request.param
    own = {"registry_distribution_version": version, **MODES[mode]}
    with twins(binaries[version], stores[version], tmp_path_factory.mktemp("twins"), own) as made:
        yield Pair(mode, made, token(made) if mode == "token" else logins.good(mode))


def token(made: Twins) -> str:
    """Return a token of our own issuer for all that alice may pull."""
    scopes = "&".join(f"scope=repository:{name}:pull" for name in ("team/image", *store.PLAIN))
    target = f"/auth/token?service={NAME}&{scopes}"
    [(_, _, body)] = made.ask(made.direct, request(target, auth=logins.basic()))
    return logins.header("Bearer", json.loads(body)["token"])


def test_whatever_is_asked(pair: Pair) -> None:
    found = list(cases.cases())
    assert len(found) >= 150
    assert pair.compare(found) == []
    names = {"token": RULED, "mirror": {"team/image", "a"}}.get(
        pair.mode, {"team/image", *store.PLAIN}
    )
    wanted = {blob(store.words()["small"], name) for name in names}
    sent = pair.made.from_disk()
    assert wanted <= sent
    # A link out of the store may lead to what the proxy can read, and the registry cannot.
    assert blob(store.words()["linked"]) not in sent
    assert pair.mode != "mirror" or not any("/hub/" in path for path in sent)


def test_whoever_asks(pair: Pair) -> None:
    if "TLS" in pair.mode or pair.mode in ("read-only", "mirror"):
        pytest.skip("logins are those of another mode")
    shown = logins.tokens() if "token" in pair.mode else logins.passwords()
    paths = [blob(), blob("{foreign}"), blob("{foreign}", "team/other"), blob("{missing}")]
    paths += [blob("{deleted}"), blob("{unlinked}"), blob(repository="a"), blob() + "?x"]
    found = [
        (f"{name}: {path}", request(path, auth=lines)) for name, lines in shown for path in paths
    ]
    assert pair.compare(found) == []


def test_what_was_thought_of_later(pair: Pair) -> None:
    found = list(later.cases())
    assert len(found) >= 60
    assert pair.compare(found) == []


def test_what_is_deleted_is_gone_at_once(registry_binary: Path, tmp_path: Path) -> None:
    for name in ("store", "twins"):
        (tmp_path / name).mkdir()
    data = store.fill(registry_binary, tmp_path / "store")
    own = {**MODES["none"], "registry_storage_delete": True}
    with twins(registry_binary, data, tmp_path / "twins", own) as made:
        pair = Pair("none", made, "")
        pull, delete = request(blob()), request(blob(), method="DELETE")
        assert pair.status(made.direct, pull) == b"HTTP/1.1 200 OK"
        assert pair.status(made.proxied, delete) == b"HTTP/1.1 202 Accepted"
        assert pair.status(made.direct, pull) == b"HTTP/1.1 404 Not Found"
        assert pair.compare([("", pull)]) == []
        # In between, on one connection, and put back.
        both = request(blob(repository="a"), close=False)
        both += request(blob(repository="a"), method="DELETE", close=False)
        answers = made.ask(made.direct, store.spelled(both + request(blob(repository="a")), ""))
        assert [status[9:12] for status, _, _ in answers] == [b"200", b"202", b"404"]
        client = over_unix(str(tmp_path / "twins/run/registry.sock"), NAME)
        store.put(client, "team/image", store.CONTENT["small"])
        assert pair.status(made.direct, pull) == b"HTTP/1.1 200 OK"
        assert pair.compare([("", pull)]) == []


LINK = re.compile(r"if \(!-f \S+/link\) \{")
FAULTS: dict[str, tuple[Edit, set[str]]] = {
    "no look at the repository": (
        lambda text: LINK.sub("if ($uri = x) {", text),
        {"digest foreign", "digest deleted", "digest unlinked", "repository nobody/there"},
    ),
    "ranges by nginx": (
        lambda text: text.replace('map "$http_range', 'map "'),
        {"range bytes=0-1,3-4,-2", "range bytes=9-3"},
    ),
    "any way to write it": (
        lambda text: text.replace("$request_uri != $uri", "$uri = x"),
        {"target dot segment", "target double slash"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_worse_configuration_is_told(
    fault: str, stores: dict[str, Path], registry_binary: Path, tmp_path: Path
) -> None:
    edit, wanted = FAULTS[fault]
    with twins(registry_binary, stores["3.1.1"], tmp_path, MODES["none"], edit) as made:
        found = set(Pair("none", made, "").compare(cases.cases()))
    assert wanted <= found
