from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lorag.library.database import Database
from lorag.library.meta import write_meta
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.passages import SearchFilter
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.splitters import make_splitter
from lorag.retrieval.terms import BigramSplitter
from tests.fakes_embedder import HashEmbedder
from tests.retrieval.library import SPLITTER, put

EMBEDDER = HashEmbedder()


def searcher(database: Database, **options) -> Searcher:
    return Searcher(database, None, SPLITTER, SearchOptions(**options))


@pytest.fixture
def company(database: Database) -> Database:
    put(
        database,
        "/docs/leave.md",
        [
            "Employees get fifteen days of annual leave a year.",
            "Part-time employees get leave in proportion to their hours.",
            "Sick leave needs a note from a doctor after three days.",
        ],
        headings={0: ("Leave", "Annual"), 1: ("Leave", "Annual"), 2: ("Leave", "Sick")},
    )
    put(
        database,
        "/docs/환불.txt",
        ["환불은 구매일로부터 14일 이내에 가능합니다.", "배송비는 고객이 부담합니다."],
        collection="shop",
    )
    put(database, "/docs/menu.txt", ["The canteen serves soup on Mondays."])
    return database


def test_a_question_finds_its_passage_with_its_place(company: Database):
    result = searcher(company, passages=1, budget_tokens=0).search("How many days of annual leave do employees get?")

    (passage,) = result.passages
    assert passage.path == Path("/docs/leave.md")
    assert passage.heading == ("Leave", "Annual")
    assert passage.line_start == 1
    assert passage.text == "Employees get fifteen days of annual leave a year."
    assert passage.bm25 is not None
    assert passage.bm25 > 0


def test_korean_particles_do_not_hide_a_passage(company: Database):
    result = searcher(company).search("환불이 가능한 기간")

    assert "14일" in result.passages[0].text


def test_neighbours_of_the_same_section_are_joined_while_the_budget_lasts(company: Database):
    question = "fifteen days annual leave"

    narrow = searcher(company, passages=1, budget_tokens=0).search(question).passages[0]
    wide = searcher(company, passages=1).search(question).passages[0]

    assert wide.text == narrow.text + "\n" + "Part-time employees get leave in proportion to their hours."
    assert wide.end - wide.start == len(wide.text)
    assert (wide.line_start, wide.line_end) == (1, 2)


def test_nothing_relevant_gives_no_passages_and_says_how_many_were_too_weak(company: Database):
    result = searcher(company).search("What did the submarine captain say about volcano insurance days?")

    assert result.passages == ()
    assert result.below_threshold > 0


def test_filters_restrict_by_collection_folder_and_pattern(company: Database):
    search = searcher(company, threshold=0.0).search

    def paths(**restriction) -> set[str]:
        return {
            str(passage.path) for passage in search("환불 leave soup days", filter=SearchFilter(**restriction)).passages
        }

    assert paths(collections=("shop",)) == {"/docs/환불.txt"}
    assert paths(paths=("/docs/leave.md",)) == {"/docs/leave.md"}
    assert paths(paths=("*.txt",)) == {"/docs/환불.txt", "/docs/menu.txt"}
    assert paths(paths=("/docs",)) == {"/docs/leave.md", "/docs/환불.txt", "/docs/menu.txt"}
    assert paths(collections=("none",)) == set()


def test_identical_text_is_shown_once(database: Database):
    for n in range(3):
        put(database, f"/{n}.txt", ["annual leave is fifteen days"])

    assert len(searcher(database).search("annual leave").passages) == 1


def test_one_document_gives_at_most_so_many_chunks(database: Database):
    put(database, "/long.txt", [f"annual leave rule number {n}" for n in range(0, 20, 2)])
    put(database, "/short.txt", ["something about annual leave here"])

    result = searcher(database, per_document=2, budget_tokens=0).search("annual leave rule")

    assert sum(passage.text.count("annual") for passage in result.passages if passage.path.name == "long.txt") == 2
    assert {passage.path.name for passage in result.passages} == {"long.txt", "short.txt"}


