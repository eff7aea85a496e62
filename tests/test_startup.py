"""What each way of starting lorag imports, seen from a fresh interpreter."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "apsw", "bs4", "docx", "jinja2", "llama_cpp", "lxml", "numpy", "openpyxl", "peft", "pydantic", "pypdf", "rank_bm25",
    "rich", "sentence_transformers", "sqlite_vec", "textual", "tokenizers", "torch", "transformers",
}  # fmt: skip


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import json, sys\n"
        "from lorag.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return {module.split(".")[0] for module in json.loads(run.stdout.splitlines()[-1])}


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["no-such-command"], ["ask", "--no-such-flag"]])
def test_help_and_usage_errors_import_nothing_heavy(arguments: list[str]):
    assert imported_by(*arguments) & HEAVY == set()


def test_config_imports_neither_models_nor_the_library():
    assert imported_by("config") & (HEAVY - {"pydantic"}) == set()


@pytest.mark.parametrize("arguments", [["list"], ["add", "README.md"], ["search", "leave"]])
def test_library_commands_load_no_language_model_and_no_torch(arguments: list[str]):
    heavy = {"llama_cpp", "torch", "transformers", "sentence_transformers", "textual"}

    assert imported_by(*arguments) & heavy == set()
