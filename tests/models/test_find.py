import pytest

from lorag.errors import ModelError
from lorag.models.find import BUILTIN, builtin_model, find_model
from tests.tiny_gguf import write_tiny_gguf

needs_builtin = pytest.mark.skipif(builtin_model() is None, reason="this checkout has no built-in model")


@needs_builtin
def test_the_built_in_model_is_found_by_the_name_that_answers_carry(tmp_path):
    builtin = find_model(BUILTIN, tmp_path)

    assert find_model(builtin.stem, tmp_path) == builtin
    assert find_model(builtin.name.upper(), tmp_path) == builtin


@needs_builtin
def test_a_file_of_ones_own_goes_before_the_built_in_model_of_the_same_name(tmp_path):
    own = write_tiny_gguf(tmp_path / find_model(BUILTIN, tmp_path).name)

    assert find_model(own.stem, tmp_path) == own


@needs_builtin
def test_a_name_that_is_almost_the_built_in_models_is_told_it(tmp_path):
    name = find_model(BUILTIN, tmp_path).stem

    with pytest.raises(ModelError, match=f"did you mean {name}"):
        find_model(name[:-1], tmp_path)
