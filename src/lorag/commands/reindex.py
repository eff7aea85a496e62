"""``lorag reindex``: build the indexes anew after a change of embedder, tokenizer or way of cutting."""

import argparse

from lorag.commands.indexing import follow, make_indexer, writing
from lorag.commands.setup import settings_from


def run(arguments: argparse.Namespace) -> int:
    """Rebuild and return the exit code."""
    settings = settings_from(arguments)
    with writing(settings, "lorag reindex") as database:
        indexer = make_indexer(settings, database, needs_vectors=arguments.embed_only)
        return follow(indexer, indexer.reindex(embed_only=arguments.embed_only), as_json=arguments.json)
