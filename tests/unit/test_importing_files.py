"""Files of many forms are read within bounds, or refused with what they seem to be."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path

import pytest

from holdfast import importing
from holdfast.errors import InputError
from tests.unit.test_importing import START, imported, refused, results_of

LEVELS = range(1, 12)

NOT_READ = {
    "a Compose file": "services: {web: {image: nginx}}",
    "a Compose file of version 3": "version: '3.8'\nservices: {web: {image: nginx}}",
    "a Kubernetes manifest (ConfigMap)": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
    "data: {key: value}",
    "the configuration of the old Python registry": "common: &c {loglevel: info}\n"
    "prod:\n  <<: *c\n  storage: s3\n  boto_bucket: x",
    "Harbor's harbor.yml": "hostname: h\nhttp: {port: 80}\nlog: {level: info}\n"
    "harbor_admin_password: x",
    "the configuration of zot": "distSpecVersion: 1.1.0\nstorage: {rootDirectory: /x}",
    "Quay's config.yaml": "SERVER_HOSTNAME: quay.example.com",
    "Docker's daemon.json": '{"registry-mirrors": ["https://mirror.example.com"]}',
    "k3s's registries.yaml": "mirrors: {docker.io: {endpoint: [https://m.example.com]}}",
    "a client's config.json with logins": '{"auths": {}}',
    "values of a Helm chart": "replicaCount: 1\nnodeSelector: {}",
    "a token server": "server: {addr: ':5001'}\ntoken: {issuer: x}\nusers: {}\nacl: []",
    "a mapping with the keys a, b": "a: 1\nb: 2",
    "a list": "- a\n- b",
    "a text": "hello",
    "an empty file": "# nothing",
    "version: expected 0.1, got 0.2": "version: 0.2\nstorage: {filesystem: {rootdirectory: /x}}",
}


@pytest.mark.parametrize("what", NOT_READ)
def test_another_file_is_refused_by_its_name(what: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^config.yml: .*expected") as caught:
        imported(tmp_path, NOT_READ[what])
    assert what.removesuffix(" of version 3") in str(caught.value)


BOMBS = {
    "aliases": "a0: &a0 [x, x]\n"
    + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in LEVELS),
    "merges": "m0: &m0 {a: b}\n"
    + "\n".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in LEVELS),
    "brackets": "log: {fields: {a: " + "[" * 9000 + "]" * 9000 + "}}",
    "indentation": "\n".join(" " * n + "a:" for n in range(300)),
    "a circle": "log: {fields: &a {a: *a}}",
    "a merge in a circle": "log: &a {<<: *a}",
    "keys": "log:\n  fields:\n" + "\n".join(f"    k{n}: v" for n in range(30000)),
    "bytes": "#" + "x" * (1 << 20),
    "a list as key": "? [a]\n: b",
    "an object": "log: {fields: {a: !!python/object:os.system x}}",
}


@pytest.mark.parametrize("what", BOMBS)
def test_yaml_has_bounds(what: str, tmp_path: Path) -> None:
    # Its own time: beside other tests a second of it may take ten.
    started = time.process_time()
    with pytest.raises(InputError, match="expected"):
        imported(tmp_path, START + BOMBS[what])
    assert time.process_time() - started < 20
    # The text of a variable is YAML as well.
    variable = "REGISTRY_LOG_FIELDS=" + BOMBS["brackets"].removeprefix("log: ")
    result = imported(tmp_path, START + "storage: filesystem", variable)
    assert "dropped" in results_of(result, "REGISTRY_LOG_FIELDS")[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfversion: 0.1\r\nstorage: {filesystem: {rootdirectory: /x}}\r\n",
        "version: 0.1\nstorage: {filesystem: {rootdirectory: /x}}\n".encode("utf-16"),
        b'{\n\t"version": "0.1",\n\t"storage": {"filesystem": {"rootdirectory": "/x"}}\n}',
        b"---\nversion: 0.1\nstorage: {filesystem: {rootdirectory: /x}}\n---\nversion: 0.1\n",
        b"version: 0.1\nstorage: {filesystem: {rootdirectory: /x}}\nlog: {fields: {a: 2024-99-99}}",
    ],
)
def test_bytes_of_many_systems_are_read(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_bytes(raw)
    found = {entry.path: entry.value for entry in importing.read(tmp_path / "c.yml").entries}
    assert found["storage.filesystem.rootdirectory"] == "/x"


def test_a_tab_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.yml:3: expected YAML, got a tab"):
        imported(tmp_path, "version: 0.1\nstorage:\n\tfilesystem: {}\n")


COMPOSE = """
services:
  ui:
    image: joxit/docker-registry-ui:2
    environment: {REGISTRY_TITLE: Images, REGISTRY_URL: http://registry:5000}
  registry:
    image: registry:2
    environment:
      REGISTRY_STORAGE_DELETE_ENABLED: "true"
      REGISTRY_HTTP_HOST: https://images.example.com
      REGISTRY_HTTP_SECRET: ${SECRET}
      REGISTRY_LOG_LEVEL: ${LEVEL:-warn}
      REGISTRY_STORAGE_S3_SECRETKEY: ${NOWHERE}
      REGISTRY_STORAGE: "s3: {region: eu-central-1, bucket: images, accesskey: a}"
"""


def test_a_compose_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET=" + "0" * 40)
    result = imported(tmp_path, COMPOSE)
    assert result.variables["registry_hostname"] == "images.example.com"
    assert result.variables["registry_http_secret"] == "0" * 40
    assert result.variables["registry_log_level"] == "warn"
    assert result.variables["registry_storage_delete"] is True
    (complaint,) = refused(result)
    assert complaint.startswith("registry_storage_secret_key: expected the value that")
    assert "$NOWHERE" in complaint


def test_mounts_of_a_compose_file_are_followed(tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth/htpasswd").write_text("bob:$2y$10$" + "b" * 53)
    text = """
services:
  registry:
    image: docker.io/library/registry:2.8
    environment:
      - REGISTRY_AUTH_HTPASSWD_REALM=Images
      - "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"
    volumes:
      - ./auth:/auth:ro
      - /srv/images:/var/lib/registry
"""
    result = imported(tmp_path, text)
    assert result.variables["registry_storage_directory"] == "/srv/images"
    assert list(result.users) == ["bob"]
    (tmp_path / "config.yml").write_text("version: 0.1")
    named = imported(tmp_path, text.replace("/srv/images", "images"))
    assert "volume images" in " ".join(results_of(named, "registry_storage_directory"))


def test_a_mounted_configuration_is_read_or_named(tmp_path: Path) -> None:
    text = (
        "services: {r: {image: 'registry:2', volumes: ['./r.yml:/etc/docker/registry/config.yml']}}"
    )
    with pytest.raises(InputError, match=r"is in .*r\.yml, which cannot be read here"):
        imported(tmp_path, text)
    (tmp_path / "r.yml").write_text("version: 0.1\nhttp: {host: 'https://r.example.com'}")
    assert imported(tmp_path, text).variables["registry_hostname"] == "r.example.com"
    inline = "services: {r: {image: 'registry:2', configs: [{source: c, target:"
    inline += " /etc/distribution/config.yml}]}}\nconfigs: {c: {content: 'version: 0.1\n\n"
    inline += '  http: {host: "https://i.example.com"}\'}}'
    assert imported(tmp_path, inline).variables["registry_hostname"] == "i.example.com"


KUBERNETES = """
apiVersion: v1
kind: ConfigMap
metadata: {name: registry}
data:
  config.yml: |
    version: 0.1
    storage: {s3: {region: eu-central-1, bucket: images}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {accesskey: bWluaW8=, htpasswd: ENCODED}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: registry}
spec:
  template:
    spec:
      containers:
        - name: registry
          image: registry:2
          env:
            - {name: REGISTRY_AUTH_HTPASSWD_REALM, value: Images}
            - {name: REGISTRY_AUTH_HTPASSWD_PATH, value: /auth/htpasswd}
            - name: REGISTRY_STORAGE_S3_ACCESSKEY
              valueFrom: {secretKeyRef: {name: keys, key: accesskey}}
            - name: REGISTRY_STORAGE_S3_SECRETKEY
              valueFrom: {secretKeyRef: {name: elsewhere, key: secretkey}}
"""

KUBERNETES = KUBERNETES.replace("ENCODED", b64encode(f"bob:$2y$10${'b' * 53}".encode()).decode())


def test_kubernetes_manifests_are_read(tmp_path: Path) -> None:
    result = imported(tmp_path, KUBERNETES)
    assert result.variables["registry_storage_access_key"] == "minio"
    assert list(result.users) == ["bob"]
    (complaint,) = refused(result)
    assert "registry_storage_secret_key: expected the value of secretkey in Secret elsewhere" in (
        complaint
    )
    alone = KUBERNETES.split("---", maxsplit=1)[0]
    assert imported(tmp_path, alone).variables["registry_storage_bucket"] == "images"
    with pytest.raises(InputError, match="got several, at the lines"):
        imported(tmp_path, f"{alone}---{alone}")


def test_helm_values_are_read(tmp_path: Path) -> None:
    text = """
replicaCount: 1
storage: s3
configData: {version: 0.1, http: {addr: ":5000"}, storage: {cache: {blobdescriptor: inmemory}}}
secrets:
  haSharedSecret: "0123456789abcdef0123456789abcdef"
  s3: {accessKey: minio, secretKey: not-for-you}
s3: {region: us-east-1, regionEndpoint: minio:9000, bucket: images, secure: false}
"""
    result = imported(tmp_path, text)
    assert refused(result) == []
    assert result.variables["registry_storage_endpoint"] == "http://minio:9000"
    assert result.variables["registry_storage_secret_key"] == "not-for-you"
    assert result.variables["registry_http_secret"] == "0123456789abcdef0123456789abcdef"


def test_commands_and_units_are_read(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    run = "docker run -d -p 5000:5000 \\\n  -e REGISTRY_LOG_LEVEL=debug -v /srv/i:/var/lib/registry"
    result = imported(tmp_path, run + " \\\n  registry:2\n")
    assert result.variables["registry_log_level"] == "debug"
    assert result.variables["registry_storage_directory"] == "/srv/i"
    unit = "[Service]\nEnvironment=REGISTRY_LOG_LEVEL=debug\nExecStart=/usr/bin/registry serve {}\n"
    with pytest.raises(InputError, match=r"is in /no/such\.yml, which cannot be read here"):
        imported(tmp_path, unit.format("/no/such.yml"))
    (tmp_path / "r.yml").write_text("version: 0.1\nhttp: {host: 'https://r.example.com'}")
    result = imported(tmp_path, unit.format("r.yml"))
    assert result.variables["registry_hostname"] == "r.example.com"
