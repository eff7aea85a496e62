"""Write .env.example from the settings: ``python scripts/env_example.py``; a test compares the two."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from lorag.env_file import PREFIX
from lorag.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / ".env.example"
HEAD = """\
# Settings of lorag. Copy to .env in the folder you start lorag from, take the # off a line, and change it.
# Flags win over the environment, the environment over .env, .env over config.toml in the data folder.
# Write the same names without LORAG_ and in lower case in config.toml. `lorag config` prints what is in force.
"""


def example() -> str:
    """Return the text of .env.example."""
    lines = [HEAD.rstrip("\n")]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}", f"#{PREFIX}{name.upper()}={_written(field.default)}"]
    return "\n".join(lines) + "\n"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return "" if value is None or value is PydanticUndefined else str(value)


if __name__ == "__main__":
    TARGET.write_text(example(), encoding="utf-8")
