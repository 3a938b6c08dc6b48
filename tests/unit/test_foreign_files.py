"""Attacks of a service's user on readers with more rights: links, pipes, devices, endless files."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    crl,
    maintenance,
    ocsp,
    renewal,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import change
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.activate import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.history import ServingState
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import (
    MANIFEST,
    Store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_files,
    foreign_text,
    nginx,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.clients import ClientFile, Plan
from holdfast.clients.script import script
from holdfast.verification.probe import logs, reading, store
from tests.skips import lacks

ATTACKER = pwd.getpwnam("nobody")
SECRET = "root:$y$secret:19000:0:::::"
UNITS = Path(__file__).parents[2] / "templates/systemd"
STORE = "docker/registry/v2"


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Fail a test that waits for a pipe or reads without an end."""

    def late(*_: Any) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that only root can read, as /etc/shadow."""
    if os.geteuid() != 0:
        lacks("root", "the attacks are those of another user on root")
    # Everybody gets as far as here; pytest's own folders are closed.
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent != Path("/tmp"):
            parent.chmod(0o755)
    path = tmp_path / "shadow"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


def given(path: Path) -> None:
    """Give a path to the attacker."""
    os.chown(path, ATTACKER.pw_uid, ATTACKER.pw_gid, follow_symlinks=False)


ODD: dict[str, Callable[[Path, Path], object]] = {
    "a link": lambda path, secret: path.symlink_to(secret),
    "a pipe": lambda path, _: os.mkfifo(path),
    "a directory": lambda path, _: path.mkdir(),
    "an endless file": lambda path, _: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_refused_at_once(kind: str, secret: Path) -> None:
    path = secret.with_name("odd")
    ODD[kind](path, secret)
    given(path)
    with pytest.raises(foreign_files.OddFileError, match="expected a file, found"):
        foreign_files.read(str(path), 100)
    with pytest.raises(foreign_files.OddFileError):
        foreign_files.read(str(path), 100, owner=ATTACKER.pw_uid, links=True)
    assert logs.tail(str(path)) == {}
    with pytest.raises(OSError, match="expected"):
        reading.sha256(str(path))
    if kind != "a link":
        assert reading.read(str(path)) is None


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 101)
    with pytest.raises(foreign_files.OddFileError, match="at most 100 bytes"):
        foreign_files.read(str(path), 100)
    assert len(foreign_files.read(str(path), 101)) == 101


def test_files_of_the_kernel_are_read() -> None:
    assert foreign_text.read("/proc/self/stat").startswith(str(os.getpid()))


def test_no_folder_below_a_store_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/inner").symlink_to(tmp_path)
    with (
        pytest.raises(foreign_files.OddFileError, match="expected a directory"),
        foreign_files.folder_below(str(tmp_path / "store"), "inner"),
    ):
        pass


@pytest.fixture
def acme(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path]:
    """A plan of renewals by ACME, and the folder in which the attacker writes."""
    assert secret.exists()
    live = tmp_path / "acme/live/r.example.com-ecdsa"
    live.mkdir(parents=True)
    given(tmp_path / "acme")
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    plan: Any = {
        "acme": {"path": str(tmp_path / "acme"), "kinds": [["", "ecdsa"]], "server": "x"},
        "hostname": "r.example.com",
        "host_paths": None,
        "successors": False,
        "origin": "acme",
    }
    return plan, live


@pytest.mark.parametrize("kind", ODD)
def test_a_renewal_reads_what_is_its_own_users_alone(
    kind: str, acme: tuple[Any, Path], secret: Path
) -> None:
    plan, live = acme
    ODD[kind](live / "fullchain.pem", secret)
    with pytest.raises(StepError, match="expected a") as caught:
        renewal.candidate(plan)
    assert SECRET not in str(caught.value)


def test_a_renewal_follows_the_links_of_its_own_client(acme: tuple[Any, Path]) -> None:
    plan, live = acme
    for name in ("fullchain", "privkey"):
        kept = live.parent / f"{name}1.pem"
        kept.write_text(name)
        given(kept)
        (live / f"{name}.pem").symlink_to(f"../{name}1.pem")
    found = renewal.candidate(plan)
    assert found == (
        {"origin": "acme", "certificate.pem": "fullchain"},
        {"key.pem": "privkey"},
    )


@pytest.mark.usefixtures("acme")
def test_what_is_refused_is_not_left_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificate_store, "GROUP", "root")
    with pytest.raises((StepError, OSError, ValueError)):
        certificate_store.stage({"certificate.pem": "no"}, {"key.pem": "no"}, ["r.example.com"])
    assert [path.name for path in Path(certificate_store.directory()).iterdir()] == []


@pytest.mark.parametrize("kind", ODD)
def test_what_was_fetched_is_a_file(
    kind: str, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "STATE", str(tmp_path))
    monkeypatch.setattr(crl, "FETCHED", str(tmp_path / "fetch/crl"))
    monkeypatch.setattr(crl, "OWN", str(tmp_path / "crl"))
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    (tmp_path / "fetch").mkdir()
    for name in ("crl", "result.json"):
        ODD[kind](tmp_path / "fetch" / name, secret)
    plan: Any = {"acme": None, "crl_url": "http://x", "staple": False}
    with pytest.raises(OSError, match="expected a file"):
        crl.apply(plan)
    with pytest.raises(OSError, match="expected a file"):
        maintenance._fetched(plan)


@pytest.mark.parametrize("kind", ODD)
def test_an_ocsp_answer_is_a_file(
    kind: str, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ETC", str(tmp_path / "etc"))
    monkeypatch.setattr(ocsp, "FETCHED", str(tmp_path / "fetch/ocsp.der"))
    monkeypatch.setattr(ocsp, "OWN", str(tmp_path / "ocsp.der"))
    (tmp_path / "fetch").mkdir()
    ODD[kind](tmp_path / "fetch/ocsp.der", secret)
    given(tmp_path / "fetch")
    given(tmp_path / "fetch/ocsp.der")
    shown = tmp_path / "etc/tls/current"
    shown.mkdir(parents=True)
    for name in certificate_store.STAPLE:
        (shown / name).write_text("of yesterday")
    # The proxy is another process, which this machine does not run.
    reloads = list[int]()
    monkeypatch.setattr(nginx, "reload", lambda: reloads.append(len(list(shown.iterdir()))))
    plan: Any = {"acme": None, "crl_url": None, "staple": True}
    with pytest.raises(OSError, match="expected a file") as caught:
        ocsp.apply(plan)
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "ocsp.der").exists()
    # The proxy must not go on with an answer that nobody renews.
    assert reloads == [0]


def test_an_ocsp_answer_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocsp, "FETCHED", str(tmp_path / "fetched"))
    monkeypatch.setattr(ocsp, "OWN", str(tmp_path / "own"))
    (tmp_path / "fetched").write_bytes(bytes(ocsp.LARGEST + 1))
    with pytest.raises(OSError, match="expected at most"):
        ocsp._copy()
    (tmp_path / "fetched").unlink()
    (tmp_path / "own").write_bytes(b"of yesterday")
    ocsp._copy()
    assert not (tmp_path / "own").exists()


def test_an_older_list_of_revoked_clients_does_not_replace_a_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = _lists(tmp_path)
    monkeypatch.setattr(crl, "FETCHED", str(tmp_path / "fetched"))
    monkeypatch.setattr(crl, "OWN", str(tmp_path / "own"))
    (tmp_path / "crl.pem").write_text(lists["newer"])
    (tmp_path / "fetched").write_text(lists["older"])
    with pytest.raises(StepError, match="is older than the one in use"):
        crl._pem(str(tmp_path / "ca.pem"))
    (tmp_path / "crl.pem").write_text(lists["older"])
    (tmp_path / "fetched").write_text(lists["newer"])
    assert crl._pem(str(tmp_path / "ca.pem")).split() == lists["newer"].split()


def _lists(folder: Path) -> dict[str, str]:
    """Make an authority, in ca.pem, and two lists that it signed an hour apart."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate.public_bytes(pem))
    made = {}
    for which, hours in (("older", 2), ("newer", 1)):
        builder = x509.CertificateRevocationListBuilder(
            name, now - timedelta(hours=hours), now + timedelta(days=5)
        )
        made[which] = builder.sign(key, hashes.SHA256()).public_bytes(pem).decode()
    return made


