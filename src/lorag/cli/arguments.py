"""What each command accepts."""

import argparse
from collections.abc import Callable

from lorag.cli.adapter_arguments import declare_adapters
from lorag.cli.evaluation import EVALUATION_COMMANDS
from lorag.cli.flags import Parser
from lorag.cli.flags import data_dir_flag as _data_dir
from lorag.cli.flags import json_flag as _json


def _search_scope(parser: Parser) -> None:
    parser.add_argument(
        "--collection",
        action="append",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="search only this collection (may be repeated)",
    )
    parser.add_argument(
        "--path", action="append", metavar="PATH", default=[], help="search only these files, folders or patterns"
    )


def _model(parser: Parser) -> None:
    group = parser.add_argument_group("model")
    suppress = argparse.SUPPRESS
    group.add_argument("--model", metavar="MODEL", default=suppress, help="a GGUF file or the name of a model")
    group.add_argument(
        "--adapter", action="append", metavar="NAME[=STRENGTH]", default=suppress, help="apply a LoRA adapter"
    )
    group.add_argument("--system", metavar="TEXT", default=suppress, help="system prompt")
    group.add_argument("--seed", type=int, metavar="N", default=suppress, help="same seed, same answer")
    group.add_argument("--max-tokens", type=int, metavar="N", default=suppress, help="longest answer")
    group.add_argument("--temperature", type=float, metavar="T", default=suppress, help="0 is the likeliest answer")
    group.add_argument("--threads", type=int, metavar="N", default=suppress, help="CPU threads")
    group.add_argument("--context-tokens", type=int, metavar="N", default=suppress, help="context size")
    group.add_argument("--gpu-layers", type=int, metavar="N", default=suppress, help="layers on a GPU; -1 is all")
    quote = group.add_mutually_exclusive_group()
    quote.add_argument(
        "--quote", dest="quote", action="store_const", const="on", default=suppress, help="answer only by quoting"
    )
    quote.add_argument(
        "--no-quote", dest="quote", action="store_const", const="off", default=suppress, help="answer in free words"
    )


def _rag(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    suppress = argparse.SUPPRESS
    group.add_argument("--rag", dest="rag", action="store_true", default=suppress, help="answer from the library")
    group.add_argument("--no-rag", dest="rag", action="store_false", default=suppress, help="plain chat")


def _chat(parser: Parser) -> None:
    parser.add_argument("--plain", action="store_true", help="line by line, for pipes and screen readers")
    _rag(parser)
    _search_scope(parser)
    _model(parser)
    _data_dir(parser)


def _ask(parser: Parser) -> None:
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="the question; - or nothing reads stdin")
    parser.add_argument(
        "--each-line", action="store_true", help="every line of stdin is a question; with --json, an object a line"
    )
    _json(parser, "answer, citations and passages")
    _rag(parser)
    _search_scope(parser)
    _model(parser)
    _data_dir(parser)


