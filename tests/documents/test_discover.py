"""A folder gives the documents in it; what is passed over is counted by its reason."""

import os
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from lorag.documents.discover import Discovery, discover
from lorag.errors import DocumentError
from tests.documents.files import MAKERS

Form = Literal["NFC", "NFD"]
LIMIT = 10_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def put(folder: Path, *names: str, content: bytes = b"text") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def found(folder: Path, **options) -> list[str]:
    return [str(path.relative_to(folder)) for path in _discover(folder, **options).files]


def _discover(folder: Path, **options) -> Discovery:
    return discover([folder], max_file_bytes=LIMIT, **options)


def test_every_format_is_found_in_a_folder_and_below_it(folder: Path):
    for suffix, make in MAKERS.items():
        put(folder, f"a/b/document{suffix}", content=make())

    assert found(folder) == sorted(f"a/b/document{suffix}" for suffix in MAKERS)
    assert found(folder, recursive=False) == []


def test_hidden_binary_and_empty_files_are_counted(folder: Path):
    put(folder, "good.txt", ".env", ".git/config", "a/.hidden/b.txt")
    put(folder, "photo.png", "unknown", "program.exe", content=PNG)
    put(folder, "empty.txt", content=b"")

    discovery = _discover(folder)

    assert [path.name for path in discovery.files] == ["good.txt"]
    assert discovery.skipped == {"hidden": 3, "not a document": 3, "empty": 1}


def test_a_file_without_a_suffix_is_judged_by_its_content(folder: Path):
    put(folder, "LICENSE", content="MIT 라이선스".encode())
    put(folder, "notes", content="회의록".encode("utf-16"))
    put(folder, "core", content=bytes(1000))

    assert found(folder) == ["LICENSE", "notes"]


def test_a_file_too_large_is_counted_with_its_setting(folder: Path):
    put(folder, "large.txt", content=b"x" * 11)
    put(folder, "small.txt", content=b"x" * 10)

    discovery = discover([folder], max_file_bytes=10)

    assert [path.name for path in discovery.files] == ["small.txt"]
    assert discovery.skipped == {"larger than max_file_mb": 1}


@pytest.mark.parametrize("name", [".gitignore", ".loragignore"])
def test_ignore_files_are_obeyed_as_git_reads_them(folder: Path, name: str):
    put(folder, "build/out.txt", "src/a.txt", "src/build/b.txt", "src/c.log", "keep.log", "docs/x.txt", "docs/y.txt")
    (folder / name).write_text("# comment\n*.log\n!keep.log\n/build/\ndocs/*\n!docs/y.txt\n[\n", encoding="utf-8")

    assert found(folder) == ["docs/y.txt", "keep.log", "src/a.txt", "src/build/b.txt"]


def test_the_rules_nearest_to_a_file_win_and_lorags_win_over_gits(folder: Path):
    put(folder, "a/x.txt", "b/x.txt", "x.txt", "secret.md")
    (folder / ".gitignore").write_text("x.txt\n", encoding="utf-8")
    (folder / "a" / ".gitignore").write_text("!x.txt\n", encoding="utf-8")
    (folder / ".loragignore").write_text("secret.md\n", encoding="utf-8")

    assert found(folder) == ["a/x.txt"]
    (folder / ".loragignore").write_text("!x.txt\n", encoding="utf-8")
    assert found(folder) == ["a/x.txt", "b/x.txt", "secret.md", "x.txt"]


def test_the_rules_of_a_repository_hold_in_a_folder_inside_it(folder: Path):
    put(folder, "repository/.git/HEAD", "repository/inner/a.txt", "repository/inner/b.tmp.txt")
    (folder / "repository" / ".gitignore").write_text("*.tmp.txt\n", encoding="utf-8")
    (folder / ".gitignore").write_text("a.txt\n", encoding="utf-8")  # outside the repository: not git's to obey

    assert found(folder / "repository" / "inner") == ["a.txt"]


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
def test_a_rule_fits_a_korean_name_in_either_unicode_form(folder: Path, written: Form, named: Form):
    put(folder, unicodedata.normalize(named, "비밀문서.txt"), "공개.txt")
    rule = unicodedata.normalize(written, "비밀*\n")
    (folder / ".loragignore").write_text(rule, encoding="utf-8")

    assert found(folder) == ["공개.txt"]


def test_a_name_is_kept_as_it_is_on_disk(folder: Path):
    name = unicodedata.normalize("NFD", "휴가규정.txt")
    put(folder, name)

    assert found(folder) == [name]
    assert _discover(folder).files[0].read_bytes() == b"text"


def test_two_names_that_look_the_same_are_one_document(folder: Path):
    put(folder, unicodedata.normalize("NFD", "휴가.txt"), unicodedata.normalize("NFC", "휴가.txt"))
    if len(os.listdir(folder)) == 1:  # noqa: PTH208 - this file system holds one name alone, so nothing can be doubled
        assert len(found(folder)) == 1
    else:
        assert _discover(folder).skipped == {"same name in another Unicode form": 1}


def test_a_link_is_not_followed_so_there_is_no_loop_and_no_way_out(folder: Path, tmp_path: Path):
    put(tmp_path, "outside/private.txt")
    put(folder, "a/b.txt")
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "link.txt").symlink_to(tmp_path / "outside" / "private.txt")

    discovery = _discover(folder)

    assert [path.name for path in discovery.files] == ["b.txt"]
    assert discovery.skipped == {"symbolic link": 3}


def test_what_is_named_is_returned_even_when_a_folder_would_not_give_it(folder: Path):
    put(folder, ".hidden.txt", "ignored.txt", "photo.png")
    (folder / ".gitignore").write_text("ignored.txt\n", encoding="utf-8")
    named = [folder / name for name in (".hidden.txt", "ignored.txt", "photo.png")]

    assert list(discover(named, max_file_bytes=LIMIT).files) == sorted(named)


def test_a_file_given_twice_is_found_once(folder: Path):
    put(folder, "a.txt")

    assert discover([folder, folder / "a.txt", folder / "." / "a.txt"], max_file_bytes=LIMIT).files == (
        folder / "a.txt",
    )


def test_a_path_that_does_not_exist_is_named(folder: Path):
    with pytest.raises(DocumentError, match="nowhere cannot be read"):
        discover([folder / "nowhere"], max_file_bytes=LIMIT)


def test_a_pipe_among_the_files_is_passed_over(folder: Path):
    put(folder, "a.txt")
    os.mkfifo(folder / "pipe.txt")

    assert _discover(folder).skipped == {"not a regular file": 1}


def test_a_name_that_is_no_text_is_counted(folder: Path):
    put(folder, "a.txt")
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_bytes(b"text")
    except OSError:  # some file systems refuse such a name
        expected: dict[str, int] = {}
    else:
        expected = {"name is not UTF-8": 1}

    assert _discover(folder).skipped == expected


def test_folders_of_programs_are_passed_over(folder: Path):
    put(folder, "node_modules/x/readme.md", "__pycache__/a.txt", "a.md")

    discovery = _discover(folder)

    assert [path.name for path in discovery.files] == ["a.md"]
    assert discovery.skipped == {"ignored": 2}


def test_hundreds_of_folders_inside_each_other_are_walked(folder: Path):
    here = os.getcwd()  # noqa: PTH109
    try:
        os.chdir(folder)
        for _ in range(300):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
        Path("deep.txt").write_bytes(b"text")
    finally:
        os.chdir(here)

    assert [path.name for path in _discover(folder).files] == ["deep.txt"]
