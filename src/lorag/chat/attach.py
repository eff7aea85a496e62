"""Files that are sent with one question only, without becoming part of the library."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lorag.chat.mentions import without_mentions
from lorag.chat.turn import Documents, Similarities
from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.model import Chunk, ExtractedDocument, Limits
from lorag.errors import DocumentError
from lorag.retrieval.bm25 import CorpusStatistics, WordHit, word_hits
from lorag.retrieval.fusion import FusionOptions, relevance
from lorag.retrieval.passages import Passage, SearchFilter, SearchResult
from lorag.retrieval.terms import TermSplitter

_MOST_PASSAGES: Final = 12


class AttachedFiles:
    """Answers come from these files alone; the pieces that share most words with the question come first."""

    def __init__(
        self,
        paths: Sequence[Path],
        limits: Limits,
        splitter: TermSplitter,
        *,
        chunk_tokens: int,
        similarities: Similarities | None = None,
    ) -> None:
        """Read the files.

        Raises:
            DocumentError: One of them cannot be read; the message names it.
        """
        self._splitter = splitter
        self._similarities = similarities
        self._pieces = [piece for path in paths for piece in _read(path, limits, chunk_tokens)]
        self._counts = [Counter(splitter.terms(chunk.text)) for _, _, chunk in self._pieces]

    @property
    def documents(self) -> Documents:
        """What a turn searches in place of the library."""
        return Documents(self, lambda: bool(self._pieces), self._similarities)

    def search(
        self,
        question: str,
        *,
        filter: SearchFilter = SearchFilter(),  # noqa: A002, B008 - the searcher's signature
        history: Sequence[str] = (),
        widely: bool = False,
    ) -> SearchResult:
        """Return the pieces, the most relevant first; a short file is returned whole."""
        query = without_mentions(question, [path for path, _, _ in self._pieces]) or question
        hits = {hit.chunk_id: hit for hit in self._hits(tuple(dict.fromkeys(self._splitter.question_terms(query))))}
        # On the scale of the library's scores, as a chunk that has no vector yet.
        scores = [relevance(hits.get(at), None, FusionOptions()) for at in range(len(self._pieces))]
        ranked = sorted(range(len(self._pieces)), key=lambda at: (-scores[at], at))[:_MOST_PASSAGES]
        passages = tuple(_passage(*self._pieces[at], score=scores[at], word=hits.get(at)) for at in ranked)
        return SearchResult(query=query, passages=passages)

    def _hits(self, terms: Sequence[str]) -> list[WordHit]:
        held = Counter(term for counts in self._counts for term in counts)
        frequencies = {term: held[term] for term in terms if term in held}
        statistics = CorpusStatistics(len(self._counts), sum(map(Counter.total, self._counts)), frequencies)
        counts = {at: {term: n[term] for term in frequencies if term in n} for at, n in enumerate(self._counts)}
        return word_hits(terms, statistics, counts, {at: n.total() for at, n in enumerate(self._counts)})


def _read(path: Path, limits: Limits, chunk_tokens: int) -> list[tuple[Path, ExtractedDocument, Chunk]]:
    try:
        document = extract(path, limits)
    except DocumentError as error:
        raise DocumentError(f"{path} cannot be attached: {error}") from error
    return [(path, document, chunk) for chunk in chunk_document(document, target_tokens=chunk_tokens)]


def _passage(path: Path, document: ExtractedDocument, chunk: Chunk, *, score: float, word: WordHit | None) -> Passage:
    return Passage(
        document_id=0,
        path=path,
        title=document.title or path.name,
        collection="",
        heading=chunk.heading,
        page=chunk.page,
        line_start=chunk.line_start,
        line_end=chunk.line_end,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=score,
        bm25=word.score if word else None,
        vector=None,
    )
