"""Only bytes of the right digest come out of a download, however the server behaves."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.mirror import Mirror
from tests.loopback import running

from sopsmith.adapters import download
from sopsmith.adapters.download import Downloads, file_digest
from sopsmith.adapters.web import check_https, place_of
from sopsmith.errors import Conflict, Denied, NotThere, OutsideError, Unreachable

DATA = bytes(range(256)) * 40
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with running(Mirror()) as server:
        server.files["/f"] = DATA
        yield server


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    return Downloads(str(tmp_path / "cache"))


def left_in(tmp_path: Path) -> list[str]:
    return sorted(os.listdir(tmp_path / "cache"))


def test_a_whole_answer_comes_through_and_nothing_stays(
    mirror: Mirror, downloads: Downloads, tmp_path: Path
) -> None:
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA
    assert left_in(tmp_path) == []


def test_a_cut_answer_is_continued_where_it_was_cut(mirror: Mirror, downloads: Downloads) -> None:
    mirror.cuts = [1000, 2000]
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA
    assert [asked for _, asked in mirror.asked] == ["", "bytes=1000-", "bytes=3000-"]


def test_a_later_run_goes_on_where_the_last_one_was_cut(
    mirror: Mirror, downloads: Downloads
) -> None:
    mirror.cuts = [1000, 1000, 1000]
    with pytest.raises(Unreachable, match="broke off after 3000 of 10240 bytes") as caught:
        downloads.fetch(f"{mirror.address}/f", DIGEST)
    assert caught.value.hint == "run it again: it goes on where it was cut off"
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA
    assert mirror.asked[-1] == ("/f", "bytes=3000-")


def test_a_file_that_changed_meanwhile_is_begun_anew(mirror: Mirror, downloads: Downloads) -> None:
    mirror.files["/f"] = b"older" * 1000
    mirror.cuts = [9, 9, 9]
    with pytest.raises(Unreachable):
        downloads.fetch(f"{mirror.address}/f", DIGEST)
    mirror.files["/f"] = DATA
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA


def test_without_a_strong_tag_nothing_is_continued(mirror: Mirror, downloads: Downloads) -> None:
    mirror.tagged = False
    mirror.cuts = [1000]
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA
    assert [asked for _, asked in mirror.asked] == ["", ""]


def test_a_file_that_arrived_whole_before_a_kill_is_not_asked_for_again(
    mirror: Mirror, downloads: Downloads, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{DIGEST}.part").write_bytes(DATA)
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA
    assert mirror.asked == []


def test_a_file_that_became_shorter_is_begun_anew(mirror: Mirror, downloads: Downloads) -> None:
    mirror.files["/f"] = b"x" * 9
    with pytest.raises(OutsideError, match="its SHA-256 is"):
        downloads.fetch(f"{mirror.address}/f", DIGEST)
    mirror.files["/f"] = DATA
    assert downloads.fetch(f"{mirror.address}/f", DIGEST) == DATA


def test_a_wrong_digest_gives_nothing_and_leaves_nothing(
    mirror: Mirror, downloads: Downloads, tmp_path: Path
) -> None:
    mirror.files["/f"] = DATA + b"!"
    with pytest.raises(OutsideError, match=f"and {DIGEST} was expected; nothing of it was used"):
        downloads.fetch(f"{mirror.address}/f", DIGEST)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [(404, NotThere, 1), (403, Denied, 1), (503, Unreachable, 3), (416, Unreachable, 3)],
)
def test_a_refusal_is_told_by_its_kind(
    mirror: Mirror, downloads: Downloads, status: int, kind: type[Exception], requests: int
) -> None:
    mirror.refuses = status
    with pytest.raises(kind):
        downloads.fetch(f"{mirror.address}/f", DIGEST)
    assert len(mirror.asked) == requests


def test_a_redirect_on_the_way_is_followed(mirror: Mirror, downloads: Downloads) -> None:
    mirror.redirects["/r"] = f"{mirror.address}/f"
    mirror.cuts = [1000]
    assert downloads.fetch(f"{mirror.address}/r", DIGEST) == DATA
    assert mirror.asked[-1] == ("/f", "bytes=1000-")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://192.0.2.1/f", "redirects to an address that is not https"),
        ("ftp://127.0.0.1/f", "redirects to an address that is not https"),
        ("file:///etc/hosts", "the server answers HTTP 302"),
    ],
)
def test_a_redirect_to_what_is_not_https_is_refused(
    mirror: Mirror, downloads: Downloads, target: str, why: str
) -> None:
    mirror.redirects["/r"] = target
    with pytest.raises(OutsideError, match=why):
        downloads.fetch(f"{mirror.address}/r", DIGEST)


def test_a_redirect_from_outside_to_this_machine_is_refused() -> None:
    with pytest.raises(OutsideError, match=r"https://example.org/f: redirects to .* not https"):
        check_https("http://127.0.0.1/f", came_from="https://example.org/f")


def test_an_address_is_said_without_what_may_be_a_credential() -> None:
    assert place_of("https://me:canary@h.example/p?sig=canary#f") == "https://h.example/p"


def test_too_much_is_refused(
    mirror: Mirror, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LIMIT", 100)
    with pytest.raises(OutsideError, match="is larger than"):
        downloads.fetch(f"{mirror.address}/f", DIGEST)


def test_a_download_that_runs_already_is_not_disturbed(
    mirror: Mirror, downloads: Downloads, tmp_path: Path
) -> None:
    import fcntl

    (tmp_path / "cache").mkdir()
    with open(tmp_path / "cache" / f"{DIGEST}.part", "wb") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        with pytest.raises(Conflict):
            downloads.fetch(f"{mirror.address}/f", DIGEST)


def test_a_link_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/bin/sh")
    assert file_digest(str(tmp_path / "link")) == "unreadable"
    assert file_digest(str(tmp_path / "none")) == ""
