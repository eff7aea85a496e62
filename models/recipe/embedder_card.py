"""The model card: what the embedder is made of, how well it does, and where it fails.

python models/recipe/embedder_card.py --corpus DIR --model models/embedder    writes the card of a finished model anew
"""

import argparse
import json
import os
import platform
import random
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from embedder_bags import encode_unit
from embedder_corpus import Split
from embedder_evaluation import Comparison, Scores, compare, cosine_scores, rank, score
from embedder_late import compare_texts
from embedder_pairs import KINDS
from embedder_tasks import Task, dev_tasks
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from lorag.retrieval.embedders import Embedder, open_embedder

_CUTS = (256, 128, 64)
_FAILURES = 5
_SHOWN_CHARACTERS = 110
LOG_NAME = "training.jsonl"
"""The log of the training, kept beside the model so that its card can be written anew."""


def main() -> None:
    """Write the card of a model that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the corpus files")
    parser.add_argument("--model", type=Path, default=Path("models/embedder"), help="folder of the model")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("embedder.toml"))
    arguments = parser.parse_args()
    config = tomllib.loads(arguments.config.read_text(encoding="utf-8"))
    write_card(arguments.model, Split(arguments.corpus, "dev"), config)


def write_card(folder: Path, dev: Split, config: dict[str, Any]) -> None:
    """Measure the model on the dev splits and write README.md beside it."""
    embedder = open_embedder(str(folder))
    tasks = dev_tasks(dev)
    compared = [compare(task, embedder) for task in tasks]
    parts = [
        "# Built-in embedder\n",
        _description(folder, embedder),
        _training(folder, config),
        _scores(compared),
        _token_by_token(folder, tasks),
        _cuts(folder, tasks, embedder),
        _failures(compared, config["seed"]),
        _weaknesses(),
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def hardware() -> str:
    """Return what this runs on, in words."""
    names = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    name = names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _description(folder: Path, embedder: Embedder) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in {".safetensors", ".json"})
    return (
        "A static embedding model for English and Korean: the vectors of a text's tokens are averaged and brought to unit\n"
        "length. It is in sentence-transformers format, and lorag runs it with numpy alone. Made by `models/recipe/` from\n"
        "nothing but the texts described in `models/DATA_SOURCES.md`; nothing else was used, no other model either.\n\n"
        f"- **Size**: {size / 1e6:.1f} MB; {_vocabulary(folder):,} tokens × {embedder.identity.dimensions} dimensions, half "
        "precision\n"
        "- **Languages**: one space for both, so a question finds passages in the other language\n"
        "- **Cutting**: the first 128 or 64 dimensions work alone (Matryoshka)\n"
        f"- **Speed**: {_speed(embedder):,.0f} passages of about 1,000 characters a second on {hardware()}, one thread\n"
    )


def _vocabulary(folder: Path) -> int:
    return Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()


def _speed(embedder: Embedder) -> float:
    text = "The refund is paid within 14 days of delivery. 환불은 배송 후 14일 안에 지급됩니다. " * 14
    embedder.embed_passages([text] * 10)
    started = time.process_time()
    embedder.embed_with_parts([text] * 500)
    return 500 / (time.process_time() - started)


def _training(folder: Path, config: dict[str, Any]) -> str:
    rows = [json.loads(line) for line in _lines(folder / LOG_NAME)]
    data, first, second, third = (
        config[name] for name in ("data", "contrastive", "hard_negatives", "late_interaction")
    )
    mix = ", ".join(f"{100 * data[kind]:g} % {kind}" for kind in KINDS)
    stages = (
        f"Three stages of multiple-negatives ranking loss at {', '.join(map(str, first['dimensions']))} dimensions:\n"
        f"{first['steps']:,} steps of {first['batch_size']:,} pairs; {second['steps']:,} steps of "
        f"{second['batch_size']:,} with one mined hard negative each;\n{third['steps']:,} steps of {third['batch_size']:,} in which "
        f"single tokens are compared as well (late interaction).\nBatches: {mix}\n(sentence or words against its passage, word "
        "against word of the same meaning, and what was asked of small collections\nagainst sentences, passages and other ways of "
        "asking). The whole mix is in `models/recipe/embedder.toml`."
    )
    if not rows:
        return (
            f"## Training\n\n{stages}\n\n"
            f"The log of this file's training was not kept, so tokens read, time and hardware are not known. It has "
            f"{_vocabulary(folder):,} tokens\nwhere the recipe now makes {config['tokenizer']['vocabulary_size']:,}: it was "
            "made with an earlier version of these settings.\n"
        )
    tokens, seconds = sum(row["tokens"] for row in rows), sum(row["seconds"] for row in rows)
    where = ", ".join(sorted({row["hardware"] for row in rows}))
    return (
        f"## Training\n\n{stages}\n\n"
        f"- **Tokens read**: {tokens / 1e6:,.0f} million\n"
        f"- **Time**: {seconds / 60:.0f} minutes of training steps on {where}\n"
        "- The checkpoint with the best mean nDCG@10 on the dev splits is the one shipped.\n"
    )


def _scores(compared: Sequence[Comparison]) -> str:
    rows = [
        "## Scores on the dev splits\n",
        "Recall@10 / nDCG@10 in percent. Nothing of these splits was trained on. *Words* is lorag's BM25 (Hangul bigrams,\n"
        "stemmed English); *fused* is what `lorag search` does; *by ranks* is reciprocal rank fusion, for comparison.\n"
        "The last column is fused nDCG@10 against the better leg.\n",
        "| task | questions | passages | words | this model | by ranks | fused | against the better leg |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in compared:
        right = found.task.relevant
        words, vectors, by_rank, fused = (
            score(ranking, right) for ranking in (found.words, found.vectors, found.by_rank, found.fused)
        )
        better = fused.ndcg - max(words.ndcg, vectors.ndcg)
        name = f"{found.task.name}{' (cross-language)' if found.task.cross else ''}"
        rows.append(
            f"| {name} | {len(right):,} | {len(found.task.passages):,} | {_percent(words)} | {_percent(vectors)} | "
            f"{_percent(by_rank)} | {_percent(fused)} | {100 * better:+.1f} |"
        )
    return "\n".join(rows) + "\n"


def _token_by_token(folder: Path, tasks: Sequence[Task]) -> str:
    """Tell how late interaction, which the chat weighs sentences with, ranks single sentences."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    vectors = torch.from_numpy(load_file(folder / "model.safetensors")["embedding.weight"]).float()
    rows = [
        "## Token by token\n",
        "Each token of a question compared with the nearest one of a sentence (late interaction), as the chat and the search do beside\n"
        "comparing the means. Recall@10 / nDCG@10 in percent.\n",
        "| sentences | the means | token by token |",
        "|---|---|---|",
    ]
    for task in (task for task in tasks if task.sentences):
        means = cosine_scores(task, lambda texts: encode_unit(vectors, tokenizer, texts))
        late = compare_texts(vectors, tokenizer, task.queries, task.passages)
        shown = [_percent(score(rank(scores), task.relevant)) for scores in (means, late)]
        rows.append(f"| {task.name} | {shown[0]} | {shown[1]} |")
    return "\n".join(rows) + "\n"


