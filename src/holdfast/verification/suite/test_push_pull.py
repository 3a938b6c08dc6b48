"""What a registry is for."""

from __future__ import annotations

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    Image,
    RegistryError,
    two_layer_image,
)

from holdfast.issuer.rules import ANYBODY, Policy
from holdfast.settings import Settings
from holdfast.settings.auth import Open, Token
from holdfast.settings.storage import Remote
from holdfast.verification.words import told

REPOSITORY = "holdfast/verify"
pytestmark = pytest.mark.usefixtures("takes_pushes")
LOG = "Look at: journalctl -u 'holdfast-*' -n 50"


@pytest.fixture(scope="session")
def image() -> Image:
    """The same image at every run: it is sent again, and takes no new space."""
    return two_layer_image("holdfast verify")


@pytest.fixture(scope="session")
def pushed(client: Client, image: Image, settings: Settings) -> str | RegistryError:
    """The digest of the image in the registry, or why it is not there."""
    client.storage_ca = settings.service.ca or ""
    try:
        return client.push(REPOSITORY, "latest", image, again=True)
    except RegistryError as error:
        return error


@pytest.mark.check("images.push")
def test_an_image_can_be_pushed(pushed: str | RegistryError) -> None:
    assert isinstance(pushed, str), told("a push to succeed", pushed, LOG)


@pytest.mark.check("images.pull")
def test_it_comes_back_as_it_was(client: Client, image: Image, pushed: str | RegistryError) -> None:
    if not isinstance(pushed, str):
        pytest.skip("the push failed, see images.push")
    try:
        found = {ref: client.pull(REPOSITORY, ref) for ref in ("latest", pushed)}
    except RegistryError as error:
        raise AssertionError(told("a pull to succeed", error, LOG)) from error
    problems = [reference for reference, pulled in found.items() if pulled != image]
    assert not problems, told("the image that was pushed", f"another under {problems}", LOG)


@pytest.mark.check("images.own-repository")
def test_a_layer_is_given_in_its_own_repositories_alone(
    client: Client, image: Image, pushed: str | RegistryError
) -> None:
    if not isinstance(pushed, str):
        pytest.skip("the push failed, see images.push")
    found = client.request("GET", f"/v2/{REPOSITORY}-other/blobs/{max(image.blobs)}").status
    assert found in (401, 404), told("404 in a repository that has it not", found)


@pytest.mark.check("auth.layers")
def test_a_layer_is_not_given_without_a_login(
    anyone: Client, image: Image, pushed: str | RegistryError, settings: Settings
) -> None:
    if not isinstance(pushed, str):
        pytest.skip("the push failed, see images.push")
    if anybody_pulls(settings):
        pytest.skip("anybody may pull")
    found = anyone.request("GET", f"/v2/{REPOSITORY}/blobs/{max(image.blobs)}").status
    assert found == 401, told("401 without a login", found)


def anybody_pulls(settings: Settings) -> bool:
    """Tell whether the settings let anybody pull what the suite pushes."""
    auth = settings.auth
    if isinstance(auth, Token):
        rules = Policy(entry.rule for entry in auth.rules)
        return "pull" in rules.allows(ANYBODY, REPOSITORY)
    return isinstance(auth, Open) or getattr(auth, "anonymous", "none") == "pull"


@pytest.mark.check("storage.redirect")
def test_blobs_come_from_where_they_should(
    client: Client, image: Image, pushed: str | RegistryError, settings: Settings
) -> None:
    if not isinstance(pushed, str):
        pytest.skip("the push failed, see images.push")
    redirect = isinstance(settings.storage, Remote) and settings.storage.redirect
    redirect = redirect or settings.cdn.mode != "none"
    found = client.request("GET", f"/v2/{REPOSITORY}/blobs/{max(image.blobs)}").status
    wanted = "307 to the storage (registry_storage_redirect)" if redirect else "200 from here"
    assert found == (307 if redirect else 200), told(wanted, found)


@pytest.mark.check("storage.readonly")
def test_pushes_are_refused_when_they_should_be(client: Client, settings: Settings) -> None:
    found = client.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    if found.status == 202:
        client.request("DELETE", found.headers["Location"])
    readonly = settings.storage.readonly
    wanted = "405 (registry_storage_readonly)" if readonly else "202 for a new upload"
    assert found.status == (405 if readonly else 202), told(wanted, found.status)


@pytest.mark.check("images.delete")
def test_deletes_are_allowed_or_not_as_set(
    client: Client, pushed: str | RegistryError, settings: Settings, may_delete: bool
) -> None:
    if not isinstance(pushed, str):
        pytest.skip("the push failed, see images.push")
    if not may_delete:
        status = client.request("DELETE", f"/v2/{REPOSITORY}/manifests/{pushed}").status
        assert status == 401, told("401 for a delete that no rule allows", status)
        return
    allowed = settings.storage.delete
    try:
        found = client.delete(REPOSITORY, pushed)
    except RegistryError as error:
        raise AssertionError(told("an answer to a delete", error, LOG)) from error
    wanted = f"deletes to be {_named(allowed)} (registry_storage_delete)"
    assert found is allowed, told(wanted, _named(found))


def _named(allowed: bool) -> str:
    return "allowed" if allowed else "refused"
