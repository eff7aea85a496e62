"""How many examples it takes, and what to do with fewer."""

from typing import Final

FEWEST_EXAMPLES: Final = 10
FEW_EXAMPLES: Final = 50


def too_few(count: int, objective: str) -> str | None:
    """Return why so few examples cannot be trained on and what to do instead, None when there are enough."""
    if count >= FEWEST_EXAMPLES:
        return None
    if objective == "text":
        return (
            f"{count} stretches of about 400 tokens are too little text to learn from and to measure with; "
            f"{FEWEST_EXAMPLES} are the least, and hundreds are where it shows. Add more documents to the data, or let the "
            "chat find what it needs in these: lorag add"
        )
    return (
        f"{count} examples are too few to learn from and to measure with; {FEWEST_EXAMPLES} is the least, {FEW_EXAMPLES} good "
        "ones are a start (several files can be read together). Until then, put them into the system prompt (lorag ask "
        "--system), or let the chat find the answers in documents (lorag add)"
    )


def few(count: int, objective: str) -> str | None:
    """Return what to expect of a small number of examples, None when there are enough or far too few."""
    if not FEWEST_EXAMPLES <= count < FEW_EXAMPLES:
        return None
    if objective == "text":
        return (
            f"{count} stretches of text are few: the model will hardly take on the language of its field, and none of its "
            "facts; hundreds are where it shows. For the facts, let the chat find them in the documents: lorag add"
        )
    return (
        f"{count} examples are few: the model will take on their tone and form, hardly their facts, and the measured "
        f"gain will be uncertain; {FEW_EXAMPLES} to 100 good ones are where it shows"
    )
