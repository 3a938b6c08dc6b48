"""Configuration of each kind of client: trust, logins and mirrors.

Sources: docs.docker.com/engine/security/certificates, containers-certs.d(5),
containers-registries.conf(5), containers-auth.json(5), containerd's docs/hosts.md,
docs.k3s.io/installation/private-registry, docs.docker.com/build/buildkit/toml-configuration,
update-ca-certificates(8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from holdfast.clients import texts
from holdfast.clients.plan import Access, ClientFile, Plan
from holdfast.errors import InputError

HUB = "docker.io"


def plan(kind: str, access: Access) -> Plan:
    """Return the plan for a kind of client. Raises InputError for what it does not support."""
    if kind not in KINDS:
        raise InputError(f"{kind}: expected one of {', '.join(KINDS)}")
    return KINDS[kind](access)


def docker(access: Access) -> Plan:
    """Docker; it reads certificates at each request."""
    folder = f"/etc/docker/certs.d/{access.authority}"
    files = _pems(folder, access) + _login(f"{access.home}/.docker/config.json", access)
    after: tuple[tuple[str, ...], ...] = ()
    notes = ["docker does not verify certificates of names that resolve to 127.0.0.0/8"]
    if access.mirror_of:
        if access.mirror_of != HUB:
            raise InputError(
                f"{access.mirror_option}: docker mirrors {HUB} alone, got {access.mirror_of}."
                f" Leave the option out and pull by name: docker pull {access.location}/IMAGE"
            )
        mirrors = texts.mapping({"registry-mirrors": [f"https://{access.location}"]})
        files.append(ClientFile("/etc/docker/daemon.json", mirrors, how="json"))
        after = (("systemctl", "try-reload-or-restart", "docker"),)
        notes.append("docker sends a mirror no login: the registry has to let anybody pull")
    notes += _person(access, f"docker login {access.authority}")
    return Plan("docker", access.authority, tuple(files), (folder,), after, tuple(notes))


def podman(access: Access) -> Plan:
    """Podman, buildah and skopeo, which share their configuration."""
    folder = f"/etc/containers/certs.d/{access.authority}"
    files = _pems(folder, access) + _login(f"{access.home}/.config/containers/auth.json", access)
    if access.mirror_of:
        path = f"/etc/containers/registries.conf.d/holdfast-{_safe(access.mirror_of)}.conf"
        files.append(ClientFile(path, texts.registries_conf(access.mirror_of, access.location)))
    notes = _person(access, f"podman login {access.authority}")
    return Plan("podman", access.authority, tuple(files), (folder,), notes=notes)


def containerd(access: Access) -> Plan:
    """containerd 1.x and 2.x, alone or with Kubernetes; it reads hosts.toml at each request."""
    root = "/etc/containerd/certs.d"
    folder = f"{root}/{access.authority}"
    mode = 0o600 if access.login else 0o644
    files = _pems(folder, access)
    files.append(ClientFile(f"{folder}/hosts.toml", texts.hosts_toml(access, folder), mode))
    folders = [folder]
    if access.mirror_of:
        folders.append(f"{root}/{access.mirror_of}")
        text = texts.hosts_toml(access, folder, access.mirror_of)
        files.append(ClientFile(f"{folders[-1]}/hosts.toml", text, mode))
    notes = [
        f'config.toml has to name the folder: config_path = "{root}", below'
        " [plugins.'io.containerd.cri.v1.images'.registry] (2.x; the default since 2.2) or"
        ' [plugins."io.containerd.grpc.v1.cri".registry] (1.x)',
        f"ctr 1.x reads no config.toml: give it --hosts-dir {root}",
    ]
    secret = f"kubectl create secret docker-registry NAME --docker-server={access.authority}"
    notes += [] if access.login else [f"In Kubernetes a login is a secret: {secret} …"]
    return Plan("containerd", access.authority, tuple(files), tuple(folders), notes=tuple(notes))


def k3s(access: Access) -> Plan:
    """K3s and RKE2 agents; they read their one file at start."""
    folder = f"/etc/rancher/k3s/holdfast/{_safe(access.authority)}"
    files = _pems(folder, access)
    own = texts.registries_yaml(access, folder)
    if own:
        # JSON is YAML, and can be joined with what is there without a YAML library on the client.
        text = texts.mapping(own)
        files.append(ClientFile("/etc/rancher/k3s/registries.yaml", text, 0o600, "json"))
    notes = ("To apply it: systemctl restart k3s (k3s-agent on agents)",)
    return Plan("k3s", access.authority, tuple(files), (folder,), notes=notes)


def buildkit(access: Access) -> Plan:
    """Standalone buildkitd; docker's own builder uses docker's configuration."""
    folder = f"/etc/buildkit/certs/{_safe(access.authority)}"
    files = _pems(folder, access)
    files += _login(f"{access.home}/.docker/config.json", access)
    if text := texts.buildkitd_toml(access, folder):
        files.append(ClientFile("/etc/buildkit/buildkitd.toml", text, how="block"))
    login = _person(access, f"docker login {access.authority}")
    notes = ("To apply it: systemctl restart buildkit", *login)
    return Plan("buildkit", access.authority, tuple(files), (folder,), notes=notes)


def system(access: Access) -> Plan:
    """Programs that use the system's store: crane, cosign, oras, helm, curl, Python."""
    if access.mirror_of:
        raise InputError(
            f"{access.mirror_option}: the system's store knows no mirrors. Leave the option out and"
            f" pull by name: crane pull {access.location}/IMAGE image.tar"
        )
    path = f"/usr/local/share/ca-certificates/holdfast-{_safe(access.authority)}.crt"
    files = [ClientFile(path, access.ca)] if access.ca else []
    files += _login(f"{access.home}/.docker/config.json", access)
    known = () if access.ca else ("The system's store already trusts the registry",)
    notes = (*known, *_person(access, f"crane auth login {access.authority}"))
    after = (("update-ca-certificates",),)
    return Plan("system", access.authority, tuple(files), after=after, notes=notes)


KINDS: Mapping[str, Callable[[Access], Plan]] = {
    "docker": docker,
    "podman": podman,
    "containerd": containerd,
    "k3s": k3s,
    "buildkit": buildkit,
    "system": system,
}
"""Function that returns the plan, by kind of client."""


def _pems(folder: str, access: Access) -> list[ClientFile]:
    files = [ClientFile(f"{folder}/ca.crt", access.ca)] if access.ca else []
    if access.pair:
        files.append(ClientFile(f"{folder}/client.cert", access.pair[0]))
        files.append(ClientFile(f"{folder}/client.key", access.pair[1], 0o600))
    return files


def _login(path: str, access: Access) -> list[ClientFile]:
    if not access.login:
        return []
    text = texts.mapping({"auths": {access.authority: {"auth": texts.basic(access.login)}}})
    return [ClientFile(path, text, 0o600, "json")]


def _person(access: Access, command: str) -> tuple[str, ...]:
    return () if access.login else (f"Log in: {command} -u NAME",)


def _safe(authority: str) -> str:
    return authority.replace(":", "-").replace("/", "-")
