"""The documents at the top level say what is there, and everything that they name exists."""

import re
from pathlib import Path

import pytest

from lorag.cli.arguments import COMMANDS

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "src" / "lorag"
PAGES = sorted({*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("models/**/*.md")})
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_readme_names_every_command():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    unnamed = [name for name in COMMANDS if f"lorag {name}" not in readme]

    assert unnamed == []


def test_the_readme_names_no_command_that_is_not_there():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    shown = set(re.findall(r"(?:^|`|\| )lorag ([a-z]+)", readme, flags=re.MULTILINE))

    assert shown - set(COMMANDS) == set()


def test_the_architecture_page_places_every_package():
    page = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")

    packages = {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}

    assert {name for name in packages if f"`{name}/`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_of_a_page_lead_somewhere(page):
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    broken = [link for link in links if not (page.parent / link).exists()]

    assert broken == []
