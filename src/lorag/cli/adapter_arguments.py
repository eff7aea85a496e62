"""What ``lorag adapters`` accepts."""

import argparse
from collections.abc import Callable

from lorag.cli.flags import Parser, action_parser, data_dir_flag, json_flag


def declare_adapters(parser: Parser) -> None:
    """Declare the actions of ``lorag adapters``."""
    parser.set_defaults(action="list")
    json_flag(parser, "the result")
    data_dir_flag(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action_name")
    for name, (summary, examples, declare) in _ADAPTER_ACTIONS.items():
        action = action_parser(actions, name, summary, examples)
        declare(action)
        json_flag(action, "the result", default=argparse.SUPPRESS)
        data_dir_flag(action)


def _adapter_name(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="an adapter, as lorag adapters lists it")


def _adapter_rename(parser: Parser) -> None:
    _adapter_name(parser)
    parser.add_argument("new_name", metavar="NEW", help="what it will be called")


def _adapter_delete(parser: Parser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="adapters, as lorag adapters lists them")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _adapter_export(parser: Parser) -> None:
    _adapter_name(parser)
    parser.add_argument("target", nargs="?", metavar="FILE.zip|DIR", help="where to (default: NAME.zip)")
    parser.add_argument("--force", action="store_true", help="replace what is there")


def _adapter_import(parser: Parser) -> None:
    parser.add_argument("source", metavar="PATH", help="a zip file or folder from export, a LoRA GGUF, a PEFT folder")
    parser.add_argument("--name", metavar="NAME", help="what it will be called")
    parser.add_argument("--base", metavar="MODEL", help="the model it was made for; default: the one you chat with")
    parser.add_argument("--license", metavar="TEXT", help="licence of the data it was trained on")
    parser.add_argument("--origin", metavar="TEXT", help="where that data comes from")


def _adapter_merge(parser: Parser) -> None:
    _adapter_name(parser)
    parser.add_argument(
        "--quantize",
        choices=("F16", "Q8_0", "Q4_K_M"),
        default="F16",
        help="number format of the result; smaller ones cost quality, which is measured (default: F16)",
    )
    parser.add_argument("--base", metavar="MODEL", help="the model to merge into; default: the one it was trained on")
    parser.add_argument(
        "--strength", type=float, default=1.0, metavar="S", help="how strongly to apply it (default: 1)"
    )
    parser.add_argument("--write", metavar="FILE.gguf", help="where to; default: the models folder")
    parser.add_argument("--force", action="store_true", help="replace what is there")


_ADAPTER_ACTIONS: dict[str, tuple[str, tuple[str, ...], Callable[[Parser], None]]] = {
    "list": (
        "the adapters there are (the default)",
        ("lorag adapters list", "lorag adapters list --json"),
        lambda parser: None,
    ),
    "info": ("what one was trained on, changes and is worth", ("lorag adapters info refunds",), _adapter_name),
    "rename": ("give one another name", ("lorag adapters rename refunds returns",), _adapter_rename),
    "delete": (
        "delete adapters",
        ("lorag adapters delete refunds", "lorag adapters delete first second --yes"),
        _adapter_delete,
    ),
    "export": (
        "write one with its manifest to a zip file or folder",
        ("lorag adapters export refunds", "lorag adapters export refunds ~/shared/refunds.zip"),
        _adapter_export,
    ),
    "import": (
        "bring one in from elsewhere",
        (
            "lorag adapters import refunds.zip",
            "lorag adapters import ./peft-folder --name tone --base my-model --license MIT",
        ),
        _adapter_import,
    ),
    "merge": (
        "add one to its base, as a model of its own",
        ("lorag adapters merge refunds", "lorag adapters merge refunds --quantize Q8_0 --strength 0.8"),
        _adapter_merge,
    ),
}
"""Name → summary, example lines, and the function that declares the arguments."""
