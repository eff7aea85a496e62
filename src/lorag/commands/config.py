"""``lorag config``: every setting, its value and where it came from."""

import argparse
import json

from lorag.commands.setup import load_from


def run(arguments: argparse.Namespace) -> int:
    """Print the settings in force."""
    loaded = load_from(arguments)
    values = loaded.settings.model_dump(mode="json")
    if arguments.json:
        rows = {key: {"value": value, "source": loaded.origins[key].source} for key, value in values.items()}
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    shown = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    widths = max(map(len, shown)), min(40, max(map(len, shown.values())))
    for key, value in shown.items():
        origin = loaded.origins[key]
        where = "default" if origin.source == "default" else f"{origin.source} ({origin.name})"
        print(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {where}")
    return 0
