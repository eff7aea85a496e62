"""Every failure lorag reports on purpose.

LoragError                    exit 1: something failed; the message says what, on what, and what to do
├── UsageError                exit 2: the command line or a setting is wrong
│   └── SettingsError
├── DocumentError             a file cannot be read as a document
│   └── DocumentLimitError    it is larger, longer or deeper than the limits in the settings
├── LibraryError              the library file cannot be used
│   ├── LibraryLockedError    another process is writing
│   └── LibraryMismatchError  it was built with another embedder, chunker or tokeniser
├── EmbedderError             an embedder cannot be loaded or run
├── ModelError                a GGUF file cannot be used
│   └── DownloadError         a model cannot be fetched
├── AdapterError              a LoRA adapter cannot be used
├── PromptError               what is asked cannot be put before the model
│   └── ContextOverflowError  it does not fit, even with the whole history left out
├── DatasetError              training data cannot be read or is not fit to train on
├── TrainingError             a training run cannot start or go on
└── EngineError               llama.cpp refused or failed
    └── EngineDiedError       the engine process ended; the next call starts a new one
"""


class LoragError(Exception):
    """Something failed; the message is one line fit to show to a person."""

    exit_code = 1


class UsageError(LoragError):
    """The command line or a setting is wrong."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown or has a value that cannot be used."""


class DocumentError(LoragError):
    """A file cannot be read as a document."""


class DocumentLimitError(DocumentError):
    """A file is larger, longer or more deeply nested than the settings allow."""


class LibraryError(LoragError):
    """The library file cannot be used."""


class LibraryLockedError(LibraryError):
    """Another process is writing to the library."""


class LibraryMismatchError(LibraryError):
    """The library was built with another embedder, chunker or tokeniser."""


class EmbedderError(LoragError):
    """An embedder cannot be loaded or run."""


class ModelError(LoragError):
    """A model file cannot be used."""


class DownloadError(ModelError):
    """A model cannot be fetched."""


class AdapterError(LoragError):
    """A LoRA adapter cannot be used."""


class PromptError(LoragError):
    """What is asked cannot be put before the model."""


class ContextOverflowError(PromptError):
    """The question does not fit the model's context, even with the whole history left out."""


class DatasetError(LoragError):
    """Training data cannot be read or is not fit to train on."""


class TrainingError(LoragError):
    """A training run cannot start or go on."""


class EngineError(LoragError):
    """llama.cpp refused or failed."""


class EngineDiedError(EngineError):
    """The engine process ended; the next call starts a new one."""
