from pathlib import Path

import pytest

from tests.end_to_end.support import MODELS, Shell


@pytest.fixture(params=MODELS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Return a machine with nothing on it but a model."""
    return Shell(tmp_path, str(MODELS[request.param]()))


@pytest.fixture
def tiny_shell(tmp_path: Path) -> Shell:
    """Return a machine whose model writes without end until it is stopped."""
    return Shell(tmp_path, str(MODELS["tiny"]()))
