"""One engine for all tests of training, and helpers that speak to it as training does."""

import pytest

from lorag.engine.api import LoadRequest
from lorag.engine.blocking import BlockingEngine
from lorag.prompts.messages import Segment


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    with BlockingEngine(tmp_path_factory.mktemp("logs") / "engine.log") as running:
        yield running


@pytest.fixture
def load(engine):
    def load_model(path):
        model = engine.load(LoadRequest(path, threads=1))
        engine.set_adapters([])
        return model

    return load_model


@pytest.fixture
def ids_of(engine, load):
    def tokens(path, text):
        load(path)
        return engine.tokenise([Segment(text, special=False)])

    return tokens