def _add(parser: Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files and folders (read recursively)")
    parser.add_argument(
        "--collection", dest="into", metavar="NAME", help="the collection to put them in (default: default)"
    )
    parser.add_argument(
        "--rebuild", action="store_true", help="a library built with another embedder is rebuilt first, not refused"
    )
    _json(parser, "progress and report")
    _data_dir(parser)


def _sync(parser: Parser) -> None:
    parser.add_argument("--watch", action="store_true", help="keep running and follow changes")
    _json(parser, "progress and report")
    _data_dir(parser)


def _list(parser: Parser) -> None:
    parser.add_argument("--collection", dest="only", action="append", default=[], metavar="NAME", help="only this one")
    parser.add_argument("--failed", action="store_true", help="only documents that could not be read")
    _json(parser, "documents")
    _data_dir(parser)


def _remove(parser: Parser) -> None:
    parser.add_argument("targets", nargs="*", metavar="PATH|ID", help="documents, folders or ids from lorag list")
    parser.add_argument(
        "--collection", dest="only", action="append", default=[], metavar="NAME", help="all of this one"
    )
    _json(parser, "what was removed")
    _data_dir(parser)


def _reindex(parser: Parser) -> None:
    parser.add_argument("--embed-only", action="store_true", help="keep the text, make the vectors anew")
    _json(parser, "progress and report")
    _data_dir(parser)


def _search(parser: Parser) -> None:
    parser.add_argument("query", nargs="+", metavar="QUERY", help="what to look for")
    parser.add_argument(
        "-k", dest="passages", type=int, metavar="N", default=argparse.SUPPRESS, help="most passages to show"
    )
    parser.set_defaults(flag_names={"passages": "-k"})
    parser.add_argument("--explain", action="store_true", help="show terms, ranks and scores of each leg")
    _json(parser, "passages")
    _search_scope(parser)
    _data_dir(parser)


def _models(parser: Parser) -> None:
    parser.set_defaults(action="list")
    _json(parser, "the result")
    _data_dir(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action_name")
    listing = actions.add_parser("list", help="built-in, local and known models (the default)")
    listing.set_defaults(action="list")
    pull = actions.add_parser("pull", help="download a known model, or any URL")
    pull.add_argument("source", metavar="NAME|URL", help="a name from lorag models, or the address of a GGUF file")
    pull.add_argument("--sha256", metavar="HEX", help="refuse the file when its SHA-256 is another")
    pull.set_defaults(action="pull")
    info = actions.add_parser("info", help="print what a GGUF file holds")
    info.add_argument("file", metavar="FILE", help="a GGUF file or the name of a model")
    info.set_defaults(action="info")
    for action in (listing, pull, info):
        # Suppressed, so that the nested parser does not undo `lorag models --json list`.
        _json(action, "the result", default=argparse.SUPPRESS)
        _data_dir(action)


def _data_source(parser: Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files of examples, or folders of them")
    group = _reading(parser)
    group.add_argument(
        "--objective", choices=("sft", "text"), default="sft", help="text: learn from plain text and documents"
    )


def _reading(parser: Parser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("reading")
    group.add_argument("--columns", metavar="LIST", help="what columns are called: question=Q,answer=A")
    group.add_argument("--table", metavar="NAME", help="the table of a database or SQL dump")
    group.add_argument("--query", metavar="SQL", help="a SELECT for a database, instead of --table")
    group.add_argument("--license", metavar="TEXT", help="the licence of the data; recorded as unknown without it")
    group.add_argument("--origin", metavar="TEXT", help="where the data comes from")
    return group


def _train(parser: Parser) -> None:
    parser.add_argument("data", nargs="*", metavar="DATA", help="files of examples, or folders of them")
    parser.add_argument("--name", metavar="NAME", help="what the adapter or model will be called; default: as DATA")
    parser.add_argument("--base", metavar="MODEL", help="the model to teach; default: the one you chat with")
    parser.add_argument("--weights", metavar="DIR", help="Hugging Face folder with the base's unquantised weights")
    parser.add_argument("--resume", metavar="NAME", help="go on with a run that was stopped or killed")
    parser.add_argument("--overwrite", action="store_true", help="replace a run and adapter of this name")
    parser.add_argument("--dry-run", action="store_true", help="check, split and estimate; train nothing")
    parser.add_argument("--no-evaluation", action="store_true", help="measure nothing; keep the best on validation")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--config", metavar="FILE", help="a TOML file with the options below; flags win")
    _json(parser, "every event")
    _reading(parser)
    _train_method(parser)
    _train_numbers(parser)
    _train_rows(parser)
    _data_dir(parser)


def _train_method(parser: Parser) -> None:
    group = parser.add_argument_group("method")
    group.add_argument(
        "--method", choices=("lora", "dora", "ia3", "freeze", "head", "full"), help="what learns (default: lora)"
    )
    group.add_argument("--objective", choices=("sft", "text"), help="sft: answers (default); text: plain text")
    group.add_argument("--rank", type=int, metavar="N", help="rank of a LoRA")
    group.add_argument("--alpha", type=float, metavar="A", help="strength of a LoRA; default: twice the rank")
    group.add_argument("--dropout", type=float, metavar="P", help="dropout of a LoRA")
    group.add_argument("--targets", metavar="LIST", help="adapted layers, comma-separated; default: all seven")
    group.add_argument("--rslora", action="store_true", default=None, help="scale by the root of the rank")
    group.add_argument("--pissa", action="store_true", default=None, help="start from the base's main directions")
    group.add_argument("--lora-plus", type=float, metavar="R", help="B learns R times as fast as A (LoRA+: 16)")
    group.add_argument("--last-layers", type=int, metavar="N", help="freeze: how many layers from the top learn")
    group.add_argument("--layer-decay", type=float, metavar="F", help="full: each layer below learns F times as fast")


def _train_numbers(parser: Parser) -> None:
    group = parser.add_argument_group("numbers (chosen from the data and the method when not given)")
    group.add_argument("--learning-rate", type=float, metavar="R", help="highest learning rate")
    group.add_argument("--epochs", type=float, metavar="N", help="how often the data is seen at most")
    group.add_argument("--batch-size", type=int, metavar="N", help="rows behind one step")
    group.add_argument("--micro-batch-tokens", type=int, metavar="N", help="tokens of one pass; less needs less memory")
    group.add_argument("--max-length", type=int, metavar="N", help="longest row in tokens; longer ones are left out")
    group.add_argument("--weight-decay", type=float, metavar="W", help="decay of matrices")
    group.add_argument("--warmup", type=float, metavar="S", help="share of the steps in which the rate rises")
    group.add_argument("--clip-norm", type=float, metavar="N", help="longest gradient")
    group.add_argument("--patience", type=int, metavar="N", help="stop after N validations without a better loss")
    group.add_argument("--evaluations", type=int, metavar="N", help="validations, each with a checkpoint")
    group.add_argument("--checkpointing", action="store_true", default=None, help="slower, with far less memory")
    group.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where to train")
    group.add_argument("--threads", type=int, metavar="N", default=argparse.SUPPRESS, help="CPU threads")
    group.add_argument("--seed", dest="train_seed", type=int, metavar="N", help="same seed, same run")


def _train_rows(parser: Parser) -> None:
    group = parser.add_argument_group("rows")
    group.add_argument("--test", action="append", metavar="FILE", help="your own test rows (may be repeated)")
    group.add_argument("--test-share", type=float, metavar="S", help="share held out for the test, and for validation")
    group.add_argument(
        "--rag-aware", action="store_true", default=None, help="also show rows with passages from your library"
    )
    group.add_argument("--rag-golden", type=float, metavar="S", help="share with the right passage among others")
    group.add_argument("--rag-distractors", type=float, metavar="S", help="share with wrong passages only")
    group.add_argument("--rag-counterfactual", type=float, metavar="S", help="share with a passage that says otherwise")
    group.add_argument(
        "--collection", action="append", metavar="NAME", default=argparse.SUPPRESS, help="take passages from here only"
    )
    group.add_argument("--replay", type=float, metavar="S", help="share of the base's own answers, against forgetting")


def _data(parser: Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say what would be learned from, and what is wrong with the rest")
    prepare = actions.add_parser("prepare", help="the same, and write the clean examples to a file")
    for name, action in (("check", check), ("prepare", prepare)):
        action.set_defaults(action=name)
        _data_source(action)
        action.add_argument("--all", action="store_true", help="show every finding, not three of a kind")
        _json(action, "the report")
        _data_dir(action)
    check.add_argument("--base", metavar="MODEL", help="look at the rows on this model's tokens; default: the chat's")
    prepare.add_argument("--write", metavar="FILE", required=True, help="the JSONL file to write")
    prepare.add_argument("--force", action="store_true", help="replace FILE if it is there")


def _config(parser: Parser) -> None:
    _json(parser, "settings")
    _data_dir(parser)


def _doctor(parser: Parser) -> None:
    _json(parser, "checks")
    _data_dir(parser)


COMMANDS: dict[str, tuple[str, tuple[str, ...], Callable[[Parser], None]]] = {
    "chat": ("chat with the model over the library", ("lorag chat --plain", "lorag chat --no-rag"), _chat),
    "ask": (
        "answer one question and exit",
        (
            'lorag ask "How many days of leave do I have?"',
            "echo 환불은 며칠 안에 되나요? | lorag ask --json",
            "cat questions.txt | lorag ask --each-line --json",
        ),
        _ask,
    ),
    "add": ("read files and folders into the library", ("lorag add ~/contracts --collection legal",), _add),
    "sync": ("read again what was added, as it is now", ("lorag sync", "lorag sync --watch"), _sync),
    "list": ("list the documents in the library", ("lorag list --failed", "lorag list --json"), _list),
    "remove": (
        "take documents out of the library (files stay)",
        ("lorag remove old.pdf", "lorag remove --collection legal"),
        _remove,
    ),
    "reindex": (
        "build the indexes anew, after a change of embedder or tokeniser",
        ("lorag reindex", "lorag reindex --embed-only"),
        _reindex,
    ),
    "search": (
        "show the passages a question would be answered from",
        ("lorag search annual leave --explain",),
        _search,
    ),
    "models": (
        "list, fetch and inspect models",
        ("lorag models", "lorag models pull qwen3-0.6b", "lorag models info my.gguf"),
        _models,
    ),
    "data": (
        "check training data and write it clean",
        (
            "lorag data check refunds.csv --columns question=Q,answer=A",
            "lorag data prepare faq.html chats.jsonl --write clean.jsonl --license CC-BY-4.0",
        ),
        _data,
    ),
    "train": (
        "teach a model from your examples",
        (
            "lorag train refunds.jsonl --name refunds",
            "lorag train faq.csv --name faq --columns question=Q,answer=A --rag-aware --replay 0.1",
            "lorag train refunds.jsonl --name refunds --dry-run",
            "lorag train --resume refunds",
        ),
        _train,
    ),
    "adapters": (
        "list, inspect, move and merge adapters",
        (
            "lorag adapters",
            "lorag adapters info refunds",
            "lorag adapters export refunds refunds.zip",
            "lorag adapters import ./peft-folder --name tone",
            "lorag adapters merge refunds --quantize Q8_0",
        ),
        declare_adapters,
    ),
    **EVALUATION_COMMANDS,
    "config": ("print every setting and where it comes from", ("lorag config",), _config),
    "doctor": ("check the installation", ("lorag doctor",), _doctor),
}
"""Name → summary, example lines, and the function that declares the arguments."""
