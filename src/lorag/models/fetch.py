"""What a name or an address given to ``lorag models pull`` means, and fetching all its files."""

import difflib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx2

from lorag.errors import DownloadError, ModelError, UsageError
from lorag.models.catalogue import KNOWN, KnownModel, find_known
from lorag.models.check import check_chat_model
from lorag.models.download import DEFAULT_LIMITS, Download, DownloadLimits, DownloadProgress, download
from lorag.models.gguf import read_metadata

_PART: Final = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_SECONDS: Final = 30.0
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_UNSAFE: Final = re.compile(r"[^\w.+ -]")


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of one model and where they go."""

    name: str
    downloads: tuple[Download, ...]
    result: Path
    """What is used afterwards: a GGUF file, or the folder of an embedder."""
    known: KnownModel | None

    @property
    def missing(self) -> tuple[Download, ...]:
        """The files that are not here yet."""
        return tuple(item for item in self.downloads if not item.target.exists())


def plan_for(source: str, folder: Path, *, sha256: str | None = None) -> Plan:
    """Return what is to be fetched for a known name or an address.

    Raises:
        UsageError: It is neither, or the checksum cannot be the one of what it means.
    """
    plan = _from_url(source, folder, sha256) if "://" in source else _from_name(source, folder, sha256)
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise UsageError(f"--sha256 {sha256}: a SHA-256 has 64 hexadecimal digits")
    if sha256 is not None and len(plan.downloads) > 1:
        raise UsageError(f"--sha256 is for a model of one file, and {plan.name} has {len(plan.downloads)}")
    return plan


def check_here(plan: Plan) -> None:
    """Compare files that are here already with their checksum, where one was given.

    Raises:
        ModelError: A file has another one; it stays, because it may be somebody's own.
    """
    for item in plan.downloads:
        if item.sha256 is not None and item.target.exists():
            with item.target.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != item.sha256.lower():
                raise ModelError(
                    f"{item.target} is here, but its SHA-256 is {found}, not {item.sha256.lower()}; "
                    "move it away to fetch it anew"
                )


def _from_name(source: str, folder: Path, sha256: str | None) -> Plan:
    known = find_known(source)
    if known is None:
        near = difflib.get_close_matches(source.lower(), [model.name for model in KNOWN], n=1)
        hint = f"did you mean {near[0]}?" if near else "lorag models lists those that are known"
        raise UsageError(f"{source} is neither a known model nor the address of a GGUF file; {hint}")
    if known.role == "embedder":
        into = folder / known.name
        files = zip(known.urls, known.files, strict=True)
        return Plan(known.name, tuple(Download(url, into / file) for url, file in files), into, known)
    downloads = tuple(Download(url, folder / url.rpartition("/")[2], sha256, is_gguf=True) for url in known.urls)
    return Plan(known.name, downloads, downloads[0].target, known)


def fetch(
    plan: Plan, on_progress: Callable[[str, DownloadProgress], None], limits: DownloadLimits = DEFAULT_LIMITS
) -> None:
    """Fetch the files that are missing, one after the other; progress comes with the name of the file.

    Raises:
        DownloadError: A file cannot be fetched, or it is not a model.
    """
    with httpx2.Client(follow_redirects=True, timeout=_SECONDS, headers={"User-Agent": "lorag"}) as client:
        for item in plan.missing:
            download(item, client, lambda progress, item=item: on_progress(item.target.name, progress), limits)  # type: ignore[misc]
    if plan.result.suffix == ".gguf":
        _check(plan)


def _check(plan: Plan) -> None:
    """Throw away a file that no engine can read, so that the next attempt fetches it anew."""
    try:
        check_chat_model(read_metadata(plan.result))
    except ModelError as error:
        for item in plan.downloads:
            item.target.unlink(missing_ok=True)
        raise DownloadError(f"{error}. It was thrown away") from error


def _from_url(url: str, folder: Path, sha256: str | None) -> Plan:
    # On Hugging Face this is the page about a file; the file itself is beside it.
    url = url.replace("/blob/", "/resolve/") if "huggingface.co/" in url else url
    parts = urlsplit(url)
    name = _UNSAFE.sub("_", PurePosixPath(unquote(parts.path)).name)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"{url} is not an http or https address")
    if not name.lower().endswith(".gguf") or name.startswith("."):
        raise UsageError(f"{url} is not the address of a .gguf file")
    urls = _all_parts(url, name)
    downloads = tuple(Download(address, folder / file, sha256, is_gguf=True) for address, file in urls)
    return Plan(name, downloads, downloads[0].target, None)


def _all_parts(url: str, name: str) -> list[tuple[str, str]]:
    """Return address and name of every part of a split model, or of the one file."""
    match = _PART.search(name)
    if match is None:
        return [(url, name)]
    count = int(match[2])
    endings = [f"-{number:05d}-of-{match[2]}.gguf" for number in range(1, count + 1)]
    return [(url.replace(match[0], ending), name.replace(match[0], ending)) for ending in endings]
