"""Keys of generations that follow each other on a host: what was revoked never comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

from holdfast.issuer import keys

ORDER = {"signing": None, "trusted": [], "token_seconds": 300}


class Host:
    """Generations with an issuer or without, and the activations between them."""

    def __init__(self, etc: Path) -> None:
        self.etc = etc
        self.serves: int | None = None

    def activate(self, number: int, change: str | None = None, *, issues: bool = True) -> None:
        """Activate a generation, as module_utils/deploy/activate.py does."""
        token_keys.remember(self.serves)
        if issues:
            self.order(number)
            token_keys.prepare_keys(self.serves, number, change)
        token_keys.remember(number)
        self.serves = number

    def order(self, number: int) -> None:
        """Stage a generation that has an issuer."""
        place = self.etc / f"generations/{number}/issuer"
        place.mkdir(parents=True, exist_ok=True)
        (place / "keys.json").write_text(json.dumps(ORDER))

    def trusted(self) -> set[str]:
        """Return the keys that the serving generation trusts."""
        return set(json.loads((self.etc / f"keys/{self.serves}/keys.json").read_text()))

    def signing(self) -> str:
        """Return the key that the serving generation signs with."""
        pem = (self.etc / f"keys/{self.serves}/signing.pem").read_text()
        return keys.public_pem(keys.private(pem).public_key())


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    def run(number: int, program: str, *arguments: str, text: str | None = None) -> str:
        del number, arguments
        argv = [sys.executable, "-m", f"holdfast.issuer.{program}"]
        return subprocess.run(argv, input=text, text=True, check=True, capture_output=True).stdout

    monkeypatch.setattr(paths, "ETC", str(tmp_path))
    monkeypatch.setattr(token_keys, "KEYS", f"{tmp_path}/keys")
    monkeypatch.setattr(token_keys, "LAST", f"{tmp_path}/keys/last")
    monkeypatch.setattr(token_keys, "run", run)
    monkeypatch.setattr(token_keys, "_own", lambda _: None)
    monkeypatch.setattr(files, "make_directory", lambda path, *_: Path(path).mkdir(exist_ok=True))
    return Host(tmp_path)


def test_a_revoked_key_stays_so_after_other_logins_and_a_rollback(host: Host) -> None:
    host.activate(1)
    revoked = host.signing()
    host.activate(2, "revoke")
    good = host.signing()
    host.activate(3, issues=False)
    host.activate(1, token_keys.KEEP)
    assert host.trusted() == {good}
    host.activate(4, issues=False)
    host.activate(5)
    assert host.trusted() == {good}, "and a later deploy goes on with the same"
    assert revoked != good


def test_an_interrupted_revocation_counts_once_it_served(host: Host) -> None:
    host.activate(1)
    host.order(2)
    token_keys.prepare_keys(1, 2, "revoke")
    host.serves = 2  # flipped, and cut before the end
    host.activate(3, issues=False)
    with pytest.raises(FileNotFoundError):
        host.trusted()
    host.activate(1, token_keys.KEEP)
    second = json.loads((host.etc / "keys/2/keys.json").read_text())
    assert host.trusted() == set(second)


def test_a_revocation_that_failed_changes_nothing(host: Host) -> None:
    host.activate(1)
    before = host.trusted()
    host.order(2)
    token_keys.prepare_keys(1, 2, "revoke")
    host.activate(3, issues=False)
    host.activate(1, token_keys.KEEP)
    assert host.trusted() == before


def test_keys_that_served_last_outlive_their_generation(host: Host) -> None:
    host.activate(1)
    good = host.signing()
    (host.etc / "keys/9").mkdir()
    host.activate(2, issues=False)
    token_keys.prune([2])
    assert sorted(path.name for path in (host.etc / "keys").iterdir()) == ["1", "last"]
    host.activate(3)
    assert host.signing() == good
