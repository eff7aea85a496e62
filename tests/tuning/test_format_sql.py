import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.tuning.data_files import complaints, pairs, read, written


def _database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


FAQ = "CREATE TABLE faq (id INTEGER PRIMARY KEY, question TEXT, answer TEXT)"
TWO_ROWS = "INSERT INTO faq VALUES (1, '배송비는?', '3000원'), (2, '시간은?', '9시')"
EXPECTED = [("배송비는?", "3000원"), ("시간은?", "9시")]


@pytest.mark.parametrize("name", ["faq.db", "faq.sqlite", "faq.sqlite3"])
def test_the_only_table_of_a_database_is_read(tmp_path, name):
    assert pairs(read(_database(tmp_path / name, FAQ, TWO_ROWS))) == EXPECTED


def test_one_of_several_tables_is_named(tmp_path):
    path = _database(tmp_path / "a.db", FAQ, TWO_ROWS, "CREATE TABLE other (x)")

    assert pairs(read(path, table="faq")) == EXPECTED
    assert "name one with --table (faq, other)" in complaints(read(path))[0][1]
    assert "no table 'fax'" in complaints(read(path, table="fax"))[0][1]


def test_a_query_names_its_own_columns(tmp_path):
    path = _database(tmp_path / "a.db", FAQ, TWO_ROWS)

    result = read(path, query="SELECT answer AS question, question AS answer FROM faq WHERE id = 2")

    assert pairs(result) == [("9시", "시간은?")]


@pytest.mark.parametrize(
    "query", ["DELETE FROM faq", "DROP TABLE faq", "INSERT INTO faq VALUES (3, 'x', 'y')", "SELECT nothing FROM faq"]
)
def test_a_query_that_is_wrong_or_would_change_something_is_reported(tmp_path, query):
    path = _database(tmp_path / "a.db", FAQ, TWO_ROWS)
    before = path.read_bytes()

    result = read(path, query=query)

    assert "cannot be read as an SQLite database" in complaints(result)[0][1]
    assert path.read_bytes() == before


def test_a_query_without_rows_must_be_a_select(tmp_path):
    path = _database(tmp_path / "a.db", FAQ)

    assert "must be a SELECT" in complaints(read(path, query="PRAGMA query_only = ON"))[0][1]


def test_text_of_an_old_korean_program_is_decoded(tmp_path):
    path = _database(tmp_path / "a.db", FAQ)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO faq VALUES (1, CAST(? AS TEXT), 'ok')", ("환불은?".encode("cp949"),))
        connection.commit()

    assert pairs(read(path)) == [("환불은?", "ok")]


def test_a_null_answer_is_reported_with_its_row(tmp_path):
    path = _database(tmp_path / "a.db", FAQ, "INSERT INTO faq VALUES (1, 'q', NULL), (2, 'q2', 'a2')")

    result = read(path)

    assert pairs(result) == [("q2", "a2")]
    assert complaints(result)[0][0] == 1


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one", b"SQLite format 3\x00" + b"\x00" * 600]
)
def test_a_file_that_is_no_database_is_reported(tmp_path, content):
    assert complaints(read(written(tmp_path, "a.db", content)))


