"""Models and adapters: two keys to switch, with what fits and what does not."""

from typing import get_args

import pytest
from textual.widgets import Input, OptionList

from lorag.evaluation.verdict import VerdictCode
from lorag.tui.core import AdapterEntry, ModelEntry
from lorag.tui.engine_actions import VERDICTS, about_entry
from lorag.tui.texts import Texts
from tests.tui.support import SIZE, World, ask, messages, ready, send, text_of, wait_until


async def test_two_keys_switch_the_adapter(world: World) -> None:
    world.adapters = {"polite": "", "refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+t", "3")
        await wait_until(pilot, lambda: app.session is not None and app.session.adapters == {"refunds": 1.0})
        await pilot.press("ctrl+t")
        await pilot.press(*"pol1")
        assert app.screen.query_one(Input).value == "pol1"


async def test_an_adapter_is_switched_on_and_off_in_the_list(world: World) -> None:
    world.adapters = {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.session is not None
        await pilot.press("ctrl+t", "down", "enter")
        await wait_until(pilot, lambda: app.session is not None and app.session.adapters == {"refunds": 1.0})
        await wait_until(pilot, lambda: [str(a.path) for a in world.engine.adapters] == ["refunds.gguf"])
        assert "adapter refunds" in text_of(app, "#status")
        await pilot.press("ctrl+t", "up", "enter")
        await wait_until(pilot, lambda: world.engine.adapters == [])


async def test_the_strength_of_an_adapter_is_changed_in_the_list(world: World) -> None:
    world.adapters = {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        assert app.session is not None
        await pilot.press("ctrl+t", "down", "alt+left", "alt+left")
        assert app.session.adapters == {"refunds": 0.9}
        assert "× 0.9" in str(app.screen.query_one(OptionList).options[1].prompt)


async def test_an_adapter_that_does_not_fit_says_why_and_cannot_be_chosen(world: World) -> None:
    world.adapters = {"refunds": "made for another model"}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+t")
        option = app.screen.query_one(OptionList).options[1]
        assert "made for another model" in str(option.prompt)
        assert option.disabled
        await pilot.press("down", "enter", "escape")
        assert app.session is not None
        assert app.session.adapters == {}


async def test_without_adapters_the_list_says_how_one_is_made(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await pilot.press("ctrl+t")
        assert "/train makes one" in text_of(app, ".picker-empty")


async def test_another_model_takes_the_adapters_off(world: World) -> None:
    world.models, world.adapters = ("fake", "other"), {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/adapter refunds")
        await pilot.press("ctrl+o", "down", "enter")
        await wait_until(pilot, lambda: world.engine.loads[-1].model.name == "other.gguf")
        await wait_until(pilot, lambda: text_of(app, "#status").startswith("other  ·  no adapter"))
        app = await ask(pilot, "hello")
        assert messages(app)[1].adapters == ()


async def test_a_model_that_is_not_there_is_one_clear_line(world: World) -> None:
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/model nowhere")
        assert [notice.message for notice in app._notifications] == ["there is no model nowhere"]


async def test_several_adapters_are_used_together_when_they_are_named(world: World) -> None:
    world.adapters = {"refunds": "", "polite": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/adapter refunds=0.5 polite")
        app = await ask(pilot, "hello")
        assert messages(app)[1].adapters == (("refunds", 0.5), ("polite", 1.0))
        await send(pilot, "/adapter refunds=much")
        assert "the strength must be a number" in [n.message for n in app._notifications][-1]


@pytest.mark.parametrize("strength", ["-5", "99", "nan", "inf"])
async def test_a_strength_out_of_range_is_refused_with_the_range(world: World, strength: str) -> None:
    world.adapters = {"refunds": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, f"/adapter refunds={strength}")
        await pilot.pause()
        told = [n.message for n in app._notifications]
        assert told == [f"refunds={strength}: the strength must be between -2 and 2"]
        assert app.session is not None
        assert app.session.adapters == {}


async def test_adapters_that_are_typed_are_confirmed_as_those_that_are_chosen(world: World) -> None:
    world.adapters = {"refunds": "", "polite": ""}
    async with world.app().run_test(size=SIZE) as pilot:
        app = await ready(pilot)
        await send(pilot, "/adapter refunds=-0.5 polite", "/adapter off")
        await pilot.pause()
        told = [n.message for n in app._notifications]
        assert told == ["The adapter refunds=-0.5 + polite is in use.", "No adapter is in use."]


@pytest.mark.parametrize("verdict", ["", "unmeasured", "a word of another program"])
def test_an_adapter_that_was_not_measured_says_so_in_the_language_of_the_reader(verdict: str) -> None:
    entry = AdapterEntry("refunds", "lora · tiny", verdict=verdict)

    assert about_entry(entry, Texts("ko")) == "측정하지 않음 · lora · tiny"
    assert about_entry(entry, Texts("en")) == "not measured · lora · tiny"


def test_a_verdict_is_told_in_the_language_of_the_reader_whatever_that_of_the_examples() -> None:
    assert set(VERDICTS) == set(get_args(VerdictCode))
    entry = AdapterEntry("refunds", "lora", verdict="do_not_use")
    assert about_entry(entry, Texts("ko")) == "쓰지 마세요: 전에 하던 것을 잊었습니다 · lora"
    assert about_entry(entry, Texts("en")) == "do not use it: it forgot · lora"


def test_the_built_in_model_is_called_so_in_the_language_of_the_reader() -> None:
    assert about_entry(ModelEntry("small", "20 MB", builtin=True), Texts("ko")) == "내장 · 20 MB"
    assert about_entry(ModelEntry("small", "20 MB"), Texts("en")) == "20 MB"
