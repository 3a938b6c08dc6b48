"""Interpret variables of other programs: of AWS, Google, Azure, proxies and tracing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from holdfast.importing.entry import Entry, Variable
from holdfast.settings.placeholder import placeholder

KEYS = {
    "AWS_ACCESS_KEY_ID": ("s3", "accesskey"),
    "AWS_SECRET_ACCESS_KEY": ("s3", "secretkey"),
    "AWS_REGION": ("s3", "region"),
    "AWS_DEFAULT_REGION": ("s3", "region"),
    "GOOGLE_APPLICATION_CREDENTIALS": ("gcs", "keyfile"),
    "AZURE_CLIENT_ID": ("azure", "credentials.clientid"),
    "AZURE_TENANT_ID": ("azure", "credentials.tenantid"),
    "AZURE_CLIENT_SECRET": ("azure", "credentials.secret"),
}
"""Driver and key that a cloud's own variable sets, if the key is not given."""

ELSEWHERE = {
    "AWS_PROFILE": "the access key of a profile",
    "AWS_DEFAULT_PROFILE": "the access key of a profile",
    "AWS_SHARED_CREDENTIALS_FILE": "the access key of a credentials file",
    "AWS_CONFIG_FILE": "the access key of a configuration file",
    "AWS_ROLE_ARN": "an access key in place of a role",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "an access key in place of a role",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "an access key in place of a role",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "an access key in place of a role",
}
"""Variables that name the location of an access key, which an import cannot read."""

INSTEAD = {"keyfile": ("storage.gcs.credentials",)}
"""Keys that replace a key, so that it is ignored."""

OUTBOUND = {"HTTPS_PROXY": "proxy", "HTTP_PROXY": "proxy", "NO_PROXY": "no_proxy"}
"""Settings registry_outbound_* that variables of a proxy become, in any case of their names."""

REASONS: tuple[tuple[str, str], ...] = (
    (r"(?i:all_proxy|ftp_proxy)", "the registry reads HTTPS_PROXY and NO_PROXY"),
    (r"OTEL_\w+", "no traces are sent: the registry's unit has no network for them"),
    (r"SSL_CERT_(FILE|DIR)|AWS_CA_BUNDLE", "give the root in registry_service_ca"),
    (r"AWS_SESSION_TOKEN", "keys of a session end with it: give an access key that lasts"),
    (r"AWS_ENDPOINT_URL\w*", "the registry does not read it: storage.s3.regionendpoint is its key"),
    (r"(AWS|GOOGLE|GCS|AZURE|MSI|IDENTITY)_\w+", "the registry's unit does not have it"),
    (r"GO(MAXPROCS|MEMLIMIT|GC|DEBUG|TRACEBACK)", "registry_service_* bounds the registry's unit"),
    (r"registry_\w+", "the registry reads names in upper case alone"),
)
"""Reasons why variables of other programs have no setting, by pattern."""

DEFAULT = "the registry does not read it"


def entries(variables: Iterable[Variable], before: Iterable[Entry]) -> list[Entry]:
    """Return an entry for each variable of another program: a key, or the reason."""
    known = {entry.path: entry for entry in before if not entry.reason}
    found, given = [], list(variables)
    secure = any(one.name.upper() == "HTTPS_PROXY" and not one.reason for one in given)
    for one in given:
        made = _outbound(one, known, secure=secure) or _entry(one, known)
        if not made.reason:
            known[made.path] = made
        found.append(made)
    return [*found, *_azure(known)]


def _outbound(one: Variable, known: dict[str, Entry], *, secure: bool) -> Entry | None:
    """Return the entry of a proxy's variable; None for another one."""
    key = OUTBOUND.get(one.name.upper())
    if key is None or one.reason:
        return None
    if secure and one.name.upper() == "HTTP_PROXY":
        return one.refused("one proxy is for all: that of HTTPS_PROXY")
    path = f"outbound.{key}"
    if path in known:
        return one.refused(f"{known[path].name} is given")
    return one.sets(path, one.text)


def _entry(one: Variable, known: dict[str, Entry]) -> Entry:
    if one.reason:
        return one.refused(one.reason)
    driver, key = KEYS.get(one.name, ("", ""))
    if one.name in ELSEWHERE:
        driver, key = "s3", "accesskey"
    if not driver:
        return one.refused(_reason(one.name))
    used = _used(driver, known)
    path = f"storage.{used}.{key}"
    if not used:
        return one.refused(f"storage.{driver} is not in use")
    if any(other in known for other in (path, *INSTEAD.get(key, ()))):
        return one.refused(f"{path} is given")
    value = placeholder(f"{ELSEWHERE[one.name]}, {one.name}") if one.name in ELSEWHERE else one.text
    return one.sets(path, value)


def _used(driver: str, known: dict[str, Entry]) -> str:
    names = (driver, f"{driver}aws")
    return next((n for n in names if any(p.startswith(f"storage.{n}.") for p in known)), "")


def _reason(name: str) -> str:
    return next((why for pattern, why in REASONS if re.fullmatch(pattern, name)), DEFAULT)


def _azure(known: dict[str, Entry]) -> list[Entry]:
    """Return the type of credentials that the variables of an application's secret imply."""
    at = "storage.azure.credentials."
    secret, kind = known.get(f"{at}secret"), known.get(f"{at}type")
    if secret is None or not secret.name.startswith("AZURE_"):
        return []
    if kind is not None and kind.value != "default_credentials":
        return []
    return [Entry(f"{at}type", "client_secret", secret.file, secret.line, secret.name)]
