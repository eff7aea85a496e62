"""An empty folder and a library beside it."""

from pathlib import Path

import pytest

from tests.indexing.support import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a folder that no library follows yet."""
    folder = tmp_path / "files"
    folder.mkdir()
    return Shelf(folder, tmp_path / "library" / "library.db")
