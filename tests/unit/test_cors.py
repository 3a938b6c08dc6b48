"""registry_http_cors_*: the origins that can be named, and what the proxy is given of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from holdfast.rendering import render
from holdfast.settings import SettingsError, parse

GOOD = {
    "https://ui.example.com": "https://ui.example.com",
    "https://UI.example.com:443": "https://ui.example.com",
    "http://ui:80": "http://ui",
    "http://ui:443": "http://ui:443",
    "http://[::1]:8080": "http://[::1]:8080",
    "*": "*",
}
BAD = ["https://ui.example.com/", "ui.example.com", "null", "https://*.example.com", "ftp://ui", ""]
WITH_LOGIN = {"registry_http_cors_credentials": True}
TOGETHER = [
    ({"registry_http_cors_origins": ["*"], **WITH_LOGIN}, "got * with logins. With * every page"),
    ({"registry_http_cors_origins": ["*", "https://ui"]}, "expected * alone, or origins without"),
    (WITH_LOGIN, "expected the origins of the pages, got none"),
]


@pytest.mark.parametrize("given", GOOD)
def test_an_origin_is_as_browsers_write_it(flat: dict[str, Any], given: str) -> None:
    settings = parse({**flat, "registry_http_cors_origins": [given]})
    assert settings.http.cors_origins == (GOOD[given],)


@pytest.mark.parametrize("given", [*BAD, True, 5])
def test_what_no_browser_sends_is_refused(flat: dict[str, Any], given: object) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_http_cors_origins": [given]})
    assert str(caught.value).startswith("registry_http_cors_origins[0]: expected the origin of")


@pytest.mark.parametrize(("changes", "said"), TOGETHER)
def test_settings_that_contradict(flat: dict[str, Any], changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, **changes})
    assert said in str(caught.value)


def test_a_dot_is_a_dot(flat: dict[str, Any]) -> None:
    settings = parse({**flat, "registry_http_cors_origins": ["https://ui.example.com"]})
    conf = render(settings)["proxy/nginx.conf"].content
    pattern = re.search(r'"~(\S+)" \$http_origin;', conf)
    assert pattern
    assert re.fullmatch(pattern[1], "https://ui.example.com")
    assert not re.fullmatch(pattern[1], "https://uixexample.com")


def test_an_item_that_is_no_mapping_is_said(flat: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_auth_users": [["alice"]]})
    expected = "registry_auth_users[0]: expected a mapping with name, got a list"
    assert str(caught.value).startswith(expected)
