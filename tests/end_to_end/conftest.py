import shutil
from pathlib import Path

import pytest

from tests.end_to_end.support import LEAVE, LEAVE_KO, MODELS, Shell


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Return a machine whose library holds the leave policy in both languages; it is only copied."""
    filled = Shell(tmp_path_factory.mktemp("filled"), str(MODELS["tiny"]()))
    filled.add(filled.write("leave.md", LEAVE), filled.write("휴가 규정.md", LEAVE_KO))
    return filled


@pytest.fixture(params=MODELS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """Return a machine with nothing on it but a model."""
    return Shell(tmp_path, str(MODELS[request.param]()))


@pytest.fixture
def asked(shell: Shell, filled: Shell) -> Shell:
    """Return a machine whose library holds the leave policy, with each of the models."""
    shutil.copytree(filled.data_dir, shell.data_dir)
    return shell


@pytest.fixture
def tiny_shell(tmp_path: Path) -> Shell:
    """Return a machine whose model writes without end until it is stopped."""
    return Shell(tmp_path, str(MODELS["tiny"]()))


@pytest.fixture
def tiny_asked(tiny_shell: Shell, filled: Shell) -> Shell:
    """Return a machine whose library holds the leave policy."""
    shutil.copytree(filled.data_dir, tiny_shell.data_dir)
    return tiny_shell
