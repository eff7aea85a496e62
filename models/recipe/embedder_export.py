"""Write trained token vectors as a folder that sentence-transformers and lorag load."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from tokenizers import Tokenizer

_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
    },
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.base.modules.normalize.Normalize"},
]
_SETTINGS = {
    "model_type": "SentenceTransformer",
    "prompts": {"query": "", "document": ""},
    "default_prompt_name": None,
    "similarity_fn_name": "cosine",
}
_NORMALIZE = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}


def export_model(folder: Path, tokenizer: Tokenizer, vectors: torch.Tensor) -> int:
    """Write the model as float16 and return its size in bytes, the card not counted."""
    (folder / "1_Normalize").mkdir(parents=True, exist_ok=True)
    weights = stored_vectors(vectors).numpy().astype(np.float16)
    # save_file() would make the file readable by its owner alone.
    (folder / "model.safetensors").write_bytes(save({"embedding.weight": weights}))
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    for name, content in (
        ("modules.json", _MODULES),
        ("config_sentence_transformers.json", _SETTINGS),
        ("1_Normalize/config.json", _NORMALIZE),
    ):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "README.md")


def stored_vectors(vectors: torch.Tensor) -> torch.Tensor:
    """Return the vectors as they are stored: half precision, largest value 1, nothing for the unknown token."""
    kept = vectors.detach().cpu().clone()
    kept[0] = 0
    # Directions of sums do not change with a common factor; this one keeps small values out of float16's subnormals.
    return (kept / kept.abs().max()).half().float()
