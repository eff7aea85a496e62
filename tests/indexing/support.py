"""What the indexing tests share: a folder of files, a library, and runs of the indexer over them."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lorag.documents.model import Limits
from lorag.library.database import Database
from lorag.library.documents import StoredDocument, list_documents
from lorag.library.vectors import vector_index_problems
from lorag.retrieval.embedders import Embedder
from lorag.retrieval.indexing import Indexer, IndexOptions
from lorag.retrieval.sync_events import FileDone, FileRemoved, SyncEvent, SyncReport
from lorag.retrieval.terms import BigramSplitter, TermSplitter
from tests.fakes_embedder import HashEmbedder

LIMITS = Limits(
    max_file_bytes=1_000_000,
    max_pages=100,
    max_expanded_bytes=10_000_000,
    max_nesting=50,
    max_text_characters=1_000_000,
)


@dataclass
class Shelf:
    """A folder and the library that follows it."""

    folder: Path
    library: Path
    embedder: Embedder | None = field(default_factory=HashEmbedder)
    splitter: TermSplitter = field(default_factory=BigramSplitter)
    chunk_tokens: int = 300

    def write(self, name: str, text: str) -> Path:
        """Write a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @contextmanager
    def indexer(self) -> Iterator[Indexer]:
        """Open the library with the present embedder, splitter and size of chunk."""
        options = IndexOptions(limits=LIMITS, chunk_tokens=self.chunk_tokens, readers=1)
        with Database.open(self.library) as database:
            yield Indexer(database, self.embedder, self.splitter, options)

    def add(self, *names: str, collection: str | None = None) -> SyncReport:
        """Add files or folders; the whole folder when none is named."""
        with self.indexer() as indexer:
            return report_of(indexer.add([self.folder / name for name in names or ("",)], collection))

    def sync(self) -> SyncReport:
        """Bring the library up to date."""
        with self.indexer() as indexer:
            return report_of(indexer.sync())

    def reindex(self, *, embed_only: bool = False) -> SyncReport:
        """Build the indexes anew."""
        with self.indexer() as indexer:
            return report_of(indexer.reindex(embed_only=embed_only))

    def documents(self) -> dict[str, StoredDocument]:
        """Return what the library holds, by the name within the folder."""
        with Database.open(self.library, read_only=True) as database:
            return {_short(Path(each.path), self.folder): each for each in list_documents(database)}

    def texts(self) -> dict[str, str]:
        """Return the text of every document as the library holds it."""
        with Database.open(self.library, read_only=True) as database:
            rows = database.rows(
                "SELECT d.path, c.text FROM document d JOIN chunk c ON c.document_id = d.id ORDER BY d.id, c.ordinal"
            )
        texts: dict[str, str] = {}
        for path, text in rows:
            name = _short(Path(path), self.folder)
            texts[name] = f"{texts[name]}\n{text}" if name in texts else text
        return texts

    def forget_files(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder)


def report_of(events: Iterable[SyncEvent]) -> SyncReport:
    """Run to the end and return the closing report, which is the last event and says what the others said."""
    outcomes: dict[str, int] = {}
    last: SyncEvent | None = None
    for event in events:
        assert not isinstance(last, SyncReport)
        if isinstance(event, FileDone):
            outcomes[event.outcome] = outcomes.get(event.outcome, 0) + 1
        elif isinstance(event, FileRemoved):
            outcomes["removed"] = outcomes.get("removed", 0) + 1
        last = event
    assert isinstance(last, SyncReport)
    assert last.complete
    counted = {name: getattr(last, name) for name in ("added", "updated", "moved", "removed", "failed")}
    assert counted == {name: outcomes.get(name, 0) for name in counted}
    return last


def problems(library: Path) -> list[str]:
    """Return everything that is wrong with a library: SQLite's own checks, and its indexes against its tables."""
    with Database.open(library) as database:
        found = database.integrity_problems()
        database.execute("INSERT INTO chunk_terms (chunk_terms) VALUES ('integrity-check')")
        found += vector_index_problems(database)
        for complaint, sql in _CONTRADICTIONS.items():
            rows = database.rows(sql)
            found += [f"{complaint}: {rows[:3]}"] if rows else []
    return found


_CONTRADICTIONS = {
    "chunks without terms": "SELECT id FROM chunk WHERE n_terms > 0 AND id NOT IN (SELECT rowid FROM chunk_terms)",
    "terms without a chunk": "SELECT rowid FROM chunk_terms WHERE rowid NOT IN (SELECT id FROM chunk)",
    "terms counted wrongly": "SELECT c.id FROM chunk c LEFT JOIN (SELECT doc, count(*) n FROM chunk_occurrence GROUP BY doc) o"
    " ON o.doc = c.id WHERE c.n_terms <> coalesce(o.n, 0)",
    "vectors without a chunk": "SELECT chunk_id FROM embedding WHERE chunk_id NOT IN (SELECT id FROM chunk)",
    "chunks miscounted": "SELECT id FROM document d WHERE (n_chunks, n_terms) <>"
    " (SELECT count(*), coalesce(sum(n_terms), 0) FROM chunk WHERE document_id = d.id)",
    "gaps between chunks": "SELECT document_id FROM chunk GROUP BY document_id HAVING max(ordinal) <> count(*) - 1",
    "ready without vectors": "SELECT id FROM document WHERE state = 'ready' AND EXISTS (SELECT 1 FROM chunk c"
    " LEFT JOIN embedding e ON e.chunk_id = c.id WHERE c.document_id = document.id AND e.chunk_id IS NULL)",
    "failed with chunks": "SELECT id FROM document WHERE state = 'failed' AND (n_chunks > 0 OR reason IS NULL)",
    "a path twice": "SELECT path FROM document GROUP BY path HAVING count(*) > 1",
}


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