def _percent(scores: Scores) -> str:
    return f"{100 * scores.recall:.1f} / {100 * scores.ndcg:.1f}"


def _cuts(folder: Path, tasks: Sequence[Task], embedder: Embedder) -> str:
    rows = ["## Cut to fewer dimensions\n", "Mean nDCG@10 in percent of this model alone.\n"]
    rows += ["| dimensions | within a language | cross-language |", "|---|---|---|"]
    for dimensions in (cut for cut in _CUTS if cut <= embedder.identity.dimensions):
        cut = open_embedder(str(folder), dimensions=dimensions)
        means = [_mean_ndcg([task for task in tasks if task.cross == cross], cut) for cross in (False, True)]
        rows.append(f"| {dimensions} | {means[0]} | {means[1]} |")
    return "\n".join(rows) + "\n"


def _mean_ndcg(tasks: Sequence[Task], embedder: Embedder) -> str:
    found = [score(rank(cosine_scores(task, embedder.embed_passages)), task.relevant).ndcg for task in tasks]
    return f"{100 * float(np.mean(found)):.1f}" if found else "-"


def _failures(compared: Sequence[Comparison], seed: int) -> str:
    """Show questions whose right passage is not among the ten nearest, drawn at random from all tasks."""
    rng = random.Random(seed)
    missed = [
        (found, query)
        for found in compared
        for query, right in enumerate(found.task.relevant)
        if not right & set(found.vectors[query, :10].tolist())
    ]
    rows = [
        "## Five failures\n",
        "Drawn at random from the questions whose right passage is not among the ten nearest.\n",
    ]
    for found, query in rng.sample(missed, k=min(_FAILURES, len(missed))):
        task, first = found.task, int(found.vectors[query, 0])
        wanted = min(task.relevant[query])
        fused_too = not task.relevant[query] & set(found.fused[query, :10].tolist())
        rows += [
            f"- **{_shown(task.queries[query])}** ({task.name}{'; fused fails too' if fused_too else '; fused finds it'})",
            f"  - wanted: {_shown(task.passages[wanted])}",
            f"  - came first: {_shown(task.passages[first]) if first >= 0 else 'nothing'}",
        ]
    return "\n".join(rows) + "\n"


def _shown(text: str) -> str:
    line = " ".join(text.split()).replace("|", "¦").replace("*", "∗").replace("`", "'").replace("](", "] (")
    return line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS].rstrip() + " …"


def _weaknesses() -> str:
    return (
        "## Known weaknesses\n\n"
        "- It knows the words of its corpus (documentation, textbooks, health, government), those of `recipe/thesaurus/` and of the\n"
        "  documents of `recipe/chat/facts/` and `recipe/chat/collections/`; others have hardly a meaning across languages, and word search has to find those.\n"
        "- The *facts* and *asked* rows ask for single sentences: their documents are of other subjects than those trained on, but were\n"
        "  written for the same recipe, in the same manner.\n"
        "- Word order and negation do not exist for it; long passages about several things are near to none of them.\n"
        "- Where there is a network or a copy at hand, a transformer such as multilingual-e5-small knows such words:\n"
        "  set `LORAG_EMBEDDER` to its folder and run `lorag reindex`.\n"
    )


if __name__ == "__main__":
    main()
