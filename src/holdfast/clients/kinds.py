"""Where each kind of client looks for what it should trust, and for mirrors.

Sources: docs.docker.com/engine/security/certificates, containers-certs.d(5),
containers-registries.conf(5), containerd's docs/hosts.md,
docs.k3s.io/installation/private-registry,
docs.docker.com/build/buildkit/toml-configuration, update-ca-certificates(8).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from holdfast.clients.plan import Access, ClientFile, Plan
from holdfast.errors import InputError

HUB = "docker.io"
HUB_SERVER = "registry-1.docker.io"
"""Where Docker Hub's images are."""


def plan(kind: str, access: Access, user: str = "NAME") -> Plan:
    """Return what a kind of client needs; InputError for what it cannot do."""
    if kind not in KINDS:
        raise InputError(f"{kind}: expected one of {', '.join(KINDS)}")
    return KINDS[kind](access, user)


def docker(access: Access, user: str) -> Plan:
    """Docker; certificates are read at each request."""
    files = _pems(f"/etc/docker/certs.d/{access.authority}", access, "ca.crt")
    after: tuple[tuple[str, ...], ...] = ()
    if access.mirror_of:
        if access.mirror_of != HUB:
            raise InputError(
                f"--mirror-of: docker mirrors {HUB} alone, got {access.mirror_of}."
                f" Pull by name: docker pull {access.authority}/IMAGE"
            )
        mirrors = json.dumps({"registry-mirrors": [f"https://{access.authority}"]})
        files.append(ClientFile("/etc/docker/daemon.json", mirrors, how="json"))
        after = (("systemctl", "reload", "docker"),)
    note = "docker takes names that resolve to 127.0.0.0/8 for insecure, and checks nothing there"
    return Plan(
        "docker", tuple(files), after, (note,), f"docker login {access.authority} -u {user}"
    )


def podman(access: Access, user: str) -> Plan:
    """Podman, buildah and skopeo, which share their configuration."""
    files = _pems(f"/etc/containers/certs.d/{access.authority}", access, "ca.crt")
    if access.mirror_of:
        text = (
            f'[[registry]]\nprefix = "{access.mirror_of}"\nlocation = "{access.mirror_of}"\n\n'
            f'[[registry.mirror]]\nlocation = "{access.authority}"\n'
        )
        folder = "/etc/containers/registries.conf.d"
        files.append(ClientFile(f"{folder}/holdfast-{_safe(access.mirror_of)}.conf", text))
    return Plan("podman", tuple(files), login=f"podman login {access.authority} -u {user}")


def containerd(access: Access, user: str) -> Plan:
    """containerd 1.x and 2.x, alone or below Kubernetes; hosts.toml is read at each request."""
    folder = f"/etc/containerd/certs.d/{access.authority}"
    pems = _pems(folder, access, "ca.crt")
    trust = "".join(f"  {line}\n" for line in _containerd_trust(folder, access))
    host = f'[host."https://{access.authority}"]\n'
    own = f'server = "https://{access.authority}"\n\n{host}{trust}'
    files = [*pems, ClientFile(f"{folder}/hosts.toml", own)]
    if access.mirror_of:
        server = HUB_SERVER if access.mirror_of == HUB else access.mirror_of
        text = f'server = "https://{server}"\n\n{host}  capabilities = ["pull", "resolve"]\n{trust}'
        files.append(ClientFile(f"/etc/containerd/certs.d/{access.mirror_of}/hosts.toml", text))
    notes = (
        'config.toml has to name the folder: config_path = "/etc/containerd/certs.d" below'
        ' [plugins."io.containerd.cri.v1.images".registry] (2.x) or'
        ' [plugins."io.containerd.grpc.v1.cri".registry] (1.x)',
        "ctr does not read config.toml: give it --hosts-dir /etc/containerd/certs.d",
    )
    return Plan(
        "containerd", tuple(files), (), notes, f"nerdctl login {access.authority} -u {user}"
    )


