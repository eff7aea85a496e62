from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.errors import PromptError
from lorag.prompts.messages import Message, Segment
from lorag.prompts.template import render
from tests.chat_templates import BEGIN_AND_END, CHATML, GEMMA, LLAMA3, MARKERS, MISTRAL, TEMPLATES

CONVERSATION = (Message("user", "One"), Message("assistant", "Two"), Message("user", "Three"))


def shown(
    messages: Sequence[Message], template: str | None, bos: str = "<s>", eos: str = "</s>"
) -> tuple[Segment, ...]:
    return render(messages, template=template, bos_token=bos, eos_token=eos, add_generation_prompt=True)


def text(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            CHATML,
            "<|im_start|>user\nOne<|im_end|>\n<|im_start|>assistant\nTwo<|im_end|>\n<|im_start|>user\nThree<|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            LLAMA3,
            "<s><|start_header_id|>user<|end_header_id|>\n\nOne<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nTwo<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nThree<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            GEMMA,
            "<s><start_of_turn>user\nOne<end_of_turn>\n<start_of_turn>model\nTwo<end_of_turn>\n"
            "<start_of_turn>user\nThree<end_of_turn>\n<start_of_turn>model\n",
        ),
        (MISTRAL, "<s>[INST] One [/INST]Two</s>[INST] Three [/INST]"),
        (
            None,
            "<|im_start|>user\nOne<|im_end|>\n<|im_start|>assistant\nTwo<|im_end|>\n<|im_start|>user\nThree<|im_end|>\n<|im_start|>assistant\n",
        ),
    ],
)
def test_each_family_renders_as_its_makers_wrote_it(template, expected):
    assert text(shown(CONVERSATION, template)) == expected


def test_only_the_templates_own_text_is_special():
    segments = shown(CONVERSATION, CHATML)

    assert [segment.text for segment in segments if not segment.special] == ["One", "Two", "Three"]
    assert not any("One" in segment.text for segment in segments if segment.special)


@pytest.mark.parametrize("family", TEMPLATES)
@given(content=st.text(min_size=1).filter(lambda text: text.strip()))
def test_any_content_comes_through_unchanged_and_never_as_special(family, content):
    bos, eos = BEGIN_AND_END[family]
    segments = shown([Message("user", content)], TEMPLATES[family], bos or "", eos)

    assert [segment.text for segment in segments if not segment.special] == [content.strip()]


@pytest.mark.parametrize("family", TEMPLATES)
def test_markers_in_contents_are_never_special(family):
    hostile = "".join(marker for markers in MARKERS.values() for marker in markers)
    segments = shown([Message("user", hostile)], TEMPLATES[family])

    assert [segment.text for segment in segments if not segment.special] == [hostile]


@pytest.mark.parametrize("template", [GEMMA, MISTRAL])
def test_a_system_message_joins_the_first_question_where_the_template_takes_none(template):
    segments = shown([Message("system", "Be brief."), *CONVERSATION], template)

    assert [segment.text for segment in segments if not segment.special] == ["Be brief.\n\nOne", "Two", "Three"]


def test_a_system_message_is_not_lost_by_a_template_that_skips_it():
    skipping = "{% for message in messages if message['role'] == 'user' %}[U]{{ message['content'] }}{% endfor %}"

    assert text(shown([Message("system", "Be brief."), Message("user", "One")], skipping)) == "[U]Be brief.\n\nOne"


def test_thinking_in_earlier_answers_is_left_out():
    messages = (
        Message("user", "One"),
        Message("assistant", "<think>\nsecret\n</think>\n\nTwo"),
        Message("user", "Three"),
    )

    assert "secret" not in text(shown(messages, CHATML))
    assert "assistant\nTwo<|im_end|>" in text(shown(messages, CHATML))


def test_white_space_around_a_content_is_the_templates_to_trim():
    message = [Message("user", "  One \n")]

    assert "\n\nOne<|eot_id|>" in text(shown(message, LLAMA3))
    assert "user\n  One \n<|im_end|>" in text(shown(message, CHATML))


def test_the_extras_of_hub_templates_work():
    template = (
        "{{ strftime_now('%Y') | length }}{% for message in messages %}{% if message['role'] == 'x' %}{% break %}{% endif %}"
        "{% generation %}{{ message['content'] }}{% endgeneration %}{{ {'ä': 1} | tojson }}{% endfor %}"
    )

    assert text(shown([Message("user", "One")], template)) == '4One{"ä": 1}'


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}",
        "{{ raise_exception('no') }}",
        "{{ messages[0]['content'] + 1 }}",
        "{{ messages.__class__.__mro__ }}{{ messages[0]['content'] }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ 'x' * 10 ** 30 }}",
        "nothing of what was asked",
    ],
)
def test_a_broken_or_hostile_template_is_one_clear_error(template):
    with pytest.raises(PromptError, match="chat template"):
        shown([Message("user", "One")], template)
