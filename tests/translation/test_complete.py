"""Every message has a Korean template and every template a message: what changes in the source must change in the tables."""

import importlib
import re
from collections import Counter
from functools import cache

import pytest

from lorag.translation.korean_foreign import SYSTEM
from lorag.translation.korean_foreign import TEMPLATES as FOREIGN
from lorag.translation.translate import FOREIGN as FOREIGN_TABLE
from lorag.translation.translate import HOLE, OWN, korean_templates
from tests.translation.messages import Collector, Message
from tests.translation.sources import modules

ALREADY_SAID = {
    "commands/compare.py: texts['many'].format(count=len(there), names=', '.join(there))": "in the language of the locale",
    "commands/data.py: looked.problem": "made in commands/data.py and collected there",
    "engine/client.py: message['message']": "an error that the engine process raised",
    "models/download.py: str(error)": "an error of models/download.py, under its public name",
    "commands/chat_app.py: app.texts('crashed', problem=one_line(repr(app.crash)), log=log)": "in the language of the app",
    "tui/copy_actions.py: self.ui.texts('command.choices', choices=', '.join(numbered))": "in the language of the app",
    "tui/engine_actions.py: app.texts('command.choices', choices=', '.join(modes))": "in the language of the app",
    "tui/interface_actions.py: app.texts('command.choices', choices=', '.join(TABLES))": "in the language of the app",
    "tui/interface_actions.py: app.texts('theme.unknown', name=argument)": "in the language of the app",
    "tui/library_actions.py: app.texts('job.busy')": "in the language of the app",
    "tui/library_actions.py: self.ui.texts('add.missing', path=path)": "in the language of the app",
    "tui/source_actions.py: app.texts('command.choices', choices='on, off')": "in the language of the app",
    "tui/source_actions.py: app.texts('collection.unknown', name=missing[0], choices=', '.join(known))": "in the language of the app",
}
"""Messages whose words do not stand where they are raised, with the reason that they need no template there."""

SAME_IN_KOREAN = {
    "/train {0}: {1}",
    "{0}: {1}",
    "{0} = {1}: {2}",
    "{0} ({1}) on {2} {3}",
    "llama-cpp-python {0}, {1} GPU; {2}",
}

PARTICLES = "은|는|이|가|을|를|과|와|으로|로|이나|나|이라|라|여야|이어야|이면|면"


@cache
def collected() -> tuple[list[Message], set[str]]:
    collector = Collector(modules())
    return collector.collect(), collector.unknown


def numbers(template: str) -> Counter[str]:
    return Counter(number for number, _ in HOLE.findall(template))


def test_every_message_has_a_korean_template():
    messages, _ = collected()

    missing = [f"{m.place}: {m.template}" for m in messages if m.template not in korean_templates()]

    assert not missing, "no Korean in src/lorag/translation for:\n" + "\n".join(missing)


def test_every_template_belongs_to_a_message():
    messages, _ = collected()

    dead = korean_templates().keys() - {message.template for message in messages} - FOREIGN.keys()

    assert not dead, "nothing says any more:\n" + "\n".join(sorted(dead))


def test_every_message_is_seen_or_is_known_to_be_made_elsewhere():
    assert collected()[1] == ALREADY_SAID.keys()


def test_the_words_inside_a_message_are_translated_too():
    korean = korean_templates()

    plain = [
        f"{m.place}: hole {number} of {m.template}"
        for m in collected()[0]
        for number in m.words
        if f"{{{number}!}}" not in korean.get(m.template, "")
    ]

    assert not plain, "these holes hold words and need a !:\n" + "\n".join(plain)


def test_no_template_stands_in_two_tables():
    tables = [importlib.import_module(f"lorag.translation.korean_{name}").TEMPLATES for name in (*OWN, FOREIGN_TABLE)]

    assert sum(map(len, tables)) == len(korean_templates())


@pytest.mark.parametrize("table", [*OWN, FOREIGN_TABLE])
def test_the_holes_of_a_translation_are_those_of_its_template(table: str):
    templates = importlib.import_module(f"lorag.translation.korean_{table}").TEMPLATES

    strange = [english for english, korean in templates.items() if not numbers(english) <= numbers(korean)]

    # What a parser says of a position twice, by line and by character, is said once; the number of an error not at all.
    assert not [english for english in strange if "(char {2})" not in english and "[Errno {0}]" not in english]
    assert all(numbers(korean).keys() <= numbers(english).keys() for english, korean in templates.items())


def test_no_particle_depends_on_what_stands_in_a_hole():
    particle = re.compile(rf"\{{\d+!?\}} ?({PARTICLES})(?![가-힣])")

    assert [korean for korean in korean_templates().values() if particle.search(korean)] == []


def test_a_translation_is_one_line_without_a_full_stop_of_its_own():
    """The texts around it bring their own."""
    assert [korean for korean in korean_templates().values() if "\n" in korean or korean.endswith(".")] == []


def test_a_translation_is_korean():
    bare = {english for english, korean in korean_templates().items() if not re.search("[가-힣]", korean)}

    assert bare - SYSTEM.keys() == SAME_IN_KOREAN


def test_a_sentence_is_polite():
    blunt = re.compile(r"(한다|된다|않다|없다|있다|이다|해라|하라|하시오|해요|어요|예요|네요)([.,)]|$)")

    assert [korean for korean in korean_templates().values() if blunt.search(korean)] == []


def test_options_settings_and_commands_to_install_stay_as_they_are():
    kept = re.compile(r"--[a-z][a-z-]+|LORAG_[A-Z_]+|pip install '[^']+'|max_[a-z_]+")

    lost = [
        (name, korean)
        for english, korean in korean_templates().items()
        for name in kept.findall(english)
        if name not in korean
    ]

    assert lost == []
