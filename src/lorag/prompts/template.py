"""Render a conversation with a model's own Jinja template, keeping apart what the template wrote and what people wrote.

Message contents go through the template as stand-ins that occur nowhere else. Afterwards the text around the stand-ins is
the template's own, and only there may markers become control tokens.
"""

import datetime
import functools
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lorag.errors import PromptError
from lorag.prompts.messages import Message, Segment

CHATML_TEMPLATE: Final = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""Used when a model brings no template."""

_THINKING = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_SAFE_ERRORS: Final = (
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    IndexError,
    MemoryError,
)
"""What a template can make Python raise."""


def render(
    messages: Sequence[Message], *, template: str | None, bos_token: str, eos_token: str, add_generation_prompt: bool
) -> tuple[Segment, ...]:
    """Return a conversation as the model expects it, the template's text and people's text in separate segments.

    A template that takes no system message gets it at the head of the first user message.
    """
    shown = [_without_thinking(message) for message in messages]
    compiled = _compile(template or CHATML_TEMPLATE)
    variables = {"bos_token": bos_token, "eos_token": eos_token, "add_generation_prompt": add_generation_prompt}
    try:
        return _render(compiled, shown, variables)
    except PromptError:
        merged = _merge_system(shown)
        if merged == shown:
            raise
    return _render(compiled, merged, variables)


def _render(compiled: Template, messages: Sequence[Message], variables: Mapping[str, Any]) -> tuple[Segment, ...]:
    stand_ins = _StandIns()
    turns = [{"role": message.role, "content": stand_ins.put(message.content)} for message in messages]
    try:
        text = compiled.render(
            messages=turns,
            tools=None,
            documents=None,
            enable_thinking=False,
            raise_exception=_raise_exception,
            strftime_now=_strftime_now,
            **variables,
        )
    except (TemplateError, *_SAFE_ERRORS) as error:
        raise PromptError(f"the model's chat template cannot render this conversation: {error}") from error
    segments = stand_ins.segments(text)
    _check_complete(messages, segments)
    return segments


class _StandIns:
    """Takes contents out of a text and puts them back as segments of their own."""

    def __init__(self) -> None:
        # Random, so that no text can hold the stand-in of another; letters only, so that no template changes it.
        self._key = "".join(chr(ord("a") + byte % 26) for byte in secrets.token_bytes(20))
        self._contents: list[str] = []

    def put(self, content: str) -> str:
        """Return what stands for a content, with the white space at its ends left for the template to trim."""
        body = content.strip()
        self._contents.append(body)
        if not body:
            return content
        before = content[: len(content) - len(content.lstrip())]
        after = content[len(content.rstrip()) :]
        return f"{before}{self._key}q{len(self._contents) - 1}z{after}"

    def segments(self, text: str) -> tuple[Segment, ...]:
        """Return the rendered text with the contents in their places."""
        parts = re.split(rf"{self._key}q(\d+)z", text)
        segments = [
            Segment(self._contents[int(part)], special=False) if index % 2 else Segment(part, special=True)
            for index, part in enumerate(parts)
        ]
        return tuple(segment for segment in segments if segment.text)


def _check_complete(messages: Sequence[Message], segments: Sequence[Segment]) -> None:
    """Raise unless the system message and the newest words of the user made it into the prompt."""
    rendered = {segment.text for segment in segments if not segment.special}
    asked = [message for message in messages if message.role == "user"]
    needed = [*(message for message in messages if message.role == "system"), *asked[-1:]]
    missing = next((message.role for message in needed if message.content.strip() not in {"", *rendered}), None)
    if missing:
        raise PromptError(f"the model's chat template leaves out the {missing} message")


def _without_thinking(message: Message) -> Message:
    if message.role != "assistant" or "<think>" not in message.content:
        return message
    return Message(message.role, _THINKING.sub("", message.content))


def _merge_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    if not system:
        return list(messages)
    if not others or others[0].role != "user":
        return [Message("user", system), *others]
    return [Message("user", f"{system}\n\n{others[0].content}"), *others[1:]]


class _Generation(Extension):
    """Reads ``{% generation %}``, with which templates mark what an assistant wrote, as its content alone."""

    tags = {"generation"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@functools.lru_cache(maxsize=8)
def _compile(template: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
    )
    environment.filters["tojson"] = _to_json
    try:
        return environment.from_string(template)
    except (TemplateError, RecursionError) as error:
        raise PromptError(f"the model's chat template cannot be read: {error}") from error


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return datetime.datetime.now(datetime.UTC).astimezone().strftime(pattern)


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
