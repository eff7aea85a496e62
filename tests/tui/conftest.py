"""A world for each test, and the certainty that nothing in the app failed unseen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lorag.tui import app as app_module
from tests.tui.support import LEAVE, World


@pytest.fixture(autouse=True)
def lasting_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no notification go before a test has seen it, however slow the machine is."""
    monkeypatch.setattr(app_module, "TOLD_SECONDS", 3600.0)
    monkeypatch.setattr(app_module, "ERROR_TOLD_SECONDS", 3600.0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an empty library; afterwards no app that ran over it may have had a fault."""
    world = World(tmp_path)
    yield world
    world.close()
    assert world.faults() == []


@pytest.fixture
def library(world: World) -> World:
    """Return a library with one document."""
    world.add("handbook.md", LEAVE)
    return world
