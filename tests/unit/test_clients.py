"""Files of client machines, and their merge with other content."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import change
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.clients import KINDS, Access, ClientFile, Plan, plan
from holdfast.clients import texts as written
from holdfast.clients.script import script
from holdfast.errors import InputError

NAME = "registry.example.com:8443"
PLAIN = Access(NAME, "ROOT\n")
ALL = Access(NAME, "ROOT\n", ("CERT\n", "KEY\n"), ("ci", "s3cret"), mirror_of="docker.io")
BASIC = base64.b64encode(b"ci:s3cret").decode()
KINDS_WITH_MIRRORS = sorted(KINDS.keys() - {"system"})


def here(made: Plan, root: Path) -> dict[str, Any]:
    """Return a plan for a root of its own; nothing is run after it."""
    result = replace(made, after=()).as_dict()
    for file in result["files"]:
        file["path"] = f"{root}{file['path']}"
    result["folders"] = [f"{root}{folder}" for folder in result["folders"]]
    return result


def texts(root: Path) -> dict[str, str]:
    """Return all files below a root by path."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {f"/{path.relative_to(root)}": path.read_text() for path in found}


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_time_changes_nothing_and_removal_leaves_nothing(
    kind: str, tmp_path: Path
) -> None:
    access = ALL if kind in KINDS_WITH_MIRRORS else replace(ALL, mirror_of=None)
    result = here(plan(kind, access), tmp_path)
    assert {one["path"] for one in change(result, present=True, dry=True)}
    assert not texts(tmp_path)
    change(result, present=True)
    assert "ROOT\n" in texts(tmp_path).values()
    assert change(result, present=True) == []
    without = Access(NAME, mirror_of=access.mirror_of).whole()
    change(here(plan(kind, without), tmp_path), present=False)
    assert texts(tmp_path) == {}
    assert not list(tmp_path.rglob("*8443*"))


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_for_their_owner_alone(kind: str, tmp_path: Path) -> None:
    result = here(plan(kind, replace(ALL, mirror_of=None)), tmp_path)
    shown = change(result, present=True)
    secrets = [path for path in tmp_path.rglob("*") if path.is_file() and _secret(path)]
    assert secrets
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    assert not any(secret in json.dumps(shown) for secret in ("KEY", "s3cret", BASIC))


def _secret(path: Path) -> bool:
    return any(secret in path.read_text() for secret in ("KEY", "s3cret", BASIC))


def test_what_others_wrote_stays(tmp_path: Path) -> None:
    (tmp_path / "etc/docker").mkdir(parents=True)
    (tmp_path / "root/.docker").mkdir(parents=True)
    daemon, config = tmp_path / "etc/docker/daemon.json", tmp_path / "root/.docker/config.json"
    daemon.write_text('{"registry-mirrors": ["https://other"], "ipv6": true}')
    config.write_text('{"auths": {"other": {"auth": "eA=="}}, "credsStore": "pass"}')
    result = here(plan("docker", ALL), tmp_path)
    change(result, present=True)
    mirrors = json.loads(daemon.read_text())["registry-mirrors"]
    assert mirrors == ["https://other", f"https://{NAME}"]
    assert json.loads(config.read_text())["auths"][NAME] == {"auth": BASIC}
    change(result, present=False)
    assert json.loads(daemon.read_text()) == {"registry-mirrors": ["https://other"], "ipv6": True}
    left = json.loads(config.read_text())
    assert left == {"auths": {"other": {"auth": "eA=="}}, "credsStore": "pass"}


def test_a_new_password_takes_the_place_of_the_old(tmp_path: Path) -> None:
    change(here(plan("podman", ALL), tmp_path), present=True)
    later = replace(ALL, login=("ci", "another"))
    assert len(change(here(plan("podman", later), tmp_path), present=True)) == 1


def test_a_file_that_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    daemon = tmp_path / "etc/docker/daemon.json"
    daemon.parent.mkdir(parents=True)
    daemon.write_text("{ not JSON")
    result = here(plan("docker", ALL), tmp_path)
    with pytest.raises(StepError, match=r"daemon\.json: expected a JSON object"):
        change(result, present=True)
    assert list(texts(tmp_path)) == ["/etc/docker/daemon.json"]


