"""Obtaining a binary: checked before anything is made of it, and only once."""

from __future__ import annotations

import hashlib
import io
import re
import socket
import struct
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from holdfast.distribution import obtain
from holdfast.errors import RefusedError
from holdfast.releases import CHECKSUMS, NEWEST
from holdfast.settings import SettingsError, parse
from holdfast.settings.sections import distribution


def elf(machine: int = 62, *, dynamic: bool = False) -> bytes:
    """Return the least file that is an ELF program of 64 bits, little-endian."""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<IIQQQQQQ", 3 if dynamic else 1, 4, 0, 0, 0, 0, 0, 0)
    return head + program


def archive(content: bytes, name: str = "registry") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def web() -> Iterator[tuple[dict[str, bytes], str, list[str]]]:
    """A web server: its files, its URL, and the requests to it."""
    pages: dict[str, bytes] = {}
    requested: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield pages, f"http://127.0.0.1:{server.server_port}", requested
    server.shutdown()
    server.server_close()


def source(flat: dict[str, Any], content: bytes, **change: Any) -> Any:
    checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return parse({**flat, "registry_distribution_checksum": checksum, **change}).distribution


def test_a_download_happens_once(
    flat: dict[str, Any], web: tuple[dict[str, bytes], str, list[str]], tmp_path: Path
) -> None:
    pages, address, requested = web
    pages["/r.tar.gz"] = archive(elf())
    url = {
        "registry_distribution_source": "url",
        "registry_distribution_url": f"{address}/r.tar.gz",
    }
    desired = source(flat, pages["/r.tar.gz"], **url)
    found = []

    def work() -> None:
        found.append(obtain(desired, "x86_64", tmp_path, tmp_path / "cache", lambda _: None))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert requested == ["/r.tar.gz"]
    assert len(set(found)) == 1
    assert found[0].path.read_bytes() == elf()
    assert found[0].sha256 == hashlib.sha256(elf()).hexdigest()
    assert found[0].path.stat().st_mode & 0o777 == 0o755


def test_a_damaged_cache_is_filled_again(flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(elf())
    file = {"registry_distribution_source": "file", "registry_distribution_path": "given"}
    desired = source(flat, elf(), **file)
    notes: list[str] = []
    found = obtain(desired, "x86_64", tmp_path, tmp_path / "cache", notes.append)
    found.path.write_bytes(b"tampered")
    again = obtain(desired, "x86_64", tmp_path, tmp_path / "cache", notes.append)
    assert again.path.read_bytes() == elf()
    assert notes == ["from a file", "from a file"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (elf(dynamic=True), "Build it with CGO_ENABLED=0"),
        (elf(machine=183), "expected a program for x86_64, got one for another machine"),
        (b"#!/bin/sh\n" * 20, "expected an ELF program"),
        (archive(elf(), "other"), "expected an archive with a file `registry`"),
        (archive(elf())[:40], "the archive is damaged"),
    ],
    ids=["dynamic", "machine", "script", "empty archive", "truncated"],
)
def test_what_does_not_run_on_the_host_is_refused(
    flat: dict[str, Any], tmp_path: Path, content: bytes, expected: str
) -> None:
    (tmp_path / "given").write_bytes(content)
    file = {"registry_distribution_source": "file", "registry_distribution_path": "given"}
    with pytest.raises(RefusedError, match=expected):
        obtain(source(flat, content, **file), "x86_64", tmp_path, tmp_path / "c", lambda _: None)


def test_a_wrong_checksum_leaves_nothing(flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(elf())
    file = {"registry_distribution_source": "file", "registry_distribution_path": "given"}
    desired = source(flat, b"something else", **file)
    with pytest.raises(RefusedError, match="registry_distribution_checksum: expected sha256:"):
        obtain(desired, "x86_64", tmp_path, tmp_path / "cache", lambda _: None)
    left = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert left == [".lock"]


def test_a_refused_download_says_what_to_do(
    flat: dict[str, Any], web: tuple[dict[str, bytes], str, list[str]], tmp_path: Path
) -> None:
    url = {"registry_distribution_source": "url", "registry_distribution_url": f"{web[1]}/none"}
    with pytest.raises(RefusedError, match="set registry_distribution_source to url or file"):
        obtain(source(flat, b"", **url), "x86_64", tmp_path, tmp_path / "c", lambda _: None)


def test_an_answer_that_is_not_http_is_refused(flat: dict[str, Any], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            peer = listener.accept()[0]
            with peer:
                peer.recv(4096)
                peer.sendall(b"nonsense\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/r.tar.gz"
        url = {"registry_distribution_source": "url", "registry_distribution_url": address}
        with pytest.raises(RefusedError, match="cannot be downloaded"):
            obtain(source(flat, b"", **url), "x86_64", tmp_path, tmp_path / "c", lambda _: None)
        thread.join(5)


def test_a_known_release_needs_no_checksum(flat: dict[str, Any]) -> None:
    del flat["registry_distribution_checksum"]
    found = parse(flat).distribution.obtained
    assert found
    assert found.build == "3.1.1-upstream"
    of = {one: found.checksum_for(one) for one in ("amd64", "arm64", "vax")}
    assert of == {**{one: CHECKSUMS["3.1.1"][one] for one in ("amd64", "arm64")}, "vax": None}
    assert len(found.checksums) == len(CHECKSUMS["3.1.1"])


def test_another_release_needs_its_checksum(flat: dict[str, Any]) -> None:
    del flat["registry_distribution_checksum"]
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_distribution_version": "3.1.2"})
    assert [str(one) for one in caught.value.complaints] == [
        "registry_distribution_checksum: expected the SHA-256 of release 3.1.2, of which no"
        " checksum is known here. Upstream publishes it beside each archive, with .sha256 after"
        " its name"
    ]


def test_a_known_release_is_refused_for_a_machine_without_one(
    flat: dict[str, Any], tmp_path: Path
) -> None:
    del flat["registry_distribution_checksum"]
    found = parse(flat).distribution.obtained
    assert found
    with pytest.raises(RefusedError, match=r"got vax\. Build for it, use file"):
        obtain(found, "vax", tmp_path, tmp_path / "cache", print)


def test_the_file_of_a_known_release_is_compared(
    flat: dict[str, Any],
    web: tuple[dict[str, bytes], str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages, address, _ = web
    del flat["registry_distribution_checksum"]
    found = parse(flat).distribution.obtained
    assert found
    monkeypatch.setattr(distribution, "RELEASES", address)
    pages["/v3.1.1/registry_3.1.1_linux_arm64.tar.gz"] = archive(elf(183))
    with pytest.raises(RefusedError, match=f"expected {CHECKSUMS['3.1.1']['arm64']}, got "):
        obtain(found, "aarch64", tmp_path, tmp_path / "cache", print)


def test_checksums_have_their_form() -> None:
    every = [one for release in CHECKSUMS.values() for one in release.values()]
    assert len(set(every)) == len(every)
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in every)
    assert NEWEST in CHECKSUMS
