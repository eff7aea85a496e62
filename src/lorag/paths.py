"""Where lorag keeps what it writes; nothing here creates anything."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataPaths:
    """The places below one data folder."""

    root: Path

    @property
    def library(self) -> Path:
        """The SQLite file with documents, indexes and chats."""
        return self.root / "library.db"

    @property
    def models(self) -> Path:
        """The folder a user drops GGUF files into."""
        return self.root / "models"

    @property
    def adapters(self) -> Path:
        """One folder per LoRA adapter."""
        return self.root / "adapters"

    @property
    def runs(self) -> Path:
        """One folder per training run: its data, checkpoints and report."""
        return self.root / "runs"

    @property
    def logs(self) -> Path:
        """What the engine process and llama.cpp print."""
        return self.root / "logs"