MYSQL = r"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `faq` (
  `id` int NOT NULL,
  `question` varchar(200) DEFAULT NULL,
  `answer` text,
  PRIMARY KEY (`id`),
  KEY `by_question` (`question`)
) ENGINE=InnoDB;
LOCK TABLES `faq` WRITE;
INSERT INTO `faq` VALUES (1,'It\'s late; what now?','Don''t worry.\nWrite (to us).'),
(2,'배송비는?',_utf8mb4'3000원, 무료 아님'),
(-3,'half',NULL);
UNLOCK TABLES;
"""
POSTGRES = """--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
CREATE TABLE public.faq (
    id integer NOT NULL,
    question text,
    answer text,
    CONSTRAINT short CHECK ((char_length(question) < 100))
);
COPY public.faq (id, question, answer) FROM stdin;
1\tIt's late; what now?\tOne\\nTwo
2\t배송비는?\t3000원
3\thalf\t\\N
\\.
ALTER TABLE ONLY public.faq ADD CONSTRAINT faq_pkey PRIMARY KEY (id);
"""
SQLITE = """PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "faq" (question TEXT, answer TEXT);
INSERT INTO faq VALUES('Where is it?','In C:\\');
INSERT INTO faq VALUES('Another','It''s here');
COMMIT;
"""


def test_a_mysql_dump_is_read(tmp_path):
    result = read(written(tmp_path, "dump.sql", MYSQL))

    assert pairs(result) == [
        ("It's late; what now?", "Don't worry.\nWrite (to us)."),
        ("배송비는?", "3000원, 무료 아님"),
    ]
    assert [example.origin.line for example in result.examples] == [11, 12]
    assert [line for line, _ in complaints(result)] == [13]


def test_a_postgresql_dump_is_read(tmp_path):
    result = read(written(tmp_path, "dump.sql", POSTGRES))

    assert pairs(result) == [("It's late; what now?", "One\nTwo"), ("배송비는?", "3000원")]
    assert [example.origin.line for example in result.examples] == [12, 13]


def test_a_backslash_in_an_sqlite_dump_is_text(tmp_path):
    result = read(written(tmp_path, "dump.sql", SQLITE))

    assert pairs(result) == [("Where is it?", "In C:\\"), ("Another", "It's here")]


def test_columns_named_in_the_insert_win_over_the_table(tmp_path):
    text = "CREATE TABLE t (a, b);\nINSERT INTO t (answer, question) VALUES ('a1', 'q1');\n"

    assert pairs(read(written(tmp_path, "dump.sql", text))) == [("q1", "a1")]


def test_values_that_do_not_fit_the_columns_are_reported(tmp_path):
    text = "INSERT INTO t (question, answer) VALUES ('q', 'a'), ('only one');\n"

    result = read(written(tmp_path, "dump.sql", text))

    assert pairs(result) == [("q", "a")]
    assert complaints(result) == [(1, "1 values for 2 columns")]


def test_a_dump_that_is_cut_off_gives_the_rows_before_the_cut(tmp_path):
    text = "CREATE TABLE t (question, answer);\nINSERT INTO t VALUES ('q1', 'a1'),\n('q2', 'a2 is cut of"

    result = read(written(tmp_path, "dump.sql", text))

    assert pairs(result) == [("q1", "a1")]
    assert complaints(result)[0][0] == 3


@pytest.mark.parametrize("text", ["", "SELECT 1;", "-- nothing", "INSERT INTO", "(((", "'''", "COPY t (a) FROM stdin;"])
def test_a_dump_without_rows_says_so(tmp_path, text):
    result = read(written(tmp_path, "dump.sql", text))

    assert not result.examples
    assert "no table with rows" in complaints(result)[-1][1]


def test_a_dump_of_several_tables_asks_which(tmp_path):
    text = "INSERT INTO a (question, answer) VALUES ('q', 'a');\nINSERT INTO b (x) VALUES (1);\n"
    path = written(tmp_path, "dump.sql", text)

    assert "name one with --table (a, b)" in complaints(read(path))[0][1]
    assert pairs(read(path, table="a")) == [("q", "a")]


@pytest.mark.parametrize("start", ["", "-- MySQL dump\n", "INSERT INTO a VALUES (", "CREATE TABLE a ("])
@pytest.mark.parametrize("pattern", ["/*", "'", "\\'", "(", "`", '"', "INSERT INTO a ", " ", "--", "E'\\"])
def test_a_dump_made_to_be_slow_to_read_is_read_all_the_same(tmp_path, start, pattern):
    result = read(written(tmp_path, "dump.sql", start + pattern * (400_000 // len(pattern))))

    assert result.findings
    assert not result.examples