def test_buildkit_keeps_the_rest_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "etc/buildkit/buildkitd.toml"
    file.parent.mkdir(parents=True)
    file.write_text('debug = true\n[registry."other"]\n  http = true')
    change(here(plan("buildkit", PLAIN), tmp_path), present=True)
    change(here(plan("buildkit", ALL), tmp_path), present=True)
    found = tomllib.loads(file.read_text())["registry"]
    assert found["docker.io"]["mirrors"] == [NAME]
    assert found[NAME]["keypair"][0]["key"].endswith("client.key")
    change(here(plan("buildkit", PLAIN.whole()), tmp_path), present=False)
    assert tomllib.loads(file.read_text()) == {
        "debug": True,
        "registry": {"other": {"http": True}},
    }
    file.write_text(f'[registry."{NAME}"]\n  insecure = true\n')
    with pytest.raises(StepError, match=r"already\. Change it there by hand"):
        change(here(plan("buildkit", PLAIN), tmp_path), present=True)


def test_containerd_is_told_in_toml() -> None:
    by_path = {file.path: file for file in plan("containerd", ALL).files}
    own = by_path[f"/etc/containerd/certs.d/{NAME}/hosts.toml"]
    host = tomllib.loads(own.content)["host"][f"https://{NAME}"]
    assert host["ca"] == f"/etc/containerd/certs.d/{NAME}/ca.crt"
    assert host["header"] == {"authorization": f"Basic {BASIC}"}
    assert own.mode == 0o600
    hub = tomllib.loads(by_path["/etc/containerd/certs.d/docker.io/hosts.toml"].content)
    assert hub["server"] == "https://registry-1.docker.io"
    assert hub["host"][f"https://{NAME}"]["capabilities"] == ["pull", "resolve"]


def test_k3s_is_told_in_one_mapping() -> None:
    (file,) = (file for file in plan("k3s", ALL).files if file.how == "json")
    result = json.loads(file.content)
    assert result["mirrors"] == {"docker.io": {"endpoint": [f"https://{NAME}"]}}
    config = result["configs"][NAME]
    assert config["auth"] == {"username": "ci", "password": "s3cret"}
    assert set(config["tls"]) == {"ca_file", "cert_file", "key_file"}
    assert plan("k3s", Access(NAME)).files == ()


