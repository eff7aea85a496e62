"""Models that are known to work and can be downloaded.

Sizes are rounded, because publishers replace files now and then. No checksum is written down here: what a server tells of
its file (length, and on Hugging Face the SHA-256) is checked at download, and the GGUF header in any case.
"""

from dataclasses import dataclass
from typing import Final, Literal

from lorag.models.memory import AUTOMATIC_CONTEXT_TOKENS, WORKING_BYTES

_HUB: Final = "https://huggingface.co/{repository}/resolve/main/{file}"
_APACHE: Final = "Apache-2.0"
_MEGABYTE: Final = 1_000_000
_EXAONE: Final = "EXAONE, non-commercial"
_EMBEDDER_FILES: Final = (
    "modules.json",
    "config.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
)
"""What sentence-transformers reads of a model whose tokenizer is in the fast form; the weights come last."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that ``lorag models pull`` knows by name."""

    name: str
    role: Literal["chat", "embedder"]
    repository: str
    """Owner and name on huggingface.co."""
    files: tuple[str, ...]
    size_mb: int
    context_tokens: int
    licence: str
    languages: tuple[str, ...]
    """Those its publisher names, of the ones lorag is used in; empty is many without a list."""
    parameters: str
    cache_bytes_per_token: int = 0
    """What one token takes in the KV cache, from the published shape of the model."""
    note: str = ""

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the files are."""
        return tuple(_HUB.format(repository=self.repository, file=file) for file in self.files)

    @property
    def size_bytes(self) -> int:
        """About how large the download is."""
        return self.size_mb * _MEGABYTE

    @property
    def memory_bytes(self) -> int:
        """About what it takes in memory, with the context lorag chooses by itself."""
        context = min(self.context_tokens, AUTOMATIC_CONTEXT_TOKENS)
        return self.size_bytes + context * self.cache_bytes_per_token + WORKING_BYTES


KNOWN: Final = (
    KnownModel(
        "qwen2.5-0.5b",
        "chat",
        "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
        ("qwen2.5-0.5b-instruct-q4_k_m.gguf",),
        491,
        32_768,
        _APACHE,
        ("en", "ko"),
        "0.5B",
        12_288,
        "runs anywhere; for quotes more than for free answers",
    ),
    KnownModel(
        "qwen2.5-1.5b",
        "chat",
        "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        ("qwen2.5-1.5b-instruct-q4_k_m.gguf",),
        1_117,
        32_768,
        _APACHE,
        ("en", "ko"),
        "1.5B",
        28_672,
    ),
    KnownModel(
        "qwen3-0.6b",
        "chat",
        "Qwen/Qwen3-0.6B-GGUF",
        ("Qwen3-0.6B-Q8_0.gguf",),
        639,
        40_960,
        _APACHE,
        ("en", "ko"),
        "0.6B",
        114_688,
    ),
    KnownModel(
        "qwen3-1.7b",
        "chat",
        "Qwen/Qwen3-1.7B-GGUF",
        ("Qwen3-1.7B-Q8_0.gguf",),
        1_834,
        40_960,
        _APACHE,
        ("en", "ko"),
        "1.7B",
        114_688,
        "a good first choice where there are 4 GB to spare",
    ),
    KnownModel(
        "qwen3-4b",
        "chat",
        "Qwen/Qwen3-4B-GGUF",
        ("Qwen3-4B-Q4_K_M.gguf",),
        2_497,
        40_960,
        _APACHE,
        ("en", "ko"),
        "4B",
        147_456,
    ),
    KnownModel(
        "gemma-3-1b",
        "chat",
        "ggml-org/gemma-3-1b-it-GGUF",
        ("gemma-3-1b-it-Q4_K_M.gguf",),
        806,
        32_768,
        "Gemma terms of use",
        ("en",),
        "1B",
        26_624,
    ),
    KnownModel(
        "llama-3.2-1b",
        "chat",
        "bartowski/Llama-3.2-1B-Instruct-GGUF",
        ("Llama-3.2-1B-Instruct-Q4_K_M.gguf",),
        808,
        131_072,
        "Llama 3.2 Community",
        ("en",),
        "1B",
        32_768,
    ),
    KnownModel(
        "llama-3.2-3b",
        "chat",
        "bartowski/Llama-3.2-3B-Instruct-GGUF",
        ("Llama-3.2-3B-Instruct-Q4_K_M.gguf",),
        2_019,
        131_072,
        "Llama 3.2 Community",
        ("en",),
        "3B",
        114_688,
    ),
    KnownModel(
        "exaone-3.5-2.4b",
        "chat",
        "LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF",
        ("EXAONE-3.5-2.4B-Instruct-Q4_K_M.gguf",),
        1_644,
        32_768,
        _EXAONE,
        ("ko", "en"),
        "2.4B",
        76_800,
        "strong Korean for its size; not for commercial use; cannot be trained here",
    ),
    KnownModel(
        "multilingual-e5-small",
        "embedder",
        "intfloat/multilingual-e5-small",
        _EMBEDDER_FILES,
        490,
        512,
        "MIT",
        ("en", "ko"),
        "118M",
    ),
    KnownModel(
        "multilingual-e5-base",
        "embedder",
        "intfloat/multilingual-e5-base",
        _EMBEDDER_FILES,
        1_130,
        512,
        "MIT",
        ("en", "ko"),
        "278M",
    ),
    KnownModel(
        "multilingual-minilm",
        "embedder",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        _EMBEDDER_FILES,
        481,
        128,
        _APACHE,
        ("en", "ko"),
        "118M",
    ),
    KnownModel(
        "all-minilm-l6",
        "embedder",
        "sentence-transformers/all-MiniLM-L6-v2",
        _EMBEDDER_FILES,
        92,
        256,
        _APACHE,
        ("en",),
        "23M",
    ),
)
"""Small models that answer well for their size, and embedders that understand more than the built-in one."""


def find_known(name: str) -> KnownModel | None:
    """Return the known model of a name."""
    return next((model for model in KNOWN if model.name == name.lower()), None)
