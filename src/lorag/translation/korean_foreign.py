"""Korean for what others say inside our errors: the system, Python, pydantic, argparse; and for reasons in a list."""

from collections.abc import Mapping
from typing import Final

SYSTEM: Final[Mapping[str, str]] = {
    "[Errno {0}] {1}: {2}": "{2}: {1!}",
    "[Errno {0}] {1}": "{1!}",
    "No such file or directory": "그런 파일이나 폴더가 없음",
    "Permission denied": "권한 없음",
    "Operation not permitted": "허용되지 않은 작업",
    "No space left on device": "디스크에 남은 공간 없음",
    "Disk quota exceeded": "디스크 할당량 초과",
    "Read-only file system": "읽기 전용 파일 시스템",
    "Is a directory": "파일이 아니라 폴더임",
    "Not a directory": "폴더가 아님",
    "Directory not empty": "비어 있지 않은 폴더",
    "File exists": "이미 있는 파일",
    "File name too long": "파일 이름이 너무 김",
    "Too many open files": "열린 파일이 너무 많음",
    "Too many levels of symbolic links": "심볼릭 링크가 너무 많이 이어짐",
    "Input/output error": "입출력 오류",
    "Cannot allocate memory": "메모리를 얻을 수 없음",
    "Invalid cross-device link": "다른 디스크로는 옮길 수 없음",
    "Text file busy": "실행 중인 파일",
    "Connection refused": "연결 거부",
    "Connection timed out": "연결 시간 초과",
}
"""Reasons of the operating system."""

PARSERS: Final[Mapping[str, str]] = {
    "Expecting value: line {0} column {1} (char {2})": "{0}행 {1}열에 값이 있어야 함",
    "Expecting ',' delimiter: line {0} column {1} (char {2})": "{0}행 {1}열에 쉼표가 있어야 함",
    "Expecting property name enclosed in double quotes: line {0} column {1} (char {2})": "{0}행 {1}열에 큰따옴표로 묶은 이름이 있어야 함",
    "Extra data: line {0} column {1} (char {2})": "{0}행 {1}열부터 남는 내용이 있음",
    "Unterminated string starting at: line {0} column {1} (char {2})": "{0}행 {1}열에서 연 문자열이 닫히지 않음",
    "Invalid value (at line {0}, column {1})": "{0}행 {1}열의 값이 틀림",
    "Expected '=' after a key in a key/value pair (at line {0}, column {1})": "{0}행 {1}열의 이름 뒤에 = 가 있어야 함",
    "File is not a zip file": "zip 파일이 아님",
    "No closing quotation": "따옴표가 닫히지 않음",
    "file is not a database": "데이터베이스가 아닌 파일",
    "database disk image is malformed": "내용이 깨진 데이터베이스",
}
"""Reasons of SQLite and of Python's readers of JSON, TOML, zip archives and command lines."""

SETTINGS: Final[Mapping[str, str]] = {
    "input should be a valid integer, unable to parse string as an integer": "정수여야 합니다",
    "input should be a valid number, unable to parse string as a number": "숫자여야 합니다",
    "input should be a valid boolean, unable to interpret input": "true 나 false 여야 합니다",
    "input should be greater than or equal to {0}": "{0} 이상이어야 합니다",
    "input should be less than or equal to {0}": "{0} 이하여야 합니다",
    "input should be greater than {0}": "{0}보다 커야 합니다",
    "input should be {0} or {1}": "쓸 수 있는 값: {0}, {1}",
}
"""Reasons of pydantic, in the small letters that the settings put them in."""

ARGUMENTS: Final[Mapping[str, str]] = {
    "the following arguments are required: {0}": "필요한 인자가 없습니다: {0}",
    "argument {0}: invalid choice: {1} (choose from {2})": "{0}: {1} 값은 쓸 수 없습니다. 고를 수 있는 것: {2}",
    "argument {0}: invalid int value: {1}": "{0}: 정수여야 하는데 {1} 값입니다",
    "argument {0}: invalid float value: {1}": "{0}: 숫자여야 하는데 {1} 값입니다",
    "argument {0}: expected one argument": "{0}: 값이 하나 필요합니다",
    "argument {0}: ignored explicit argument {1}": "{0}: 값을 받지 않는 옵션인데 {1} 값이 붙었습니다",
    "argument {0}: not allowed with argument {1}": "{0}: {1} 옵션과 함께 쓸 수 없습니다",
}
"""What argparse finds wrong with a command line."""

LISTS: Final[Mapping[str, str]] = {
    "{0#} row: {1} ({2}: {3})": "{0}행: {1!} ({2!}: {3!})",
    "{0#} row: {1} ({2}: {3}); {4}": "{0}행: {1!} ({2!}: {3!}), {4!}",
    "{0#} rows: {1} ({2}: {3})": "{0}행: {1!} ({2!}: {3!})",
    "{0#} rows: {1} ({2}: {3}); {4}": "{0}행: {1!} ({2!}: {3!}), {4!}",
    "and {0} other reasons": "그 밖의 이유 {0}가지",
    "{0}, line {1#}": "{0} {1}행",
    "{0} (line {1#})": "{0} ({1}행)",
    "{0} (line {1#}), {2}": "{0} ({1}행), {2!}",
    "embedder": "임베더",
    "tokenizer": "토크나이저",
    "way of cutting documents": "문서를 나누는 방식",
    "embedder and way of cutting documents": "임베더, 문서를 나누는 방식",
    "embedder and tokenizer": "임베더, 토크나이저",
    "way of cutting documents and tokenizer": "문서를 나누는 방식, 토크나이저",
    "embedder and way of cutting documents and tokenizer": "임베더, 문서를 나누는 방식, 토크나이저",
}
"""Reasons that stand in a list, and places."""

TEMPLATES: Final[Mapping[str, str]] = {**SYSTEM, **PARSERS, **SETTINGS, **ARGUMENTS, **LISTS}
