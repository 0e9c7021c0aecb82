"""A rotation that dies behind any one of its writes loses nothing, and is finished by a run."""

from __future__ import annotations

from pathlib import Path

from tests.rotating import IDENTITIES, Killed, Platform, drive

from sopsmith.repo.rotation import STEPS, parse_rotation

OLD = IDENTITIES["prod"][1]


def finished(platform: Platform) -> None:
    platform.check()
    path = platform.root / ".sopsmith/rotations/prod.json"
    rotation = parse_rotation(path.read_bytes(), str(path))
    assert tuple(rotation.done) == STEPS
    assert platform.held() == (rotation.new,)
    assert platform.recipients("prod", "db") == [rotation.new]
    assert OLD not in platform.recipients("core", "dns")
    assert platform.recipients("dev", "db") == [IDENTITIES["dev"][1]]
    assert platform.keys.read_text().count("# retired: ") == 1


def test_at_each_stop_every_file_opens_with_what_the_cluster_holds(tmp_path: Path) -> None:
    whole = Platform(tmp_path / "whole")
    drive(whole, whole.check)
    finished(whole)
    stops = 0
    for number in range(1, len(whole.life.writes) + 1):
        platform = Platform(tmp_path / str(number))
        platform.life.ends_at = number

        def stop(platform: Platform = platform) -> None:
            nonlocal stops
            stops += 1
            platform.check()

        drive(platform, stop)
        finished(platform)
    assert stops == len(whole.life.writes) > 15


def test_a_rotation_taken_back_is_taken_back_after_any_kill(tmp_path: Path) -> None:
    for number in range(1, 6):
        platform = Platform(tmp_path / str(number))
        platform.life.ends_at = 5
        try:
            platform.run()
        except Killed:
            platform.check()
        assert len(platform.held()) == 2
        platform.life.ends_at = len(platform.life.writes) + number
        try:
            platform.abort()
        except Killed:
            platform.check()
            platform.life.ends_at = 0
            if (platform.root / ".sopsmith/rotations/prod.json").exists():
                platform.abort()
        platform.check()
        assert platform.held() == (OLD,)
        assert platform.keys.read_text().count("# retired: ") == 1
        assert not (platform.root / ".sopsmith/rotations/prod.json").exists()
