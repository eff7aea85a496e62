"""From parsed arguments to settings: the one way in for every command."""

import argparse
import os

from lorag.settings import LoadedSettings, Settings, load_settings


def load_from(arguments: argparse.Namespace) -> LoadedSettings:
    """Read the settings; a flag whose destination is a setting's name overrides that setting."""
    flags = {name: value for name, value in vars(arguments).items() if name in Settings.model_fields}
    loaded = load_settings(flags, getattr(arguments, "flag_names", {}))
    if loaded.settings.offline:
        # Hugging Face libraries look for updates on every load unless they are told not to.
        os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    return loaded


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Read the settings when their origins do not matter."""
    return load_from(arguments).settings