def test_what_a_client_cannot_do_is_refused() -> None:
    with pytest.raises(InputError, match="expected one of docker, podman"):
        plan("rkt", PLAIN)
    with pytest.raises(InputError, match=r"docker mirrors docker\.io alone, got quay\.io"):
        plan("docker", replace(ALL, mirror_of="quay.io"))
    path = Access(NAME, mirror_of="quay.io", path="hub", mirror_option="--mirror")
    with pytest.raises(InputError, match=rf"^--mirror: .* docker pull {NAME}/hub/IMAGE"):
        plan("docker", path)
    with pytest.raises(InputError, match=rf"^--mirror: .* crane pull {NAME}/hub/IMAGE"):
        plan("system", path)
    with pytest.raises(InputError, match="knows no mirrors"):
        plan("system", ALL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_does_the_same_as_the_module(kind: str, tmp_path: Path) -> None:
    access = ALL if kind in KINDS_WITH_MIRRORS else replace(ALL, mirror_of=None)
    made = replace(plan(kind, access), after=())
    printed, module = tmp_path / "printed", tmp_path / "module"
    change(here(made, module), present=True)
    for _ in range(2):
        _sh(_moved(made, printed))
    assert {path.relative_to(printed) for path in printed.rglob("*")} == {
        path.relative_to(module) for path in module.rglob("*")
    }
    assert texts(printed) == texts(module)
    _sh(_moved(made, printed, present=False))
    left = {file.path for file in made.files if file.how != "whole"}
    assert set(texts(printed)) == left


def test_the_script_overwrites_nothing_of_others(tmp_path: Path) -> None:
    daemon = tmp_path / "etc/docker/daemon.json"
    daemon.parent.mkdir(parents=True)
    daemon.write_text('{"ipv6": true}')
    with pytest.raises(subprocess.CalledProcessError):
        _sh(_moved(replace(plan("docker", ALL), after=()), tmp_path))
    assert daemon.read_text() == '{"ipv6": true}'
    assert not (tmp_path / "etc/docker/certs.d").exists()


CANARY = "touch {canary}"
BREAKING = (
    *("HOLDFAST\n{0}\n", "EOF\n{0}\n", "'; {0}; '", "$({0})", "`{0}`", '"; {0}; "', "\n{0}\n"),
    *("\\'; {0} #", "%s\\n'\n{0}\n", "-n {0}", "\r\n{0}\r\n", "\u2028{0}\u2028", "é\t'{0}\\"),
)


@pytest.mark.parametrize("breaking", BREAKING)
@pytest.mark.parametrize("present", [True, False])
def test_no_text_leaves_its_quotes(breaking: str, present: bool, tmp_path: Path) -> None:
    """Whatever a setting holds, the shell takes it as a text: nothing of it runs."""
    text = breaking.format(CANARY.format(canary=tmp_path / "canary"))
    folder = tmp_path / text.replace("/", "_")
    made = Plan(
        text,
        text,
        (
            ClientFile(f"{folder}/whole", text),
            ClientFile(f"{folder}/shared", text, how="json"),
            ClientFile(f"{folder}/empty", ""),
        ),
        (str(folder),),
        (("true", text),),
        (text,),
    )
    _sh(script(made, present=True))
    assert (folder / "whole").read_bytes() == f"{text.rstrip(chr(10))}\n".encode()
    if not present:
        (folder / "shared").write_text("more")
        _sh(script(made, present=False))
        assert not (folder / "whole").exists()
        assert (folder / "shared").exists()
    assert not (tmp_path / "canary").exists()


@settings(deadline=None)  # a shell on a busy machine
@given(text=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])))
def test_any_text_arrives_as_it_is(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        _sh(script(Plan("x", text, (ClientFile(str(path), text),), notes=(text,))))
        assert path.read_bytes() == f"{text.rstrip(chr(10))}\n".encode()
        assert len(list(Path(folder).iterdir())) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"mirror_of": 'docker.io"\n[other]'},
        {"mirror_of": "../../../etc/cron.d"},
        {"mirror_of": "docker.io/../x"},
        {"mirror_of": "docker.io; reboot"},
        {"home": "root"},
        {"home": "/root\nx"},
        {"login": ("a:b", "c")},
        {"login": ("a", "c\nd")},
        {"authority": "registry.example.com/\n"},
    ],
)
def test_what_would_be_another_line_or_path_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected"):
        replace(PLAIN, **changes)


def _moved(made: Plan, root: Path, *, present: bool = True) -> str:
    files = tuple(replace(file, path=f"{root}{file.path}") for file in made.files)
    folders = tuple(f"{root}{folder}" for folder in made.folders)
    return script(replace(made, files=files, folders=folders), present=present)


def _sh(text: str) -> None:
    subprocess.run(["sh"], input=text.encode(), check=True, capture_output=True)


def test_a_mirror_at_a_path_is_asked_there() -> None:
    docker = plan("docker", Access(NAME, mirror_of="docker.io", path="hub"))
    assert f"https://{NAME}/hub" in docker.files[0].content
    access = Access(NAME, mirror_of="quay.io", path="team")
    conf = written.registries_conf("quay.io", access.location)
    assert f'[[registry.mirror]]\nlocation = "{NAME}/team"' in conf
    hosts = written.hosts_toml(access, "/certs", "quay.io").splitlines()
    assert f'[host."https://{NAME}/v2/team"]' in hosts
    assert "  override_path = true" in hosts
    assert "override_path" not in written.hosts_toml(access, "/certs")
    mirrors = written.registries_yaml(access, "/certs")["mirrors"]
    assert mirrors == {"quay.io": {"endpoint": [f"https://{NAME}/v2/team"]}}
    assert f'mirrors = ["{NAME}/team"]' in written.buildkitd_toml(access, "/certs")