def test_searched_widely_there_are_more_passages_in_all_and_of_each_document(database: Database):
    put(database, "/long.txt", [f"annual leave rule number {n}" for n in range(0, 40, 2)])
    for name in "abcdefghijk":
        put(database, f"/{name}.txt", [f"something about the annual leave of {name} here"])
    library = searcher(database, budget_tokens=0)

    narrow, wide = (library.search("annual leave rule", widely=widely) for widely in (False, True))

    told = [
        [line for passage in found.passages for line in passage.text.splitlines() if "annual" in line]
        for found in (narrow, wide)
    ]
    assert [sum("number" in line for line in lines) for lines in told] == [3, 4]
    assert (len(told[0]), len(told[1])) == (6, 10)
    assert set(told[0]) < set(told[1])


def test_what_is_too_weak_for_a_narrow_search_may_be_enough_for_a_wide_one(company: Database):
    question = "Which days does the submarine captain get soup?"
    thresholds = [step / 20 for step in range(1, 21)]
    narrow, wide = (
        {at for at in thresholds if searcher(company, threshold=at).search(question, widely=widely).passages}
        for widely in (False, True)
    )

    assert narrow < wide < set(thresholds)


def test_passages_of_one_document_are_in_reading_order(database: Database):
    put(database, "/a.txt", ["leave leave", "soup", "annual leave policy", "tea", "annual leave"])

    starts = [passage.start for passage in searcher(database, budget_tokens=0).search("annual leave policy").passages]

    assert starts == sorted(starts)


def test_a_follow_up_is_searched_with_the_question_it_leans_on(company: Database):
    result = searcher(company).search("And for part-timers?", history=["How much annual leave do employees get?"])

    assert result.query == "How much annual leave do employees get? And for part-timers?"
    assert result.passages[0].path.name == "leave.md"


def test_each_of_two_questions_finds_its_passage(database: Database):
    for number in range(8):
        put(database, f"/leave-{number}.md", [f"Annual leave: employees get {20 + number} days of annual leave."])
    put(database, "/grinder.md", ["The grinder has a warranty of two years."])
    search = searcher(database, passages=4, threshold=0.1)

    one = search.search("How many days of annual leave do employees get?")
    both = search.search("How many days of annual leave do employees get, and how long is the warranty of the grinder?")

    assert len(one.passages) == 4
    assert len(both.passages) <= 4
    assert {passage.path.name.split("-")[0] for passage in both.passages} == {"leave", "grinder.md"}
    assert both.query.startswith("How many days of annual leave do employees get, and")


def test_meaning_finds_what_shares_no_whole_word(database: Database):
    put(database, "/a.txt", ["reimbursements are paid monthly", "the garden is closed"], embedder=EMBEDDER)

    found = Searcher(database, EMBEDDER, SPLITTER, SearchOptions(threshold=0.1)).search("reimburse")

    assert found.passages[0].text.startswith("reimbursements")
    assert found.passages[0].vector is not None


def test_a_sentence_is_the_nearer_the_more_it_says_what_is_asked(database: Database):
    sentences = [
        "직원은 매년 15일의 연차 휴가를 받습니다.",
        "The office opens at nine.",
        "Employees receive 25 days of annual leave per year.",
    ]
    compared = Searcher(database, open_embedder("builtin"), BigramSplitter(), SearchOptions()).similarities(
        "How many days of annual leave do I get?", sentences
    )

    near = [one.whole for one in compared]
    assert max(near) == near[2] < 1
    assert near[0] > near[1]
    assert min(near) > -0.3


def test_what_a_sentence_repeats_is_told_apart_from_what_it_means(database: Database):
    repeating, meaning, neither = Searcher(
        database, open_embedder("builtin"), BigramSplitter(), SearchOptions()
    ).similarities(
        "Does the Kastanie restaurant serve alcohol?",
        [
            "The Kastanie restaurant has a parking lot.",
            "At the Kastanie restaurant you can drink wine and beer.",
            "Die Berge.",
        ],
    )

    assert repeating.repeated > 0.3
    assert neither.repeated == 0
    assert neither.rest == pytest.approx(neither.whole, abs=1e-5)
    assert meaning.rest > repeating.rest + 0.1


