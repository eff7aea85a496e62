"""The JSON that programs rely on, held against what docs/json.md promises."""

import json
import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


def promised(heading: str) -> set[str]:
    """Return the keys that the page's table below a heading names."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))


def test_an_answer_has_the_keys_that_are_promised(tiny_asked):
    record = tiny_asked.json("ask", "How many days of annual leave?")

    assert set(record) == promised("lorag ask --json")
    assert set(record["citations"][0]) == promised("A citation")
    assert set(record["passages"][0]) == promised("A passage")
    assert set(record["usage"]) | set(record["timings"]) == promised("Usage and timings")


def test_a_refused_answer_has_the_same_keys(tiny_asked):
    assert set(tiny_asked.json("ask", "Who won the chess game in Reykjavik?")) == promised("lorag ask --json")


def test_search_has_the_keys_that_are_promised(tiny_asked):
    rows = tiny_asked.json("search", "annual leave")

    assert rows
    assert set(rows[0]) == promised("lorag search --json")


def test_list_has_the_keys_that_are_promised(tiny_asked):
    assert [set(row) for row in tiny_asked.json("list")] == [promised("lorag list --json")] * 2


def test_models_has_the_keys_that_are_promised(tiny_asked):
    rows = tiny_asked.json("models")

    assert {frozenset(row) for row in rows} == {frozenset(promised("lorag models --json"))}


def test_doctor_has_the_keys_that_are_promised(tiny_asked):
    done = tiny_asked.run("doctor", "--json")

    assert {frozenset(row) for row in json.loads(done.stdout)} == {frozenset(promised("lorag doctor --json"))}


def test_add_prints_one_event_a_line_with_the_keys_that_are_promised(tiny_asked):
    tiny_asked.write("more.md", "Another document with one sentence.")
    (tiny_asked.folder / "documents" / "broken.pdf").write_bytes(b"%PDF-1.4 cut")

    done = tiny_asked.run("add", str(tiny_asked.folder / "documents"), "--json")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        assert set(event) - {"event"} == promised(f"Event {event['event']}")
    assert events[-1]["event"] == "sync_report"
    assert {event["event"] for event in events} >= {"looked", "reading", "file_done", "embedded", "sync_report"}
