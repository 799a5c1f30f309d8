"""The spool keeps messages in order over a restart, has a bound, and is not confused by what else lies there."""

import json

import pytest

from ganeti.spool import MAX_BYTES, Spool, SpoolFull


def bodies(spool, limit=100):
    return [parcel.body for parcel in spool.oldest(limit)]


def hook_file(folder, order, body=b"{}"):
    path = folder / f"{order:020d}-77.net.json"
    path.write_bytes(body)
    return path


def test_messages_come_out_in_the_order_they_went_in_also_after_a_restart(tmp_path):
    spool = Spool(tmp_path)
    spool.put([("op", b"1"), ("op", b"2")])
    spool.put([("op", b"3")])
    again = Spool(tmp_path)
    again.put([("op", b"4")])
    assert bodies(again) == [b"1", b"2", b"3", b"4"]


def test_a_message_stays_until_it_is_removed(tmp_path):
    spool = Spool(tmp_path)
    spool.put([("op", b"1"), ("op", b"2")])
    spool.remove(spool.oldest(1))
    assert bodies(spool) == [b"2"]
    assert bodies(Spool(tmp_path)) == [b"2"]


def test_files_of_the_hook_are_found_with_their_subject(tmp_path):
    spool = Spool(tmp_path)
    hook_file(tmp_path, 1_795_000_000_000_000_000, b"nic")
    assert len(spool) == 0
    spool.refresh()
    [parcel] = spool.oldest(10)
    assert (parcel.subject, parcel.body) == ("net", b"nic")


def test_files_of_the_os_definition_are_found_and_dropped_before_what_jobs_have_told(tmp_path):
    spool = Spool(tmp_path, limit=2)
    spool.put([("op", b"1"), ("op", b"2")])
    (tmp_path / f"{10**18:020d}-77.progress.json").write_bytes(b"half")
    [parcel] = Spool(tmp_path).oldest(10)[2:]
    assert (parcel.subject, parcel.body) == ("progress", b"half")
    spool.refresh()
    assert bodies(spool) == [b"1", b"2"]


def test_only_whole_messages_of_ours_are_taken_up(tmp_path):
    for name in (
        ".00000000000000000001.op.json.tmp",
        "README",
        "00000000000000000001.op.json.bak",
        "1.op.json",
        "x.net.json",
    ):
        (tmp_path / name).write_bytes(b"half a mess")
    assert len(Spool(tmp_path)) == 0


def test_what_a_crash_left_half_written_is_cleared_away(tmp_path):
    (tmp_path / ".00000000000000000001.op.json.tmp").write_bytes(b"half a mess")
    Spool(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_beyond_its_bound_it_takes_no_job_message_and_keeps_what_it_has(tmp_path):
    spool = Spool(tmp_path, limit=2)
    spool.put([("op", b"1"), ("op", b"2")])
    with pytest.raises(SpoolFull):
        spool.put([("op", b"3")])
    assert bodies(spool) == [b"1", b"2"]


def test_beyond_its_bound_the_oldest_notes_of_the_hook_are_dropped(tmp_path):
    for order in range(5):
        hook_file(tmp_path, 10**18 + order, json.dumps(order).encode())
    assert bodies(Spool(tmp_path, limit=2)) == [b"3", b"4"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.rename"])
def test_a_full_disk_is_a_full_spool(tmp_path, monkeypatch, step):
    spool = Spool(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(SpoolFull, match="No space left"):
        spool.put([("op", b"1")])
    assert len(spool) == 0


def test_a_file_too_large_to_be_a_message_is_dropped(tmp_path):
    large = hook_file(tmp_path, 10**18, b"x" * (MAX_BYTES + 1))
    assert bodies(Spool(tmp_path)) == []
    assert not large.exists()


def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(tmp_path):
    (tmp_path / f"{10**18:020d}-77.net.json").mkdir()
    hook_file(tmp_path, 10**18 + 1, b"good")
    spool = Spool(tmp_path)
    assert bodies(spool) == [b"good"]
    spool.refresh()
    assert bodies(spool) == [b"good"]


def test_another_process_may_have_taken_a_file_away(tmp_path):
    spool = Spool(tmp_path)
    spool.put([("op", b"1"), ("op", b"2")])
    taken = spool.oldest(2)
    (tmp_path / taken[0].name).unlink()
    spool.remove(taken)
    assert len(spool) == 0
