import hashlib
import stat

import httpx2
import pytest

from lorag.errors import DownloadError
from lorag.models.download import Download, DownloadLimits, DownloadProgress, download
from tests.models.server import Shop, serving
from tests.tiny_gguf import tiny_gguf

CONTENT = tiny_gguf().read_bytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FAST = DownloadLimits(pause_seconds=0)


def get(shop: Shop, target, limits: DownloadLimits = FAST, **options) -> list[DownloadProgress]:
    progress: list[DownloadProgress] = []
    with httpx2.Client(follow_redirects=True) as client:
        download(Download(shop.url(), target, is_gguf=True, **options), client, progress.append, limits)
    return progress


@pytest.fixture
def target(tmp_path):
    return tmp_path / "models" / "model.gguf"


def left(target) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_whole_and_nothing_else_stays(target):
    with serving(Shop(CONTENT)) as shop:
        progress = get(shop, target)

    assert target.read_bytes() == CONTENT
    assert left(target) == ["model.gguf"]
    assert progress[-1] == DownloadProgress(len(CONTENT), len(CONTENT))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_cut_connection_is_gone_on_with_from_where_it_ended(target):
    with serving(Shop(CONTENT, cut_after=[50_000, 60_000])) as shop:
        get(shop, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert shop.ranges_asked == [None, "bytes=50000-", "bytes=110000-"]


def test_a_later_run_goes_on_from_what_an_earlier_one_left(target):
    with serving(Shop(CONTENT, cut_after=[50_000, 0])) as shop:
        with pytest.raises(DownloadError, match="Run the command again to go on"):
            get(shop, target, DownloadLimits(pause_seconds=0, attempts=1))
        assert left(target) == ["model.gguf.part", "model.gguf.part.json"]
        get(shop, target, sha256=SHA256)

    assert target.read_bytes() == CONTENT
    assert "bytes=50000-" in shop.ranges_asked


def test_a_part_that_was_complete_is_taken_as_it_is(target):
    with serving(Shop(CONTENT, cut_after=[50_000])) as shop:
        with pytest.raises(DownloadError):
            get(shop, target, DownloadLimits(pause_seconds=0, attempts=1))
        (target.parent / "model.gguf.part").write_bytes(CONTENT)
        get(shop, target)

    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_on_the_server_is_fetched_from_the_start(target):
    with serving(Shop(b"GGUF" + bytes(200_000), cut_after=[50_000])) as shop:
        with pytest.raises(DownloadError):
            get(shop, target, DownloadLimits(pause_seconds=0, attempts=1))
        shop.content, shop.etag = CONTENT, '"v2"'
        get(shop, target)

    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("options", [{"ranges": False}, {"etag": None}, {"etag": 'W/"weak"'}])
def test_a_server_that_cannot_resume_is_asked_for_all_of_it_again(target, options):
    with serving(Shop(CONTENT, cut_after=[50_000], **options)) as shop:
        get(shop, target)

    assert target.read_bytes() == CONTENT
    assert len(shop.requests) == 2


def test_a_server_that_does_not_tell_the_length_is_believed_at_the_end(target):
    with serving(Shop(CONTENT, tells_length=False)) as shop:
        progress = get(shop, target)

    assert target.read_bytes() == CONTENT
    assert progress[-1].total is None


def test_a_busy_server_is_asked_again(target):
    with serving(Shop(CONTENT, failures=[503, 429])) as shop:
        get(shop, target)

    assert target.read_bytes() == CONTENT


def test_a_server_that_always_fails_is_a_clear_error(target):
    with serving(Shop(CONTENT, failures=[500] * 5)) as shop, pytest.raises(DownloadError, match="answered 500"):
        get(shop, target)

    assert not target.exists()


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "no such file"), (401, "accept its licence"), (403, "licence"), (418, "answered 418")]
)
def test_a_refusal_is_said_in_words_and_not_tried_again(target, status, reason):
    with serving(Shop(b"no", status=status)) as shop, pytest.raises(DownloadError, match=reason):
        get(shop, target)

    assert len(shop.requests) == 1
    assert left(target) == []


def test_a_server_that_is_not_there_is_a_clear_error_and_leaves_nothing(target):
    with serving(Shop(CONTENT)) as shop:
        pass

    with pytest.raises(DownloadError, match="cannot be reached"):
        get(shop, target)

    assert left(target) == []


def test_what_an_interrupted_attempt_leaves_can_be_read_by_nobody_else(target):
    with serving(Shop(CONTENT, cut_after=[50_000])) as shop, pytest.raises(DownloadError):
        get(shop, target, DownloadLimits(pause_seconds=0, attempts=1))

    assert {stat.S_IMODE(path.stat().st_mode) for path in target.parent.iterdir()} == {0o600}
    assert left(target) == ["model.gguf.part", "model.gguf.part.json"]


def test_a_wrong_checksum_throws_the_file_away(target):
    with serving(Shop(CONTENT)) as shop, pytest.raises(DownloadError, match=f"SHA-256 is {SHA256}, not {'0' * 64}"):
        get(shop, target, sha256="0" * 64)

    assert not target.exists()
    assert "model.gguf.part" not in left(target)


def test_the_checksum_that_the_hub_tells_is_checked(target):
    with serving(Shop(CONTENT, hub_sha256="1" * 64)) as shop, pytest.raises(DownloadError, match="not 1111"):
        get(shop, target)
    with serving(Shop(CONTENT, hub_sha256=SHA256)) as shop:
        get(shop, target)

    assert target.read_bytes() == CONTENT


def test_the_hubs_checksum_outlives_an_interruption(target):
    with serving(Shop(CONTENT, hub_sha256="1" * 64, cut_after=[50_000])) as shop:
        with pytest.raises(DownloadError, match="go on"):
            get(shop, target, DownloadLimits(pause_seconds=0, attempts=1))
        shop.hub_sha256 = None
        with pytest.raises(DownloadError, match="not 1111"):
            get(shop, target)


def test_a_web_page_is_not_taken_for_a_model(target):
    with serving(Shop(b"<html>sign in</html>" * 100_000)) as shop, pytest.raises(DownloadError, match="not a GGUF"):
        get(shop, target)

    assert left(target) == []


def test_an_empty_file_is_an_error(target):
    with serving(Shop(b"")) as shop, pytest.raises(DownloadError, match="empty"):
        get(shop, target)

    assert not target.exists()


def test_a_full_disk_is_found_out_before_anything_is_fetched(target):
    limits = DownloadLimits(free_bytes=lambda _: 200_000_000 + len(CONTENT) - 1)
    with serving(Shop(CONTENT)) as shop, pytest.raises(DownloadError, match="free some space"):
        get(shop, target, limits)

    assert left(target) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "models").write_text("a file")

    with serving(Shop(CONTENT)) as shop, pytest.raises(DownloadError, match="cannot be written"):
        get(shop, tmp_path / "models" / "model.gguf")


def test_two_downloads_of_one_file_do_not_write_into_each_other(target):
    import fcntl

    target.parent.mkdir()
    with (target.parent / "model.gguf.part").open("wb") as other, serving(Shop(CONTENT)) as shop:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match=r"another lorag is fetching model\.gguf"):
            get(shop, target)

    assert shop.requests == []


def test_what_is_no_address_is_a_clear_error(target):
    with httpx2.Client() as client, pytest.raises(DownloadError, match="not an address"):
        download(Download("gopher://x/model.gguf", target), client, print, FAST)

    assert not target.exists()
