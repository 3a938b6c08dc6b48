"""The access log says where to look, whatever is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.index.hints import Hints, changed

PUSH = {"method": "PUT", "status": 201, "uri": "/v2/team/app/manifests/v1"}


def line(**more: Any) -> bytes:
    return json.dumps({**PUSH, **more}).encode() + b"\n"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (line(), "team/app"),
        (line(method="DELETE", status=202, uri="/v2/a/manifests/sha256:0a"), "a"),
        (line(uri="/v2/manifests/manifests/manifests/v1"), "manifests/manifests"),
        (line(method="GET", status=200), ""),
        (line(status=400), ""),
        (line(uri="/v2/team/app/blobs/x?/manifests/"), ""),
        (line(uri=["/manifests/"]), ""),
        (b'{"uri": "/v2/a/manifests/b", ', ""),
        (b"[" * 100_000 + b"/manifests/", ""),
        (b"\xff/manifests/\xfe", ""),
    ],
)
def test_only_pushes_and_deletes_of_manifests_are_hints(given: bytes, name: str) -> None:
    assert changed(given) == name


def test_each_line_is_a_hint_once_also_after_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(line(uri="/v2/before/manifests/v1"))
    hints = Hints(str(log))
    assert hints.names() == []
    with log.open("ab") as stream:
        stream.write(line() * 2 + line(uri="/v2/half/manifests/v1")[:-9])
    assert (hints.names(), hints.names()) == (["team/app"], [])
    with log.open("ab") as stream:
        stream.write(line(uri="/v2/half/manifests/v1")[-9:])
    log.rename(tmp_path / "access.log.1")
    log.write_bytes(line(uri="/v2/new/manifests/v1"))
    assert (hints.names(), hints.gaps) == (["half", "new"], 0)


def test_a_log_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    hints = Hints(str(tmp_path / "access.log"))
    assert hints.names() == []
