"""Read the keys that a Helm chart's values set in addition to the configuration."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from holdfast.importing.entry import Entry, Files
from holdfast.importing.yaml_text import construct, mapping

SETS = {
    "s3.region": "storage.s3.region",
    "s3.regionEndpoint": "storage.s3.regionendpoint",
    "s3.bucket": "storage.s3.bucket",
    "s3.rootdirectory": "storage.s3.rootdirectory",
    "s3.encrypt": "storage.s3.encrypt",
    "s3.secure": "storage.s3.secure",
    "s3.forcepathstyle": "storage.s3.forcepathstyle",
    "s3.skipverify": "storage.s3.skipverify",
    "secrets.s3.accessKey": "storage.s3.accesskey",
    "secrets.s3.secretKey": "storage.s3.secretkey",
    "secrets.azure.accountName": "storage.azure.accountname",
    "secrets.azure.accountKey": "storage.azure.accountkey",
    "secrets.azure.container": "storage.azure.container",
    "swift.authurl": "storage.swift.authurl",
    "swift.container": "storage.swift.container",
    "secrets.haSharedSecret": "http.secret",
    "persistence.deleteEnabled": "storage.delete.enabled",
    "proxy.remoteurl": "proxy.remoteurl",
    "proxy.username": "proxy.username",
    "proxy.password": "proxy.password",
}
"""Keys of the configuration, by the chart's values."""
HTPASSWD = "secrets.htpasswd"


def entries(node: yaml.Node, file: str, files: Files) -> Iterator[Entry]:
    """Yield the keys that a chart's values set; its htpasswd text goes to `files`."""
    if "configData" not in mapping(node, file):
        return
    driver = _at(node, "storage", file)
    kind = str(driver.value) if isinstance(driver, yaml.ScalarNode) else "filesystem"
    on = _at(node, "proxy.enabled", file)
    mirrors = isinstance(on, yaml.ScalarNode) and on.value == "true"
    for path, key in SETS.items():
        value = _at(node, path, file)
        line = value.start_mark.line + 1 if value is not None else 0
        chosen = not key.startswith("storage.") or key.split(".")[1] in (kind, "delete")
        if value is None or not chosen or (key.startswith("proxy.") and not mirrors):
            continue
        given = construct(value, file)
        if given not in ("", None):
            yield Entry(key, given, file, line, name=path)
    text = _at(node, HTPASSWD, file)
    if isinstance(text, yaml.ScalarNode) and text.value:
        files.texts["/auth/htpasswd"] = text.value
        line = text.start_mark.line + 1
        yield Entry("auth.htpasswd.realm", "Registry Realm", file, line, name=HTPASSWD)
        yield Entry("auth.htpasswd.path", "/auth/htpasswd", file, line, name=HTPASSWD)
    if kind == "filesystem":
        yield Entry("storage.filesystem.rootdirectory", "/var/lib/registry", file, 0, "storage")


def _at(node: yaml.Node, path: str, file: str) -> yaml.Node | None:
    found: yaml.Node | None = node
    for part in path.split("."):
        pair = mapping(found, file).get(part)
        found = pair[1] if pair else None
    return found
