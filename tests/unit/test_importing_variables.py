"""Every line of a file of variables has a result, in each form that people keep them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_importing import START, imported, refused, results_of

BASE = START + "storage: {filesystem: {rootdirectory: /data}}\n"
S3 = START + "storage: {s3: {bucket: images}}\n"

FORMS = {
    "env file": "REGISTRY_LOG_LEVEL=debug",
    "quoted": 'REGISTRY_LOG_LEVEL="debug"',
    "export": "export REGISTRY_LOG_LEVEL='debug'",
    "export of two": "export A=1 REGISTRY_LOG_LEVEL=debug",
    "list": "- REGISTRY_LOG_LEVEL=debug",
    "quoted list": '- "REGISTRY_LOG_LEVEL=debug"',
    "single quotes": "- 'REGISTRY_LOG_LEVEL=debug'",
    "indented list": "environment:\n\t- REGISTRY_LOG_LEVEL=debug",
    "mapping": "REGISTRY_LOG_LEVEL: debug",
    "mapping below": "environment:\n  REGISTRY_LOG_LEVEL: 'debug'",
    "list of mappings": "- REGISTRY_LOG_LEVEL: debug",
    "names and values": "- name: REGISTRY_LOG_LEVEL\n  value: debug",
    "env of a pod": "env:\n  - {name: REGISTRY_LOG_LEVEL, value: debug}",
    "flag": "-e REGISTRY_LOG_LEVEL='debug' \\",
    "flags": "docker run \\\n  -e A=1 --env REGISTRY_LOG_LEVEL=debug \\\n  registry:2",
    "long flag": "podman run --env=REGISTRY_LOG_LEVEL=debug registry:2",
    "flag and value apart": "docker run -e \\\n  REGISTRY_LOG_LEVEL=debug \\\n  registry:2",
    "in a command": "env A=1 \\\n  REGISTRY_LOG_LEVEL=debug registry serve x",
    "unit": "[Service]\nEnvironment=REGISTRY_LOG_LEVEL=debug",
    "quoted unit": '[Service]\nEnvironment="A=b c" "REGISTRY_LOG_LEVEL=debug"',
    "quadlet": "[Container]\nImage=registry:2\nEnvironment=REGISTRY_LOG_LEVEL=debug",
    "dockerfile": "FROM registry:2\nENV REGISTRY_LOG_LEVEL=debug",
    "old dockerfile": "ENV REGISTRY_LOG_LEVEL debug",
    "json": '{"REGISTRY_LOG_LEVEL": "debug"}',
    "json list": '["A=1", "REGISTRY_LOG_LEVEL=debug"]',
    "json fragment": '"REGISTRY_LOG_LEVEL=debug",\n"A=1"',
    "json pair": '"REGISTRY_LOG_LEVEL": "debug",',
    "inspect": '[{"Config": {"Image": "registry:2", "Env": ["REGISTRY_LOG_LEVEL=debug"]}}]',
    "task": '{"containerDefinitions": [{"image": "registry:2", "environment":'
    ' [{"name": "REGISTRY_LOG_LEVEL", "value": "debug"}]}]}',
    "powershell": '$env:REGISTRY_LOG_LEVEL = "debug"',
    "cmd": "set REGISTRY_LOG_LEVEL=debug",
    "fish": "set -x REGISTRY_LOG_LEVEL debug",
    "spaces": "  REGISTRY_LOG_LEVEL = debug  ",
    "byte order mark": "\ufeffREGISTRY_LOG_LEVEL=debug",
    "carriage return": "A=1\r\nREGISTRY_LOG_LEVEL=debug\r\n",
    "compose": "services: {r: {image: 'registry:2', environment: [REGISTRY_LOG_LEVEL=debug]}}",
    "two documents": "---\nREGISTRY_LOG_LEVEL: debug\n---\nA: b\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_variable_is_found_in_each_form(form: str, tmp_path: Path) -> None:
    result = imported(tmp_path, BASE, FORMS[form])
    assert result.variables.get("registry_log_level") == "debug", result.lines


RESULTS = {
    "REGISTRY_LOG_LEVEL:true": ("REGISTRY_LOG_LEVEL", "expected NAME=value or NAME: value"),
    "- REGISTRY_LOG_LEVEL:true": ("REGISTRY_LOG_LEVEL", "expected NAME=value or NAME: value"),
    "REGISTRY_LOG_LEVEL": ("REGISTRY_LOG_LEVEL", "it has no value here"),
    "REGISTRY_LOG_LEVEL:": ("REGISTRY_LOG_LEVEL", "it has no value here"),
    "REGISTRY_LOG_LEVEL=": ("REGISTRY_LOG_LEVEL", "no value"),
    "REGISTRY_LOG_LEVLE=debug": ("REGISTRY_LOG_LEVLE", "no such key: the registry ignores it"),
    "REGISTRY_HTTP_SECRET=*abc": ("REGISTRY_HTTP_SECRET", "the registry reads it as YAML"),
    "registry_log_level=debug": ("registry_log_level", "names in upper case alone"),
    "AWS_ACCESS_KEY_ID=x": ("AWS_ACCESS_KEY_ID", "storage.s3 is not in use"),
    "AWS_SESSION_TOKEN=x": ("AWS_SESSION_TOKEN", "keys of a session end"),
    "GOOGLE_APPLICATION_CREDENTIALS=/x": ("GOOGLE_APPLICATION_CREDENTIALS", "is not in use"),
    "ALL_PROXY=http://p:3128": ("ALL_PROXY", "the registry reads HTTPS_PROXY and NO_PROXY"),
    "OTEL_TRACES_EXPORTER=none": ("OTEL_TRACES_EXPORTER", "no traces are sent"),
    "TZ=Europe/Berlin": ("TZ", "the registry does not read it"),
    "EnvironmentFile=-/etc/r.env": ("EnvironmentFile", "give that file, /etc/r.env, with --env"),
    "docker run --env-file r.env registry:2": ("--env-file", "give that file, r.env, with --env"),
    "§§§ my secret": ("line 1", "expected NAME=value"),
}


@pytest.mark.parametrize("line", RESULTS)
def test_a_line_that_sets_nothing_has_the_reason(line: str, tmp_path: Path) -> None:
    key, reason = RESULTS[line]
    (found,) = results_of(imported(tmp_path, BASE, line), key)
    assert found.startswith("dropped ")
    assert reason in found
    assert "secret" not in found


PROXIES = {
    "HTTP_PROXY=http://p:3128": {"registry_outbound_proxy": "http://p:3128"},
    "https_proxy=p.example.com:3128": {"registry_outbound_proxy": "http://p.example.com:3128"},
    "HTTP_PROXY=http://a:1\nHTTPS_PROXY=http://b:1": {"registry_outbound_proxy": "http://b:1"},
    "- NO_PROXY=localhost, .corp.example": {
        "registry_outbound_no_proxy": ["localhost", ".corp.example"]
    },
}


@pytest.mark.parametrize("given", PROXIES)
def test_a_proxy_is_a_setting(given: str, tmp_path: Path) -> None:
    result = imported(tmp_path, BASE, given)
    found = {k: v for k, v in result.variables.items() if k.startswith("registry_outbound")}
    assert found == PROXIES[given]
    assert refused(result) == []


def test_the_password_of_a_proxy_is_not_shown(tmp_path: Path) -> None:
    result = imported(tmp_path, BASE, "HTTPS_PROXY=http://agent:s3cr3t@p:3128")
    assert result.variables["registry_outbound_proxy"] == "http://agent:s3cr3t@p:3128"
    (found,) = results_of(result, "HTTPS_PROXY")
    assert found.startswith("setting ")
    assert "s3cr3t" not in found


def test_the_variables_of_a_cloud_are_keys(tmp_path: Path) -> None:
    given = "AWS_ACCESS_KEY_ID=AKIA\n- AWS_SECRET_ACCESS_KEY=s3cret\nAWS_REGION=eu-central-1"
    result = imported(tmp_path, S3, given)
    assert refused(result) == []
    assert result.variables["registry_storage_access_key"] == "AKIA"
    assert result.variables["registry_storage_secret_key"] == "s3cret"
    assert result.variables["registry_storage_region"] == "eu-central-1"
    whole = S3.replace("images", "images, region: us-east-1, accesskey: a, secretkey: b")
    result = imported(tmp_path, whole, given)
    assert result.variables["registry_storage_region"] == "us-east-1"
    assert "storage.s3.region is given" in results_of(result, "AWS_REGION")[0]


def test_a_credential_that_is_elsewhere_is_missing(tmp_path: Path) -> None:
    result = imported(tmp_path, S3, "AWS_REGION=eu-west-1\nAWS_PROFILE=registry")
    assert any("access key of a profile, AWS_PROFILE" in one for one in refused(result))
    gcs = START + "storage: {gcs: {bucket: images}}"
    result = imported(tmp_path, gcs, "GOOGLE_APPLICATION_CREDENTIALS=/no/gcs.json")
    assert any("JSON text of /no/gcs.json" in one for one in refused(result))


def test_an_application_of_azure_is_its_credentials(tmp_path: Path) -> None:
    azure = "storage: {azure: {accountname: images, container: registry,"
    text = f"{START}{azure} credentials: {{type: default_credentials}}}}}}"
    given = "AZURE_CLIENT_ID=c\nAZURE_TENANT_ID=t\nAZURE_CLIENT_SECRET=s"
    result = imported(tmp_path, text, given, release=True)
    assert refused(result) == []
    assert result.variables["registry_storage_credentials"] == "client_secret"
    assert result.variables["registry_storage_client_secret"] == "s"


def test_the_last_of_two_counts_and_both_are_reported(tmp_path: Path) -> None:
    result = imported(tmp_path, BASE, "REGISTRY_LOG_LEVEL=info\nREGISTRY_LOG_LEVEL=debug")
    assert result.variables["registry_log_level"] == "debug"
    assert len(results_of(result, "REGISTRY_LOG_LEVEL")) == 2
