"""What kind of document a file is: by its first bytes where they tell, otherwise by its name."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Final


class Kind(StrEnum):
    """The formats that can be read; the value names the reader's module."""

    TEXT = "plain"
    MARKDOWN = "markdown"
    RST = "rst"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    DELIMITED = "delimited"
    JSON = "json_data"
    JSON_LINES = "json_lines"
    EPUB = "epub"
    NOTEBOOK = "notebook"
    MAIL = "mail"
    CODE = "code"
    HWPX = "hwpx"
    HWP = "hwp"


_TEXT_SUFFIXES: Final = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdx": Kind.MARKDOWN,
    ".qmd": Kind.MARKDOWN,
    ".rmd": Kind.MARKDOWN,
    ".rst": Kind.RST,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".csv": Kind.DELIMITED,
    ".tsv": Kind.DELIMITED,
    ".tab": Kind.DELIMITED,
    ".json": Kind.JSON,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".ipynb": Kind.NOTEBOOK,
    ".eml": Kind.MAIL,
    ".mht": Kind.MAIL,
    ".mhtml": Kind.MAIL,
}
_PACKED_SUFFIXES: Final = {
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".docm": Kind.DOCX,
    ".pptx": Kind.PPTX,
    ".pptm": Kind.PPTX,
    ".xlsx": Kind.XLSX,
    ".xlsm": Kind.XLSX,
    ".epub": Kind.EPUB,
    ".hwpx": Kind.HWPX,
    ".hwp": Kind.HWP,
}
LANGUAGES: Final = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".java": "java",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".scala": "scala",
    ".swift": "swift",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "c",
    ".cc": "c++",
    ".cpp": "c++",
    ".cxx": "c++",
    ".hpp": "c++",
    ".cs": "csharp",
    ".rb": "ruby",
    ".php": "php",
    ".pl": "perl",
    ".lua": "lua",
    ".r": "r",
    ".jl": "julia",
    ".m": "objective-c",
    ".dart": "dart",
    ".ex": "elixir",
    ".exs": "elixir",
    ".erl": "erlang",
    ".hs": "haskell",
    ".ml": "ocaml",
    ".clj": "clojure",
    ".sh": "shell",
    ".bash": "shell",
    ".zsh": "shell",
    ".ps1": "powershell",
    ".bat": "batch",
    ".sql": "sql",
    ".css": "css",
    ".scss": "css",
    ".vue": "vue",
    ".svelte": "svelte",
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".ini": "ini",
    ".cfg": "ini",
    ".conf": "ini",
    ".properties": "properties",
    ".proto": "protobuf",
    ".graphql": "graphql",
    ".tf": "terraform",
    ".cmake": "cmake",
    ".gradle": "gradle",
}
"""Programming and configuration languages by file name suffix."""

BINARY_SUFFIXES: Final = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".webp",
        ".heic",
        ".ico",
        ".psd",
        ".mp3",
        ".wav",
        ".flac",
        ".ogg",
        ".m4a",
        ".aac",
        ".mp4",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".zip",
        ".gz",
        ".tgz",
        ".bz2",
        ".xz",
        ".zst",
        ".7z",
        ".rar",
        ".tar",
        ".jar",
        ".war",
        ".exe",
        ".dll",
        ".so",
        ".dylib",
        ".a",
        ".o",
        ".obj",
        ".class",
        ".pyc",
        ".pyo",
        ".pyd",
        ".wasm",
        ".bin",
        ".dat",
        ".db",
        ".sqlite",
        ".sqlite3",
        ".gguf",
        ".safetensors",
        ".pt",
        ".pth",
        ".onnx",
        ".npy",
        ".npz",
        ".parquet",
        ".feather",
        ".arrow",
        ".pkl",
        ".h5",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".ttc",
        ".eot",
        ".iso",
        ".dmg",
        ".pkg",
        ".deb",
        ".rpm",
        ".msi",
        ".apk",
        ".doc",
        ".ppt",
        ".xls",
        ".odt",
        ".ods",
        ".odp",
        ".rtf",
        ".mobi",
        ".azw3",
        ".pages",
        ".numbers",
        ".key",
        ".msg",
        ".svg",
        ".lock",
        ".map",
    }
)
"""Suffixes of files that hold no readable document; a folder's walk passes over them."""

_MAGIC: Final[Mapping[bytes, str]] = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"BM\x00": "a bitmap image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"GGUF\x02\x00": "a GGUF model",
    b"GGUF\x03\x00": "a GGUF model",
    b"SQLite format 3\x00": "a SQLite database",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"Rar!\x1a\x07": "a RAR archive; unpack it first",
    b"BZh91AY&SY": "a bzip2 archive; unpack it first",
    b"\xfd7zXZ": "an xz archive; unpack it first",
    b"ID3\x02": "a sound file",
    b"ID3\x03": "a sound file",
    b"ID3\x04": "a sound file",
    b"OggS\x00": "a sound file",
    b"fLaC\x00": "a sound file",
    b"{\\rtf": "an RTF document; save it as .docx",
    b"HWP Document File V": "an HWP document of version 3 or older; save it as .hwpx",
}
ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def kind_by_name(path: PurePath) -> Kind:
    """Return what a file's name says it is; text if it says nothing."""
    suffix = path.suffix.lower()
    packed = _PACKED_SUFFIXES.get(suffix)
    if packed is not None:
        return packed
    return _TEXT_SUFFIXES.get(suffix, Kind.CODE if suffix in LANGUAGES else Kind.TEXT)


def text_kind(path: PurePath, head: bytes) -> Kind:
    """Return the kind of a file whose content is text, whatever its name says."""
    named = kind_by_name(path)
    if named in _PACKED_SUFFIXES.values() or named is Kind.TEXT:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
        return Kind.HTML if start.startswith((b"<!doctype html", b"<html")) else Kind.TEXT
    return named


def foreign_format(head: bytes) -> str | None:
    """Return the name of a well-known format that cannot be read, if ``head`` begins one."""
    for magic in _MAGIC:
        if head.startswith(magic):
            return _MAGIC[magic]
    if head[:4] == b"RIFF":
        return "an image, sound or film"
    return "a film or sound file" if head[4:8] == b"ftyp" else None


def is_known(path: PurePath) -> bool:
    """Tell whether the name alone says that a file is a document that can be read."""
    suffix = path.suffix.lower()
    return (
        suffix in _PACKED_SUFFIXES
        or suffix in _TEXT_SUFFIXES
        or suffix in LANGUAGES
        or suffix in {".txt", ".text", ".log"}
    )
