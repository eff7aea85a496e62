"""What the library was built with, so that a change is noticed and named."""

from dataclasses import dataclass

from lorag.errors import LibraryMismatchError
from lorag.library.database import Database


@dataclass(frozen=True, slots=True)
class BuildIdentity:
    """What decides the content of the indexes; another value of any of them makes another index."""

    embedder: str
    """JSON of the embedder's identity, empty without one."""
    chunker: str
    tokenizer: str


_REMEDY = {"embedder": "lorag reindex --embed-only", "chunker": "lorag reindex", "tokenizer": "lorag reindex"}
_NAMES = {"embedder": "embedder", "chunker": "way of cutting documents", "tokenizer": "tokenizer"}


def read_meta(database: Database, key: str) -> str | None:
    """Return one remembered value, None when there is none."""
    value = database.value("SELECT value FROM meta WHERE key = ?", (key,))
    return None if value is None else str(value)


def write_meta(database: Database, key: str, value: str) -> None:
    """Remember one value."""
    database.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
    )


def generation(database: Database) -> int:
    """Return a number that grows whenever chunks or vectors change, for caches to compare."""
    return int(database.value("SELECT value FROM meta WHERE key = 'generation'") or 0)


def advance_generation(database: Database) -> None:
    """Tell caches in every process that chunks or vectors have changed."""
    database.execute(
        "INSERT INTO meta VALUES ('generation', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )


def record_identity(database: Database, identity: BuildIdentity) -> None:
    """Write down what the indexes are built with from now on."""
    for key, value in _parts(identity).items():
        if read_meta(database, key) != value:
            write_meta(database, key, value)


def mismatches(database: Database, identity: BuildIdentity) -> dict[str, str]:
    """Return the parts that differ from what the library was built with, each with the command that mends it."""
    has_vectors = database.value("SELECT 1 FROM embedding LIMIT 1") is not None
    has_chunks = database.value("SELECT 1 FROM chunk LIMIT 1") is not None
    return {
        key: _REMEDY[key]
        for key, value in _parts(identity).items()
        if (has_vectors if key == "embedder" else has_chunks) and read_meta(database, key) not in {None, value}
    }


def require_identity(database: Database, identity: BuildIdentity) -> None:
    """Refuse to mix two ways of building in one library; one that holds nothing yet takes on the given one."""
    differing = mismatches(database, identity)
    if differing:
        names = " and ".join(_NAMES[key] for key in differing)
        # Cutting anew also embeds anew, so the longer command mends both.
        remedy = "lorag reindex" if "lorag reindex" in differing.values() else next(iter(differing.values()))
        raise LibraryMismatchError(f"{database.path} was built with another {names}; rebuild it with: {remedy}")
    with database.atomic():
        record_identity(database, identity)


def _parts(identity: BuildIdentity) -> dict[str, str]:
    """Return what is to be compared; without an embedder the vectors are nobody's concern."""
    parts = {"embedder": identity.embedder, "chunker": identity.chunker, "tokenizer": identity.tokenizer}
    return {key: value for key, value in parts.items() if value}
