from pathlib import Path

import pytest

from lorag.library.database import Database


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "library.db") as opened:
        yield opened
