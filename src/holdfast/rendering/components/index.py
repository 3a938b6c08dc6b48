"""Index of the images: what `holdfast search`, `catalog` and `inspect` answer from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.rendering.accounts import INDEX_USER, PROXY_USER, REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.component import (
    LIBRARY,
    RUN,
    Account,
    Component,
    Directory,
    Process,
    Source,
    Unit,
)
from holdfast.rendering.gated import gated
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import IndexPlan

UNIT, SOCKET = "holdfast-index.service", "holdfast-index.socket"
MODULE = "index.service"
PLAN = "index/plan.json"
LISTENING = "index.sock"


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None if there is no index."""
    if not settings.index.enabled:
        return None
    account, images = _account(settings), gated(settings)
    program = (layout.run_program, MODULE, layout.current)
    place = f"{layout.index_run}/{LISTENING}"
    plan: IndexPlan = {
        "directory": images,
        "log": f"{layout.logs}/access.log",
        "database": f"{layout.index_state}/index.db",
    }
    return Component(
        "index",
        files={name: Source() for name in (PLAN, f"systemd/{UNIT}", f"systemd/{SOCKET}")},
        variables={
            "index_plan": plan,
            "index_program": program,
            "index_account": account.name,
            "index_socket": place,
            "images": images,
        },
        units=(
            Unit(SOCKET, started=True, active=True),
            Unit(
                UNIT,
                started=True,
                active=True,
                restarted_by=(PLAN, f"systemd/{UNIT}", LIBRARY, RUN),
            ),
        ),
        programs=(MODULE,),
        processes=(Process("index", ("{python}", "-I", "-B", *program, place), {}, LISTENING),),
        accounts=(account,) if account.name == INDEX_USER else (),
        directories=(
            Directory(layout.index_run, 0o700, "root", "root", "Root alone asks the index."),
            Directory(layout.index_state, 0o700, account.name, SOCKET_GROUP),
        ),
    )


def _account(settings: Settings) -> Account:
    """Return the account that reads the store: an own one, where that is possible.

    The directories that registry 2.8 makes are closed to all accounts but the registry's.
    """
    old = settings.version.startswith("2.")
    # The access log is the proxy's, and images and generations are read by the sockets' group.
    groups = (SOCKET_GROUP, PROXY_USER)
    return Account(REGISTRY_USER if old else INDEX_USER, "Container registry's index", groups)
