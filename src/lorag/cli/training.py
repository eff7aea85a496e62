"""What the commands that read examples and train accept."""

import argparse

from lorag.cli.flags import Parser, action_parser, data_dir_flag, json_flag


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


def declare_train(parser: Parser) -> None:
    """Declare what ``lorag train`` accepts."""
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
    json_flag(parser, "every event")
    _reading(parser)
    _train_method(parser)
    _train_numbers(parser)
    _train_rows(parser)
    data_dir_flag(parser)


def _train_method(parser: Parser) -> None:
    group = parser.add_argument_group("method")
    group.add_argument(
        "--method",
        choices=("lora", "dora", "ia3", "freeze", "head", "full"),
        help="what learns: lora (default), dora and ia3 little beside the weights (PEFT); freeze the last layers "
        "(partial); head the output layer (transfer learning); full everything",
    )
    group.add_argument(
        "--objective",
        choices=("sft", "text"),
        help="sft: from answers (default, supervised); text: from plain text (unsupervised)",
    )
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


def declare_data(parser: Parser) -> None:
    """Declare what ``lorag data`` accepts."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = action_parser(
        actions,
        "check",
        "say what would be learned from, and what is wrong with the rest",
        (
            "lorag data check refunds.csv --columns question=Q,answer=A",
            "lorag data check help-desk.db --table faq --all",
        ),
    )
    prepare = action_parser(
        actions,
        "prepare",
        "the same, and write the clean examples to a file",
        ("lorag data prepare faq.html chats.jsonl --write clean.jsonl --license CC-BY-4.0",),
    )
    for action in (check, prepare):
        _data_source(action)
        action.add_argument("--all", action="store_true", help="show every finding, not three of a kind")
        json_flag(action, "the report")
        data_dir_flag(action)
    check.add_argument("--base", metavar="MODEL", help="look at the rows on this model's tokens; default: the chat's")
    prepare.add_argument("--write", metavar="FILE", required=True, help="the JSONL file to write")
    prepare.add_argument("--force", action="store_true", help="replace FILE if it is there")
