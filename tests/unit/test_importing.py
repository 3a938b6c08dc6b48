"""An import keeps what it cannot read as a value that the settings refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from holdfast import importing
from holdfast.errors import InputError
from holdfast.importing.report import Imported
from holdfast.releases import NEWEST
from holdfast.settings import SettingsError, parse
from holdfast.settings.weaknesses import weaknesses

HASH = "$2y${:02d}$" + "a" * 53
START = "version: 0.1\n"
RELEASE = ("3.1.1", "sha256:" + "a" * 64)
ISSUER = """
auth:
  token:
    realm: https://gitlab.example.com/jwt/auth
    service: container_registry
    issuer: gitlab
"""


def imported(folder: Path, text: str, env: str | None = None, release: bool = False) -> Imported:
    """Import the text of a file, with variables in the text of another one."""
    config, variables = folder / "config.yml", folder / "registry.env"
    config.write_text(text)
    source = importing.read(config)
    given = source.variables
    if env is not None:
        variables.write_text(env)
        given = [*given, *importing.variables.read(variables, source.files)]
    entries, gone = importing.overridden(source.entries, given)
    version, checksum = RELEASE if release else (None, None)
    target = importing.target(entries, None, version, checksum)
    return importing.imported(entries, gone, target, source.files, None)


def refused(result: Imported) -> list[str]:
    """Return what `holdfast check` would say."""
    try:
        parse(result.settings())
    except SettingsError as error:
        return [str(one) for one in error.complaints]
    return []


def results_of(result: Imported, key: str) -> list[str]:
    """Return the results of a key."""
    return [f"{one.became} {one.text}" for one in result.lines if one.key == key]


FALLS_BACK = {
    "a bucket in the endpoint's path": (
        "storage: {s3: {region: us-east-1, bucket: images,"
        " regionendpoint: https://s3.example.com/images}}",
        {"registry_storage_driver": "s3", "registry_storage_bucket": "images"},
        'registry_storage_endpoint: expected an http or https address without a path, got "https:',
    ),
    "a key file that is not here": (
        "storage: {gcs: {bucket: images, keyfile: /no/such/gcs.json}}",
        {"registry_storage_driver": "gcs", "registry_storage_bucket": "images"},
        "registry_storage_key: expected the JSON text of /no/such/gcs.json, which cannot be read",
    ),
    "no region": (
        "storage: {s3: {bucket: images, accesskey: a, secretkey: b}}",
        {"registry_storage_driver": "s3", "registry_storage_bucket": "images"},
        "registry_storage_region: expected a region such as eu-central-1, got a placeholder",
    ),
    "no bucket": (
        "storage: {s3: {region: eu-central-1}}",
        {"registry_storage_driver": "s3"},
        "registry_storage_bucket: expected the name of a bucket, 3 to 63",
    ),
    "a bucket that is none": (
        "storage: {s3: {region: eu-central-1, bucket: [a]}}",
        {"registry_storage_driver": "s3"},
        "registry_storage_bucket: expected a text, got a placeholder",
    ),
    "one key of two": (
        "storage: {s3: {region: eu-central-1, bucket: images, accesskey: a}}",
        {"registry_storage_driver": "s3", "registry_storage_access_key": "a"},
        "registry_storage_secret_key: expected to be given together",
    ),
    "an account without its key": (
        "storage: {azure: {accountname: images, container: registry}}",
        {"registry_storage_driver": "azure", "registry_storage_account": "images"},
        "registry_storage_account_key: expected a value",
    ),
    "a driver that there is not": (
        "storage: {swift: {authurl: https://k.example.com, username: u, container: c}}",
        {},
        "registry_storage_driver: expected filesystem, s3, gcs or azure, for there is no driver",
    ),
    "a driver with a slip": (
        "storage: {filesytem: {rootdirectory: /data}}",
        {},
        "registry_storage_driver: expected filesystem, s3, gcs or azure, for there is no driver",
    ),
    "a header that cannot be sent": (
        "storage: {filesystem: {}}\nlog: {level: error}\nnotifications: {endpoints: [{name: ci,"
        " url: https://ci.example.com/x, headers: {Authorization: ['Bearer é']}}]}",
        {},
        "registry_notifications_endpoints[0].headers[0].value: expected 1 to 4096 printable",
    ),
    "an authority of clients that is not here": (
        "storage: {filesystem: {}}\nhttp: {tls: {certificate: /a, key: /b, clientcas: [/no/ca]}}",
        {"registry_mtls_verify": "require"},
        "registry_mtls_ca: expected the certificates of /no/ca, which cannot be read here",
    ),
    "an issuer's keys that are not here": (
        "storage: {filesystem: {}}" + ISSUER + "    rootcertbundle: /no/bundle.crt",
        {"registry_auth_mode": "external_token", "registry_auth_issuer": "gitlab"},
        "registry_auth_keys: expected the issuer's public keys, which are in /no/bundle.crt",
    ),
    "a CDN's key that is not here": (
        "storage: {s3: {region: eu-central-1, bucket: images}, redirect: {disable: false}}\n"
        "middleware: {storage: [{name: cloudfront, options: {baseurl: https://cdn.example.com,"
        " keypairid: KEYPAIR, privatekey: /no/cf.pem}}]}",
        {"registry_cdn_mode": "cloudfront"},
        "registry_cdn_private_key: expected the text of /no/cf.pem, which cannot be read here",
    ),
    "a cache's address with a scheme": (
        "storage: {filesystem: {}, cache: {blobdescriptor: redis}}\n"
        "redis: {addr: 'redis://cache:6379', db: 1}",
        {"registry_cache_mode": "external", "registry_cache_db": 1},
        "registry_cache_addresses[0]: expected a name or an address with a port, got"
        ' "redis://cache:6379"',
    ),
}


@pytest.mark.parametrize("case", FALLS_BACK)
def test_what_cannot_be_read_is_kept_for_check_to_refuse(case: str, tmp_path: Path) -> None:
    text, kept, refusal = FALLS_BACK[case]
    result = imported(tmp_path, START + text)
    assert kept.items() <= result.variables.items()
    complaints = refused(result)
    assert [one for one in complaints if one.startswith(refusal)], complaints
    importing.write(result, tmp_path / "acme", "config.yml")
    written = (tmp_path / "acme/group_vars/registry/main.yml").read_text()
    assert kept.keys() <= yaml.safe_load(written).keys()


def test_a_cache_keeps_the_true_reason(tmp_path: Path) -> None:
    text = FALLS_BACK["a cache's address with a scheme"][0]
    result = imported(tmp_path, START + text)
    (line,) = results_of(result, "redis.addr")
    assert "expected a name or an address with a port" in line
    assert not [one for one in result.lines if "no use without" in one.text]


def test_images_are_where_the_registry_keeps_them_by_itself(tmp_path: Path) -> None:
    for text in ("storage: {filesystem: {}}", "storage: filesystem", "log: {level: info}"):
        result = imported(tmp_path, START + text)
        assert result.variables["registry_storage_directory"] == "/var/lib/registry"
        assert refused(result) == []


def test_an_issuer_has_a_setting_for_each_key(tmp_path: Path) -> None:
    data = Path(__file__).parents[1] / "corpus"
    (tmp_path / "bundle.crt").write_text((data / "issuer.crt").read_text())
    text = f"{START}storage: {{filesystem: {{}}}}{ISSUER}"
    text += "    rootcertbundle: bundle.crt\n    signingalgorithms: [RS256, ES256]\n"
    text += "    autoredirect: false\n    autoredirectpath: /jwt\n"
    result = imported(tmp_path, text, release=True)
    assert refused(result) == []
    found = {k: v for k, v in result.variables.items() if k.startswith("registry_auth_")}
    assert found.pop("registry_auth_keys").startswith("-----BEGIN CERTIFICATE-----")
    assert found == {
        "registry_auth_mode": "external_token",
        "registry_auth_realm": "https://gitlab.example.com/jwt/auth",
        "registry_auth_service": "container_registry",
        "registry_auth_issuer": "gitlab",
        "registry_auth_algorithms": ["RS256", "ES256"],
        "registry_auth_autoredirect": False,
    }
    importing.write(result, tmp_path / "acme", "config.yml")
    assert "admin" not in (tmp_path / "acme/group_vars/registry/main.yml").read_text()


def test_cheap_hashes_are_taken_with_a_warning(tmp_path: Path) -> None:
    lines = [f"{name}:{HASH.format(cost)}" for name, cost in (("ann", 5), ("bob", 12), ("cy", 4))]
    (tmp_path / "htpasswd").write_text("\n".join([*lines, "eve:{SHA}x"]))
    text = "storage: {filesystem: {}}\nauth: {htpasswd: {realm: x, path: htpasswd}}"
    result = imported(tmp_path, START + text)
    assert set(result.users) == {"ann", "bob", "cy"}
    assert result.variables["registry_auth_minimum_bcrypt_cost"] == 4
    (line,) = results_of(result, "user ann")
    assert "cost 5: the password must change. Run: holdfast user password ann" in line
    (warning,) = weaknesses(parse(result.settings()))
    assert "ann (5), cy (4)" in warning.text


@pytest.mark.parametrize("mode", ["htpasswd", "token"])
def test_a_cheap_hash_is_refused_unless_it_is_allowed(mode: str) -> None:
    given = {
        "registry_hostname": "r.example.com",
        "registry_distribution_source": "package",
        "registry_auth_mode": mode,
        "registry_auth_users": [{"name": "ann", "password_hash": HASH.format(5)}],
    }
    with pytest.raises(SettingsError) as caught:
        parse(given)
    assert [str(one) for one in caught.value.complaints] == [
        "registry_auth_users[0].password_hash: expected a bcrypt hash of cost 10 or more, got one"
        " of cost 5. Set a new password, or take it until then:"
        " registry_auth_minimum_bcrypt_cost: 5"
    ]
    settings = parse({**given, "registry_auth_minimum_bcrypt_cost": 5})
    assert [one.variable for one in weaknesses(settings)] == ["registry_auth_users"]


def test_an_inventory_keeps_its_secrets_out_of_git(tmp_path: Path) -> None:
    importing.write(imported(tmp_path, START + "storage: filesystem"), tmp_path / "acme", "c.yml")
    ignored = (tmp_path / "acme/.gitignore").read_text().splitlines()
    assert {"secrets/", "pki/**/*.key"} <= set(ignored)


def test_a_file_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in ("fifo", "/dev/zero"):
        text = f"storage: {{gcs: {{bucket: images, keyfile: {path}}}}}"
        assert "registry_storage_key" in refused(imported(tmp_path, START + text))[0]
        text = f"storage: filesystem\nauth: {{htpasswd: {{realm: x, path: {path}}}}}"
        assert (
            "cannot be read here"
            in results_of(imported(tmp_path, START + text), "auth.htpasswd.path")[0]
        )


PAGES: list[tuple[str, str | None, dict[str, object], dict[str, str]]] = [
    (
        "{Access-Control-Allow-Origin: ['https://UI.example.com/'],"
        " Access-Control-Allow-Credentials: [true], Access-Control-Max-Age: [1728000],"
        " X-Content-Type-Options: [nosniff], X-Team: [platform]}",
        None,
        {
            "registry_http_cors_origins": ["https://UI.example.com"],
            "registry_http_cors_credentials": True,
            "registry_extra_config": {"http": {"headers": {"X-Team": ["platform"]}}},
        },
        {
            "http.headers.Access-Control-Max-Age": "same the proxy allows those pages every",
            "http.headers.X-Content-Type-Options": "same the proxy sets it on every answer",
        },
    ),
    (
        "{Access-Control-Allow-Origin: ['*'], Access-Control-Allow-Credentials: [true]}",
        None,
        {"registry_http_cors_origins": ["*"]},
        {"http.headers.Access-Control-Allow-Credentials": "dropped browsers refuse it beside"},
    ),
    (
        "{Access-Control-Allow-Methods: [GET]}",
        "REGISTRY_HTTP_HEADERS_Access-Control-Allow-Origin=['https://ui.example.com', 'http://b']",
        {"registry_http_cors_origins": ["https://ui.example.com", "http://b"]},
        {"http.headers.Access-Control-Allow-Methods": ""},
    ),
    (
        "{Access-Control-Allow-Methods: [GET], Cache-Control: [private]}",
        None,
        {},
        {
            "http.headers.Access-Control-Allow-Methods": "dropped no effect without",
            "http.headers.Cache-Control": "dropped the proxy sets it",
        },
    ),
]


@pytest.mark.parametrize(("headers", "env", "wanted", "said"), PAGES)
def test_pages_of_other_sites_keep_their_access(
    headers: str,
    env: str | None,
    wanted: dict[str, object],
    said: dict[str, str],
    tmp_path: Path,
) -> None:
    storage = "storage: {filesystem: {rootdirectory: /images}}"
    text = f"{START}{storage}\nhttp: {{headers: {headers}}}"
    result = imported(tmp_path, text, env)
    names = ("registry_http_", "registry_extra_config")
    assert {k: v for k, v in result.settings().items() if k.startswith(names)} == wanted
    assert refused(result) == []
    for key, start in said.items():
        assert [one.startswith(start) for one in results_of(result, key)] in ([True], []), key


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("http: {headers: {A: [true]}}", {"A": ["true"]}),
        ("http: {headers: {A: [1, no]}}", {"A": ["1", "no"]}),
        (
            "http: {headers: {Access-Control-Allow-Origin: ['*']}}",
            {"Access-Control-Allow-Origin": ["*"]},
        ),
    ],
)
def test_headers_are_texts(text: str, texts: dict[str, list[str]], tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(f"{START}storage: filesystem\n{text}")
    found = {entry.path: entry.value for entry in importing.read(config).entries}
    assert found["http.headers"] == texts


def test_a_configuration_of_3_runs_the_newest_known_release() -> None:
    found = importing.target([], "3.0", None, None)
    assert found.version == NEWEST
    assert found.variables == {
        "registry_distribution_source": "release",
        "registry_distribution_version": NEWEST,
    }
    with pytest.raises(InputError, match=r"^--checksum: expected the SHA-256 of release 3\.1\.2"):
        importing.target([], "3.0", "3.1.2", None)
