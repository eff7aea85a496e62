"""A collection or a path that the library does not have is an error, and an empty library says that it is empty."""

import pytest

from lorag.cli.main import main


@pytest.fixture
def handbook(tmp_path, capsys):
    (tmp_path / "leave.md").write_text("Every employee has 25 days of leave a year.")
    assert main(["add", str(tmp_path / "leave.md"), "--collection", "handbook"]) == 0
    capsys.readouterr()


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize("command", [["ask", "leave"], ["search", "leave"], ["list"], ["chat", "--plain"]])
def test_an_unknown_collection_is_named_with_the_nearest(command, capsys):
    assert main([*command, "--collection", "handbok"]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "lorag: there is no collection handbok in the library; did you mean handbook?\n"


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize("command", [["ask", "leave"], ["search", "leave"], ["chat", "--plain"]])
@pytest.mark.parametrize("path", ["laeve.md", "/nowhere/at/all", "*.pdf"])
def test_a_path_without_documents_is_named(command, path, capsys):
    assert main([*command, "--path", "*.md", "--path", path]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"lorag: --path {path}: no document of the library is there; lorag list shows what is\n"


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize("path", ["leave.md", "*.md", "{folder}/leave.md", "{folder}"])
def test_files_folders_and_patterns_name_documents(path, tmp_path, capsys):
    assert main(["search", "leave", "--path", path.format(folder=tmp_path)]) == 0
    assert "25 days" in capsys.readouterr().out


@pytest.mark.usefixtures("handbook")
def test_a_file_that_is_followed_and_gone_is_a_known_path(tmp_path):
    (tmp_path / "leave.md").unlink()
    main(["sync"])

    assert main(["search", "leave", "--path", str(tmp_path / "leave.md")]) == 3


@pytest.mark.usefixtures("handbook")
def test_a_collection_whose_files_are_gone_is_known(tmp_path, capsys):
    (tmp_path / "leave.md").unlink()
    main(["sync"])

    assert main(["list", "--collection", "handbook"]) == 0


@pytest.mark.usefixtures("handbook")
def test_a_search_of_an_empty_library_says_that_it_is_empty(capsys):
    main(["remove", "--collection", "handbook"])
    capsys.readouterr()

    assert main(["search", "leave", "--collection", "handbook"]) == 3
    assert capsys.readouterr().err == "lorag: the library is empty; fill it with: lorag add FOLDER\n"


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize("name", ["caf\udce9", "two\nlines", "\x1b[31mred"])
def test_a_name_that_could_not_be_printed_is_refused(name, tmp_path, capsys):
    assert main(["add", str(tmp_path / "leave.md"), "--collection", name]) == 2

    assert capsys.readouterr().err.startswith("lorag: --collection takes a name on one line")