@pytest.fixture
def images(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one file, whose folders belong to the attacker."""
    monkeypatch.setattr(storage_preflight, "USER", ATTACKER.pw_name)
    monkeypatch.setattr(storage_preflight, "GROUP", "root")
    assert secret.exists()
    folder = tmp_path / "images" / STORE / "repositories/a"
    folder.mkdir(parents=True)
    (folder / "link").write_text("sha256:" + "0" * 64)
    for path in (tmp_path / "images").rglob("*"):
        given(path)
    return tmp_path / "images"


@pytest.mark.parametrize("kind", [kind for kind in ODD if kind != "a directory"])
def test_a_move_copies_files_alone(kind: str, images: Path, secret: Path) -> None:
    place = Directory(str(images))
    assert [name for name, _ in place.names()] == [f"{STORE}/repositories/a/link"]
    odd = images / STORE / "repositories/a/odd"
    ODD[kind](odd, secret)
    with pytest.raises(StepError, match=r"a/odd: expected files and directories alone"):
        list(place.names(strict=True))
    with pytest.raises(OSError, match="expected a file"):
        list(place.read(f"{STORE}/repositories/a/odd"))
    odd.unlink()
    odd.symlink_to(images.parent)
    with pytest.raises(StepError, match=r"a/odd: expected files and directories alone"):
        list(place.names(strict=True))
    for act in (
        lambda: list(place.read(f"{STORE}/repositories/a/odd/shadow")),
        lambda: place.remove([f"{STORE}/repositories/a/odd/shadow"]),
        lambda: place.write(f"{STORE}/repositories/a/odd/shadow", iter([b"mine"])),
    ):
        with pytest.raises(OSError, match="expected a directory"):
            act()
    assert secret.read_text() == SECRET


def test_a_move_writes_through_no_link(images: Path, secret: Path) -> None:
    folder = images / STORE / "repositories/a"
    (folder / "new.holdfast-new").symlink_to(secret)
    (folder / "new").symlink_to(secret)
    Directory(str(images)).write(f"{STORE}/repositories/a/new", iter([b"content"]))
    assert (folder / "new").read_bytes() == b"content"
    assert not (folder / "new").is_symlink()
    assert (folder / "new").stat().st_uid == ATTACKER.pw_uid
    assert (secret.read_text(), secret.stat().st_uid) == (SECRET, 0)


def test_a_sample_of_blobs_passes_over_what_is_no_file(images: Path) -> None:
    good = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of foo
    for name, make in ((good, None), ("a" * 64, "a pipe"), ("b" * 64, "an endless file")):
        path = Path(store.blob(str(images), f"sha256:{name}"))
        path.parent.mkdir(parents=True)
        if make:
            ODD[make](path, path)
        else:
            path.write_text("foo")
    assert store.checksums(str(images)) == {"wrong": [], "looked": 3, "of": 3}


@pytest.mark.parametrize(("now", "closed"), [("", True), ("new", True), ("old/inside", False)])
def test_a_directory_that_images_were_moved_from_is_closed(
    now: str, closed: bool, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    old.chmod(0o755)
    kept = Store(str(tmp_path / "etc"))
    for number, folder in ((1, "old"), (2, now)):
        storage = {"directory": str(tmp_path / folder)} if folder else {}
        (tmp_path / f"etc/generations/{number}").mkdir(parents=True)
        manifest = {"files": {}, "expect": {"storage": storage}}
        Path(kept.path(number, MANIFEST)).write_text(json.dumps(manifest))
    states = [ServingState(number, None, None) for number in (1, 2)]
    no_client: Any = {}
    Activation(kept, *states, no_client, Log())._close_old_images()
    assert old.stat().st_mode & 0o777 == (0o700 if closed else 0o755)


def _planned(path: Path) -> Any:
    file = {"path": str(path), "content": '{"auths": {"r": {}}}', "mode": 0o600, "how": "json"}
    return {"files": [file], "folders": [], "after": []}


@pytest.fixture
def home(secret: Path, tmp_path: Path) -> Path:
    assert secret.exists()
    folder = tmp_path / "home"
    folder.mkdir()
    given(folder)
    return folder


@pytest.mark.parametrize("kind", ODD)
def test_a_clients_set_up_reads_nothing_that_its_user_cannot(
    kind: str, home: Path, secret: Path
) -> None:
    (home / ".docker").mkdir()
    ODD[kind](home / ".docker/config.json", secret)
    with pytest.raises((OSError, StepError)) as caught:
        change(_planned(home / ".docker/config.json"), present=True)
    assert SECRET not in str(caught.value)
    assert os.geteuid() == 0
    assert os.getgroups() != [ATTACKER.pw_gid]


def test_a_clients_set_up_writes_nowhere_that_its_user_cannot(home: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (home / ".docker").symlink_to(tmp_path / "etc")
    given(home / ".docker")
    with pytest.raises(PermissionError):
        change(_planned(home / ".docker/config.json"), present=True)
    assert list((tmp_path / "etc").iterdir()) == []
    (home / ".docker").unlink()
    change(_planned(home / ".docker/config.json"), present=True)
    made = home / ".docker/config.json"
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (ATTACKER.pw_uid, 0o600)


def _run(path: Path) -> int:
    file = ClientFile(str(path), '{"auths": {}}', 0o600, how="json")
    text = script(Plan("docker", "r.example.com", (file,)))
    return subprocess.run(["sh"], input=text.encode(), check=False, timeout=20).returncode


def test_the_script_for_a_client_writes_nowhere_that_its_user_cannot(
    home: Path, secret: Path, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (home / ".docker").symlink_to(tmp_path / "etc")
    given(home / ".docker")
    assert _run(home / ".docker/config.json") != 0
    assert list((tmp_path / "etc").iterdir()) == []
    (home / ".docker").unlink()
    (home / ".docker").mkdir()
    given(home / ".docker")
    (home / ".docker/config.json.holdfast").symlink_to(secret)
    assert _run(home / ".docker/config.json") != 0
    assert secret.read_text() == SECRET
    (home / ".docker/config.json.holdfast").unlink()
    assert _run(home / ".docker/config.json") == 0
    made = home / ".docker/config.json"
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (ATTACKER.pw_uid, 0o600)


def test_each_unit_that_ends_has_a_time_and_a_size() -> None:
    units = {path: path.read_text() for path in UNITS.glob("*.service.j2")}
    ending = {path.name: text for path, text in units.items() if "Type=oneshot" in text}
    assert len(ending) >= 5, sorted(ending)
    for path, text in ending.items():
        assert "\nTimeoutStartSec=" in text, path
        assert "\nMemoryMax=" in text, path
