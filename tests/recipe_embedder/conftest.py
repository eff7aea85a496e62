import sys
from pathlib import Path

import pytest

from tests.recipe_embedder.corpus import write_collections, write_corpus, write_facts, write_thesaurus

RECIPE = Path(__file__).parents[2] / "models" / "recipe"


@pytest.fixture(autouse=True)
def recipe_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the recipe's modules importable, as they are for the recipe itself."""
    monkeypatch.setattr(sys, "path", [str(RECIPE), *sys.path])


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_facts(tmp_path_factory.mktemp("written") / "facts")


@pytest.fixture(scope="session")
def thesaurus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_thesaurus(tmp_path_factory.mktemp("words") / "thesaurus")


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collections(tmp_path_factory.mktemp("asked") / "collections")
