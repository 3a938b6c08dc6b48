"""Check that images can be pushed, pulled and deleted."""

from __future__ import annotations

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Image,
    RegistryError,
    two_layer_image,
)

from holdfast.issuer.rules import ANYBODY, Policy
from holdfast.settings import Settings
from holdfast.verification.messages import mismatch
from holdfast.verification.skips import not_applicable, not_checked

REPOSITORY = "holdfast/verify"
pytestmark = pytest.mark.usefixtures("takes_pushes")
LOG = "Look at: journalctl -u 'holdfast-*' -n 50"


@pytest.fixture(scope="session")
def image() -> Image:
    """Return the same image at every run, so that it takes no additional space."""
    return two_layer_image("holdfast verify")


@pytest.fixture(scope="session")
def pushed(client: Client, image: Image, settings: Settings) -> str | RegistryError:
    """Push the image; return its digest, or the reason of the failure."""
    client.storage_ca = settings.service.ca or ""
    try:
        return client.push(REPOSITORY, "latest", image, again=True)
    except RegistryError as error:
        return error


@pytest.mark.check("images.push")
def test_an_image_can_be_pushed(pushed: str | RegistryError) -> None:
    assert isinstance(pushed, str), mismatch("a push to succeed", pushed, LOG)


@pytest.mark.check("images.pull")
def test_it_comes_back_as_it_was(client: Client, image: Image, pushed: str | RegistryError) -> None:
    if not isinstance(pushed, str):
        not_checked("the push failed", "See images.push")
    try:
        found = {ref: client.pull(REPOSITORY, ref) for ref in ("latest", pushed)}
    except RegistryError as error:
        raise AssertionError(mismatch("a pull to succeed", error, LOG)) from error
    problems = [reference for reference, pulled in found.items() if pulled != image]
    assert not problems, mismatch("the image that was pushed", f"another under {problems}", LOG)


@pytest.mark.check("images.own-repository")
def test_a_layer_is_given_in_its_own_repositories_alone(
    client: Client, image: Image, pushed: str | RegistryError
) -> None:
    if not isinstance(pushed, str):
        not_checked("the push failed", "See images.push")
    found = client.request("GET", f"/v2/{REPOSITORY}-other/blobs/{max(image.blobs)}").status
    assert found in (401, 404), mismatch("404 in a repository that has it not", found)


@pytest.mark.check("auth.layers")
def test_a_layer_is_not_given_without_a_login(
    anonymous: Client, image: Image, pushed: str | RegistryError, settings: Settings
) -> None:
    if not isinstance(pushed, str):
        not_checked("the push failed", "See images.push")
    if anybody_pulls(settings):
        not_applicable("anybody may pull")
    found = anonymous.request("GET", f"/v2/{REPOSITORY}/blobs/{max(image.blobs)}").status
    assert found == 401, mismatch("401 without a login", found)


def anybody_pulls(settings: Settings) -> bool:
    """Return True if the settings let everyone pull the suite's image."""
    auth = settings.auth.token
    if auth:
        rules = Policy(entry.rule for entry in auth.rules)
        return "pull" in rules.allows(ANYBODY, REPOSITORY)
    return settings.auth.open_because is not None


@pytest.mark.check("storage.redirect")
def test_blobs_come_from_where_they_should(
    client: Client, image: Image, pushed: str | RegistryError, settings: Settings
) -> None:
    if not isinstance(pushed, str):
        not_checked("the push failed", "See images.push")
    redirect = settings.storage.redirects or settings.cdn.sends_elsewhere
    found = client.request("GET", f"/v2/{REPOSITORY}/blobs/{max(image.blobs)}").status
    wanted = "307 to the storage (registry_storage_redirect)" if redirect else "200 from here"
    assert found == (307 if redirect else 200), mismatch(wanted, found)


@pytest.mark.check("storage.readonly")
def test_pushes_are_refused_when_they_should_be(client: Client, settings: Settings) -> None:
    found = client.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    if found.status == 202:
        client.request("DELETE", found.headers["Location"])
    readonly = settings.storage.readonly
    wanted = "405 (registry_storage_readonly)" if readonly else "202 for a new upload"
    assert found.status == (405 if readonly else 202), mismatch(wanted, found.status)


@pytest.mark.check("images.delete")
def test_deletes_are_allowed_or_not_as_set(
    client: Client, pushed: str | RegistryError, settings: Settings, may_delete: bool
) -> None:
    if not isinstance(pushed, str):
        not_checked("the push failed", "See images.push")
    if not may_delete:
        status = client.request("DELETE", f"/v2/{REPOSITORY}/manifests/{pushed}").status
        assert status == 401, mismatch("401 for a delete that no rule allows", status)
        return
    allowed = settings.storage.delete
    try:
        found = client.delete(REPOSITORY, pushed)
    except RegistryError as error:
        raise AssertionError(mismatch("an answer to a delete", error, LOG)) from error
    wanted = f"deletes to be {_named(allowed)} (registry_storage_delete)"
    assert found is allowed, mismatch(wanted, _named(found))


def _named(allowed: bool) -> str:
    return "allowed" if allowed else "refused"