def test_a_sentence_tells_each_part_of_a_question_more_or_less(database: Database):
    search = Searcher(database, open_embedder("builtin"), BigramSplitter(), SearchOptions())
    question = "lost my password"

    same, translated, other = search.similarities(
        question, [question, "암호를 잊어버렸습니다.", "The garden is closed."]
    )

    assert sum(same.matched) == pytest.approx(1.0, abs=1e-3)
    assert sum(same.matched) > sum(translated.matched) > sum(other.matched) + 0.1
    assert abs(sum(other.matched)) < 0.3
    assert len(same.matched) == len(other.matched) >= 3


def test_without_an_embedder_nothing_is_known_of_sentences(database: Database):
    found = Searcher(database, None, BigramSplitter(), SearchOptions()).similarities("How many?", ["Two.", "Three."])

    assert found == []


def test_of_a_question_without_a_known_word_nothing_is_known(database: Database):
    search = Searcher(database, EMBEDDER, BigramSplitter(), SearchOptions())

    assert search.similarities(" ", ["Two.", "Three."]) == []
    assert [one.matched for one in search.similarities("two", ["Two.", "Three."])] == [(), ()]


def test_missing_vectors_are_told(database: Database):
    put(database, "/a.txt", ["annual leave"], embedder=EMBEDDER)
    put(database, "/b.txt", ["sick leave"])

    notes = Searcher(database, EMBEDDER, SPLITTER, SearchOptions()).search("leave").notes

    assert notes == ("1 of 2 chunks have no vector yet and were searched by words only",)


def test_another_embedder_or_tokenizer_is_told_with_its_remedy_and_words_still_work(database: Database):
    put(database, "/a.txt", ["annual leave"], embedder=EMBEDDER)
    write_meta(database, "embedder", "{}")
    write_meta(database, "tokenizer", "other-1")

    result = Searcher(database, EMBEDDER, SPLITTER, SearchOptions()).search("leave")

    assert len(result.passages) == 1
    assert all("lorag reindex" in note for note in result.notes)
    assert len(result.notes) == 2


def test_a_search_is_not_disturbed_by_another_connection_that_writes(tmp_path: Path):
    path = tmp_path / "library.db"
    with Database.open(path) as database:
        put(database, "/fixed.txt", ["annual leave is fifteen days"])

    def write() -> None:
        with Database.open(path) as writer:
            for n in range(60):
                put(writer, f"/{n % 5}.txt", [f"annual leave {n} {m}" for m in range(n % 7)], embedder=EMBEDDER)

    with ThreadPoolExecutor(1) as pool, Database.open(path, read_only=True) as database:
        writing = pool.submit(write)
        reader = Searcher(database, EMBEDDER, SPLITTER, SearchOptions(passages=50))
        searches = 0
        while not writing.done() or not searches:
            result = reader.search("annual leave is fifteen days")
            assert "annual leave is fifteen days" in [passage.text for passage in result.passages]
            searches += 1
    assert writing.exception() is None


def test_kiwi_searches_korean_by_morphemes(database: Database):
    kiwi = make_splitter("kiwi")
    put(database, "/a.txt", ["직원들은 연차휴가를 사용할 수 있습니다.", "매장은 주말에도 엽니다."], splitter=kiwi)

    found = Searcher(database, None, kiwi, SearchOptions(budget_tokens=0)).search("휴가는 어떻게 쓰나요?")

    assert [passage.text for passage in found.passages] == ["직원들은 연차휴가를 사용할 수 있습니다."]


@pytest.mark.parametrize(
    "question", ["", "   ", '"', "* OR NEAR(", "'; DROP TABLE chunk; --", "\x00", "🙂", "a" * 100_000]
)
def test_any_question_is_answered_without_an_error(company: Database, question: str):
    searching = searcher(company)

    searching.search(question, history=[question])

    assert searching.search("annual leave").passages
