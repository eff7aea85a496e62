"""A turn as plain JSON: what is kept beside an answer in the library, and what ``lorag ask --json`` prints."""

from dataclasses import asdict

from lorag.chat.events import Citation, TurnDone
from lorag.library.documents import comparable_path
from lorag.retrieval.passages import Passage, SearchResult

Record = dict[str, object]


def passage_record(passage: Passage) -> Record:
    """Return a passage with its place and scores."""
    return {
        "document": comparable_path(passage.path),
        "title": passage.title,
        "collection": passage.collection,
        "heading": list(passage.heading),
        "page": passage.page,
        "line_start": passage.line_start,
        "line_end": passage.line_end,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": passage.score,
        "bm25": passage.bm25,
        "vector": passage.vector,
    }


def citation_record(citation: Citation) -> Record:
    """Return a citation as it is printed."""
    return {
        "n": citation.n,
        "document": comparable_path(citation.passage.path),
        "page": citation.passage.page,
        "line_start": citation.line_start,
        "line_end": citation.line_end,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "verified": citation.verified,
    }


def citation_snapshot(citation: Citation) -> Record:
    """Return a citation with its whole passage, so that it can be shown when the file is gone."""
    return {**citation_record(citation), "passage": passage_record(citation.passage)}


def search_record(result: SearchResult) -> Record:
    """Return what was searched and found."""
    return {
        "query": result.query,
        "passages": [passage_record(passage) for passage in result.passages],
        "below_threshold": result.below_threshold,
        "seconds": round(result.seconds, 4),
        "notes": list(result.notes),
    }


def usage_record(done: TurnDone) -> Record | None:
    """Return the token counts of an answer, None when the model was not called."""
    if done.usage is None:
        return None
    return {key: value for key, value in asdict(done.usage).items() if key.endswith("_tokens")}


def timings_record(done: TurnDone) -> Record:
    """Return what took how many seconds."""
    return {
        "search_seconds": round(done.search_seconds, 4),
        "prompt_seconds": None if done.usage is None else round(done.usage.prompt_seconds, 4),
        "answer_seconds": None if done.usage is None else round(done.usage.answer_seconds, 4),
        "total_seconds": round(done.total_seconds, 4),
    }


def answer_record(done: TurnDone) -> Record:
    """Return the object that ``lorag ask --json`` prints; keys stay, new ones may come."""
    return {
        "question": done.question,
        "answer": done.answer,
        "refused": done.refused,
        "quoted": done.quoted,
        "status": done.status,
        "finish": done.finish,
        "citations": [citation_record(citation) for citation in done.citations],
        "passages": [passage_record(passage) for passage in done.search.passages] if done.search else [],
        "query": done.search.query if done.search else done.question,
        "model": done.model,
        "adapter": [{"name": name, "strength": strength} for name, strength in done.adapters],
        "usage": usage_record(done),
        "timings": timings_record(done),
        "notes": list(done.search.notes) if done.search else [],
    }
