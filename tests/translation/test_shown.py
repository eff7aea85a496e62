"""Errors as they reach a person in the shell and in the plain chat."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lorag.cli.main import main
from tests.test_startup import HEAVY
from tests.tiny_gguf import tiny_folder, write_tiny_gguf


@pytest.fixture
def korean_locale(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")


@pytest.mark.usefixtures("korean_locale")
def test_the_shell_speaks_the_language_of_the_locale(monkeypatch, capsys):
    monkeypatch.setenv("LORAG_TOP_P", "7")

    assert main(["config"]) == 2

    assert capsys.readouterr().err == "lorag: environment: LORAG_TOP_P = '7': 1 이하여야 합니다\n"


@pytest.mark.usefixtures("korean_locale")
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["ask", "--fly"], "모르는 인자입니다: --fly. 도움말: lorag ask --help"),
        (["--fly"], "모르는 인자입니다: --fly. 도움말: lorag --help"),
        (["search"], "필요한 인자가 없습니다: QUERY. 도움말: lorag search --help"),
        (["ask", "--seed"], "--seed: 값이 하나 필요합니다. 도움말: lorag ask --help"),
        (["ask", "--path"], "--path: 값이 하나 필요합니다. 도움말: lorag ask --help"),
        (["ask", "--seed", "x"], "--seed: 정수여야 하는데 'x' 값입니다. 도움말: lorag ask --help"),
        (["ask", "--temperature", "x"], "--temperature: 숫자여야 하는데 'x' 값입니다. 도움말: lorag ask --help"),
        (["ask", "--rag", "--no-rag"], "--no-rag: --rag 옵션과 함께 쓸 수 없습니다. 도움말: lorag ask --help"),
        (["ask", "--rag=1"], "--rag: 값을 받지 않는 옵션인데 '1' 값이 붙었습니다. 도움말: lorag ask --help"),
        (
            ["advise", "--lang", "fr"],
            "--lang: 'fr' 값은 쓸 수 없습니다. 고를 수 있는 것: 'en', 'ko'. 도움말: lorag advise --help",
        ),
    ],
)
def test_a_wrong_command_line_is_told_in_korean(arguments: list[str], shown: str, capsys):
    with pytest.raises(SystemExit):
        main(arguments)

    assert capsys.readouterr().err == f"lorag: {shown}\n"


@pytest.mark.usefixtures("korean_locale")
def test_a_program_that_asks_for_json_reads_errors_as_they_were_raised(monkeypatch, capsys):
    monkeypatch.setenv("LORAG_TOP_P", "7")

    assert main(["config", "--json"]) == 2

    assert capsys.readouterr().err.endswith("input should be less than or equal to 1\n")


@pytest.mark.usefixtures("korean_locale")
def test_a_file_that_cannot_be_read_has_its_reason_in_korean(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LORAG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "empty.md").touch()

    assert main(["add", str(tmp_path / "empty.md")]) == 1
    assert main(["list", "--failed"]) == 0

    assert capsys.readouterr().out.count("빈 파일입니다") == 2


@pytest.mark.usefixtures("korean_locale")
def test_a_format_that_cannot_be_read_is_named_in_korean(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LORAG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "letter.rtf").write_text("{\\rtf1 hello}")

    assert main(["add", str(tmp_path / "letter.rtf")]) == 1

    assert "RTF 문서. .docx 로 저장해 쓰세요" in capsys.readouterr().out


@pytest.mark.usefixtures("korean_locale")
def test_a_library_that_is_none_is_told_in_korean_to_the_end(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LORAG_DATA_DIR", str(tmp_path))
    (tmp_path / "library.db").write_text("no database at all " * 100)

    assert main(["list"]) == 1

    assert "읽을 수 있는 라이브러리가 아닙니다(데이터베이스가 아닌 파일)" in capsys.readouterr().err


@pytest.mark.usefixtures("korean_locale")
def test_a_search_without_a_good_passage_says_so_in_korean(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LORAG_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "cat.md").write_text("The cat of the office is called Miso.")
    main(["add", str(tmp_path / "cat.md")])
    capsys.readouterr()

    assert main(["search", "xyzzyqwv"]) == 3

    said = capsys.readouterr().err
    assert said.startswith("lorag: 관련된 내용을 찾지 못했습니다: 약하게 맞는 조각 1개는 뺐습니다.")


def test_the_plain_chat_speaks_the_language_of_the_locale(tmp_path: Path):
    model = tiny_folder() / "tiny.gguf"
    if not model.exists():
        write_tiny_gguf(model)
    settings = {"LORAG_DATA_DIR": str(tmp_path), "LORAG_MODEL": str(model), "LC_ALL": "ko_KR.UTF-8", "PYTHONUTF8": "1"}

    done = subprocess.run(
        [sys.executable, "-m", "lorag", "chat", "--plain", "--no-rag"],
        input="/model nowhere\n",
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "lorag: nowhere: 그런 모델 파일이 없고" in done.stderr


@pytest.mark.parametrize(("language", "tables"), [("en_US.UTF-8", False), ("ko_KR.UTF-8", True)])
def test_the_tables_are_loaded_only_for_an_error_in_korean(language: str, tables: bool):
    code = (
        "import json, sys\n"
        "from lorag.cli.main import main\n"
        "main(['search', ''])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    environment = {**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"}

    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    loaded = json.loads(run.stdout.splitlines()[-1])
    assert ("lorag.translation.korean_core" in loaded) is tables


def test_a_translation_imports_nothing_heavy():
    code = (
        "import json, sys\n"
        "from lorag.translation.translate import in_language\n"
        "in_language('it is empty', 'ko')\n"
        "print(json.dumps(sorted(sys.modules)))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert {module.split(".")[0] for module in json.loads(run.stdout)} & HEAVY == set()
