"""Messages as they are raised and as a person reads them in Korean."""

import errno
import itertools
import json
import os
import shlex
import tomllib
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from lorag.adapters.folder import find_adapter
from lorag.commands.data_report import grouped_reasons
from lorag.errors import AdapterError, LoragError, ModelError, SettingsError
from lorag.library.meta import _NAMES as NAMES
from lorag.models.gguf import read_metadata
from lorag.settings import load_settings
from lorag.translation.korean_foreign import SYSTEM
from lorag.translation.translate import in_language, in_locale
from lorag.tuning.examples import Finding, Origin


def korean(error: object) -> str:
    return in_language(error, "ko")


def raised(action: Callable[[], object], kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        action()
    return str(caught.value)


def test_english_stays_as_it_is():
    error = LoragError("it is empty")

    assert in_language(error, "en") == "it is empty"


def test_a_message_without_a_template_is_shown_as_it_is():
    assert korean("llama_decode failed") == "llama_decode failed"


def test_a_value_is_put_where_the_translation_has_it(tmp_path):
    path = tmp_path / "모델 {0} is.gguf"

    assert korean(raised(lambda: read_metadata(path), ModelError)) == f"{path}: 없는 경로입니다"


def test_the_more_particular_template_wins():
    assert (
        korean("a.json cannot be read: x; start the run anew") == "a.json: 읽을 수 없습니다(x). 학습을 새로 시작하세요"
    )
    assert korean("a.json cannot be read: x") == "a.json: 읽을 수 없습니다(x)"


def test_the_reason_in_a_message_is_translated_too():
    message = "/b/a.pdf cannot be attached: it is damaged: its part x cannot be unpacked (Permission denied)"

    assert (
        korean(message)
        == "/b/a.pdf: 첨부할 수 없습니다(손상된 파일입니다. 내부 항목 x: 압축을 풀 수 없습니다(권한 없음))"
    )


def test_a_name_that_reads_like_a_message_is_left_alone():
    assert korean("it is empty is not a GGUF file") == "it is empty: GGUF 파일이 아닙니다"


def test_a_hint_is_translated(tmp_path):
    (tmp_path / "polite.gguf").write_bytes(b"GGUF")

    message = raised(lambda: find_adapter(tmp_path, "polit"), AdapterError)

    assert korean(message) == f"{tmp_path}: polit 어댑터가 없습니다. 혹시 이것을 찾으셨나요? polite"


@pytest.mark.parametrize(
    ("setting", "value", "shown"),
    [
        ("passages", "many", "정수여야 합니다"),
        ("passages", "0", "1 이상이어야 합니다"),
        ("top_p", "7", "1 이하여야 합니다"),
        ("top_p", "0", "0보다 커야 합니다"),
        ("temperature", "warm", "숫자여야 합니다"),
        ("rag", "perhaps", "true 나 false 여야 합니다"),
        ("quote", "maybe", "쓸 수 있는 값: 'auto', 'on', 'off'"),
    ],
)
def test_what_pydantic_says_of_a_setting_is_korean(setting: str, value: str, shown: str):
    message = raised(lambda: load_settings({setting: value}), SettingsError)

    assert korean(message) == f"--{setting.replace('_', '-')} = '{value}': {shown}"


@pytest.mark.parametrize(
    ("action", "kind", "shown"),
    [
        (lambda: json.loads(""), ValueError, "1행 1열에 값이 있어야 함"),
        (lambda: json.loads("[1 2]"), ValueError, "1행 4열에 쉼표가 있어야 함"),
        (lambda: json.loads("{a}"), ValueError, "1행 2열에 큰따옴표로 묶은 이름이 있어야 함"),
        (lambda: json.loads("1 2"), ValueError, "1행 3열부터 남는 내용이 있음"),
        (lambda: json.loads('"a'), ValueError, "1행 1열에서 연 문자열이 닫히지 않음"),
        (lambda: tomllib.loads("a = b"), ValueError, "1행 5열의 값이 틀림"),
        (lambda: tomllib.loads("a b"), ValueError, "1행 3열의 이름 뒤에 = 가 있어야 함"),
        (lambda: zipfile.ZipFile(BytesIO(b"")), zipfile.BadZipFile, "zip 파일이 아님"),
        (lambda: shlex.split("'a"), ValueError, "따옴표가 닫히지 않음"),
        (lambda: Path("/no/such/file").read_bytes(), OSError, "'/no/such/file': 그런 파일이나 폴더가 없음"),
    ],
)  # fmt: skip
def test_what_python_says_inside_a_message_is_korean(action: Callable[[], object], kind: type[Exception], shown: str):
    assert korean(f"a.json cannot be read: {raised(action, kind)}") == f"a.json: 읽을 수 없습니다({shown})"


def test_the_reasons_of_the_system_are_spelled_as_the_system_spells_them():
    spelled = {os.strerror(number) for number in errno.errorcode}

    assert {reason for reason in SYSTEM if "{" not in reason} <= spelled


def test_grouped_reasons_are_translated_one_by_one(tmp_path):
    at = Origin(tmp_path / "faq.csv", 3)
    long, empty = "9,000 characters; at most 8,000", "the answer is empty"
    findings = [
        Finding(at, "empty", empty, "dropped"),
        Finding(at, "empty", empty, "dropped"),
        Finding(at, "too long", long, "dropped"),
    ]

    message = f"none of the --test rows can be used: {grouped_reasons(findings)}"

    assert korean(message) == (
        "--test 의 행을 하나도 쓸 수 없습니다. 2행: 비어 있음 (faq.csv 3행: 답 내용이 비어 있습니다), "
        "1행: 너무 김 (faq.csv 3행: 9,000자입니다. 최대 8,000자입니다)"
    )


@pytest.mark.parametrize("n_names", [1, 2, 3])
def test_all_that_a_library_was_built_with_is_named_in_korean(n_names: int):
    for names in itertools.combinations(NAMES.values(), n_names):
        message = f"a.db was built with another {' and '.join(names)}; rebuild it with: lorag reindex"

        assert not any(name in korean(message) for name in names)


def test_the_locale_decides(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert in_locale("it is empty") == "빈 파일입니다"