def k3s(access: Access, user: str) -> Plan:
    """K3s; its one file is read when it starts."""
    folder = f"/etc/rancher/k3s/holdfast/{access.authority}"
    files = _pems(folder, access, "ca.crt")
    tls = {"ca_file": f"{folder}/ca.crt"} if access.ca else {}
    if access.pair:
        tls |= {"cert_file": f"{folder}/client.cert", "key_file": f"{folder}/client.key"}
    own: dict[str, object] = {"configs": {access.authority: {"tls": tls}}} if tls else {}
    if access.mirror_of:
        own["mirrors"] = {access.mirror_of: {"endpoint": [f"https://{access.authority}"]}}
    if own:
        # JSON is YAML, and can be joined with what is there without a YAML library on the client.
        file = ClientFile("/etc/rancher/k3s/registries.yaml", json.dumps(own), 0o600, "json")
        files.append(file)
    secret = f"kubectl create secret docker-registry registry --docker-server={access.authority}"
    notes = ("Take it up: systemctl restart k3s (k3s-agent on agents)",)
    return Plan("k3s", tuple(files), (), notes, f"{secret} --docker-username={user}")


def buildkit(access: Access, user: str) -> Plan:
    """buildkitd alone; docker's own builder goes by docker's configuration."""
    folder = f"/etc/buildkit/certs/{access.authority}"
    files = _pems(folder, access, "ca.crt")
    lines = [f'[registry."{access.authority}"]'] if access.ca or access.pair else []
    lines += [f'  ca = ["{folder}/ca.crt"]'] if access.ca else []
    if access.pair:
        lines += [f'  [[registry."{access.authority}".keypair]]']
        lines += [f'    cert = "{folder}/client.cert"', f'    key = "{folder}/client.key"']
    if access.mirror_of:
        lines += [f'[registry."{access.mirror_of}"]', f'  mirrors = ["{access.authority}"]']
    if lines:
        text = "\n".join(lines) + "\n"
        files.append(ClientFile("/etc/buildkit/buildkitd.toml", text, how="block"))
    notes = ("Take it up: systemctl restart buildkit",)
    return Plan("buildkit", tuple(files), (), notes, f"docker login {access.authority} -u {user}")


def system(access: Access, user: str) -> Plan:
    """Everything that asks the system's store: crane, cosign, oras, helm, curl, Python."""
    if access.mirror_of:
        raise InputError("--mirror-of: the system's store knows no mirrors. Take another kind")
    path = f"/usr/local/share/ca-certificates/holdfast-{_safe(access.authority)}.crt"
    files = (ClientFile(path, access.ca),) if access.ca else ()
    notes = () if access.ca else ("The system's authorities vouch for it already",)
    after = (("update-ca-certificates",),)
    return Plan("system", files, after, notes, f"crane auth login {access.authority} -u {user}")


KINDS: Mapping[str, Callable[[Access, str], Plan]] = {
    "docker": docker,
    "podman": podman,
    "containerd": containerd,
    "k3s": k3s,
    "buildkit": buildkit,
    "system": system,
}
"""How each kind of client is set up."""


def _pems(folder: str, access: Access, name: str) -> list[ClientFile]:
    files = [ClientFile(f"{folder}/{name}", access.ca)] if access.ca else []
    if access.pair:
        files.append(ClientFile(f"{folder}/client.cert", access.pair[0]))
        files.append(ClientFile(f"{folder}/client.key", access.pair[1], 0o600))
    return files


def _containerd_trust(folder: str, access: Access) -> list[str]:
    found = [f'ca = "{folder}/ca.crt"'] if access.ca else []
    pair = f'[["{folder}/client.cert", "{folder}/client.key"]]'
    return [*found, *([f"client = {pair}"] if access.pair else [])]


def _safe(authority: str) -> str:
    return authority.replace(":", "-").replace("/", "-")
