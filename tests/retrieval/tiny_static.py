"""A static embedding model of four words, as sentence-transformers writes it."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers


def write_static_model(folder: Path) -> Path:
    """Write the model and return its folder."""
    folder.mkdir()
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "refund": 1, "leave": 2, "day": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    vectors = np.array([[0, 0], [3, 4], [1, 0], [0, 1]], dtype=np.float32)
    save_file({"embedding.weight": vectors}, folder / "model.safetensors")
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}
    (folder / "modules.json").write_text(json.dumps([module]))
    return folder
