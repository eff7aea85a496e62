import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.errors import ModelError
from lorag.models.check import check_chat_model, ties_embeddings
from lorag.models.gguf import LongArray, read_metadata
from lorag.models.memory import cache_bytes_per_token, memory_needed_bytes, trained_context_tokens
from tests.tiny_gguf import tiny_gguf, tiny_lora, write_tiny_gguf

TINY = tiny_gguf().read_bytes()


def header(tensors: int, values: int, body: bytes = b"", *, version: int = 3, magic: bytes = b"GGUF") -> bytes:
    return magic + struct.pack("<IQQ", version, tensors, values) + body


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def test_a_file_says_what_it_is():
    metadata = read_metadata(tiny_gguf())

    assert (metadata.architecture, metadata.name, metadata.version) == ("llama", "tiny", 3)
    assert metadata.size_bytes == len(TINY)
    assert metadata.tensors["blk.0.attn_k.weight"].shape == (64, 32)
    assert metadata.parameters > 100_000
    assert trained_context_tokens(metadata) == 1024
    assert cache_bytes_per_token(metadata) == 2 * 2 * (16 + 16) * 2
    assert memory_needed_bytes(metadata, 1024) > metadata.size_bytes
    assert not ties_embeddings(metadata)
    assert ties_embeddings(read_metadata(tiny_gguf("tied", tied=True)))


def test_long_lists_are_counted_and_not_kept(tmp_path):
    tokens = tuple(f"<|extra_{number}|>" for number in range(5000))
    path = write_tiny_gguf(tmp_path / "large.gguf", special_tokens=("<|im_start|>", "<|im_end|>", *tokens))

    values = read_metadata(path).values

    assert isinstance(values["tokenizer.ggml.tokens"], LongArray)
    assert values["tokenizer.ggml.tokens"].length > 5000
    assert values["tokenizer.ggml.token_type"] == LongArray(values["tokenizer.ggml.tokens"].length)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a GGUF file"),
        (b"PK\x03\x04 a zip", "is not a GGUF file"),
        (b"GGUF", "not complete"),
        (header(0, 0)[:12], "not complete"),
        (header(0, 0, version=1), "version 1"),
        (header(0, 0, version=9), "version 9"),
        (header(0, 0, version=3 << 24), "big-endian"),
        (header(2**40, 0), "not complete"),
        (header(0, 2**60), "not complete"),
        (header(0, 1, struct.pack("<Q", 2**63)), "not complete"),
        (header(0, 1, text("key") + struct.pack("<I", 77)), "unknown type 77"),
        (header(0, 1, text("key") + struct.pack("<IIQ", 9, 8, 2**50)), "not complete"),
        (header(0, 1, text("key") + struct.pack("<IIQ", 9, 4, 2**50)), "not complete"),
        (header(0, 1, text("key") + struct.pack("<IIQ", 9, 9, 1)), "unknown type 9"),
        (header(1, 0, text("weight") + struct.pack("<I", 9)), "9 dimensions"),
        (header(1, 0, text("weight") + struct.pack("<IQQIQ", 2, 2**40, 2**40, 0, 0)), "not complete"),
        (header(1, 0, text("weight") + struct.pack("<IQIQ", 1, 4, 0, 2**63)), "not complete"),
        (header(0, 1, text("general.alignment") + struct.pack("<II", 4, 0)), "alignment"),
    ],
)
def test_a_wrong_or_hostile_file_is_refused_with_its_reason(tmp_path, data, reason):
    path = tmp_path / "wrong.gguf"
    path.write_bytes(data)

    with pytest.raises(ModelError, match=reason) as caught:
        read_metadata(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = tmp_path / "cut.gguf"
    path.write_bytes(TINY[: int(len(TINY) * share)])

    with pytest.raises(ModelError, match="not complete"):
        read_metadata(path)


def complaint(path) -> str:
    try:
        check_chat_model(read_metadata(path))
    except ModelError as error:
        return str(error)
    return ""


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_header_never_does_more_than_raise_a_model_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "damaged.gguf"
    damaged = bytearray(TINY)
    for position in data.draw(st.lists(st.integers(0, 6000), min_size=1, max_size=8)):
        damaged[position] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)

    assert complaint(path) == "" or str(path) in complaint(path)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ModelError, match="is not a file"):
        read_metadata(tmp_path)
    with pytest.raises(ModelError, match="does not exist"):
        read_metadata(tmp_path / "none.gguf")


def split(folder, number: int, count: int = 3) -> None:
    metadata = {"split.count": count, "split.no": number - 1}
    write_tiny_gguf(folder / f"model-{number:05d}-of-{count:05d}.gguf", metadata=metadata)


def test_a_split_model_is_read_as_one(tmp_path):
    for number in (1, 2, 3):
        split(tmp_path, number)

    metadata = read_metadata(tmp_path / "model-00001-of-00003.gguf")

    assert [part.name for part in metadata.parts] == [f"model-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert metadata.size_bytes == sum(part.stat().st_size for part in metadata.parts)


def test_a_split_model_with_missing_parts_names_them(tmp_path):
    for number in (1, 3):
        split(tmp_path, number)

    with pytest.raises(ModelError, match=r"model-00002-of-00003\.gguf"):
        read_metadata(tmp_path / "model-00001-of-00003.gguf")
    with pytest.raises(ModelError, match="first part"):
        read_metadata(tmp_path / "model-00003-of-00003.gguf")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"llama.pooling_type": 1}, "embedding model"),
        ({"llama.attention.causal": False}, "embedding model"),
        ({"general.type": "mmproj"}, "image encoder"),
    ],
)
def test_files_that_cannot_chat_are_told_apart(tmp_path, metadata, reason):
    path = write_tiny_gguf(tmp_path / "other.gguf", metadata=metadata)

    with pytest.raises(ModelError, match=reason):
        check_chat_model(read_metadata(path))


def test_encoders_adapters_and_empty_files_cannot_chat(tmp_path):
    with pytest.raises(ModelError, match="embedding model"):
        check_chat_model(read_metadata(write_tiny_gguf(tmp_path / "bert.gguf", architecture="bert")))
    with pytest.raises(ModelError, match="is a LoRA adapter"):
        check_chat_model(read_metadata(tiny_lora()))
    empty = tmp_path / "empty.gguf"
    empty.write_bytes(header(0, 1, text("general.architecture") + struct.pack("<I", 8) + text("llama")))
    with pytest.raises(ModelError, match="no model weights"):
        check_chat_model(read_metadata(empty))
