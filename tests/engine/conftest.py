from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lorag.engine.api import LoadRequest
from lorag.engine.client import EngineClient
from tests.tiny_gguf import tiny_gguf


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "engine.log"


@pytest_asyncio.fixture
async def engine(log_path: Path) -> AsyncIterator[EngineClient]:
    """An engine with a tiny model loaded, for this test alone."""
    async with EngineClient(log_path) as client:
        await client.load(LoadRequest(tiny_gguf(), threads=1))
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineClient]:
    """An engine that the tests of a module share: what they leave in it must not matter."""
    async with EngineClient(tmp_path_factory.mktemp("logs") / "engine.log") as client:
        yield client
