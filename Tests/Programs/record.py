#!/usr/bin/env python3
"""Recordings: what is in the files, in step, whole or cut off; live into a pipe; played again."""

import asyncio
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "Support"), str(here.parent / "Interop")]
from browsers import Chromium
from confab import Confab, Home, join, program, sees_and_hears, serve
from films import Film, run
from processes import Process
from sound import level_of, read_samples
from suite import Skip, run_suite, test
from tmux import Terminal

in_step = 0.040


def assert_in_step(name, lag):
    median, spread = lag
    assert abs(median) <= in_step, f"{name}: sound is {median * 1000:.0f} ms behind the picture (spread {spread * 1000:.0f} ms)"
    assert spread <= in_step, f"{name}: sound moves by {spread * 1000:.0f} ms against the picture"
    print(f"    {name}: sound {median * 1000:+.1f} ms, spread {spread * 1000:.1f} ms")


@test(seconds=90, needs=["ffmpeg", "ffprobe"])
async def a_recording_holds_everybody_in_step_also_after_a_kill():
    """Ann and bob record; carol comes late. Ann stops politely, bob is killed. Ann also has a file of each of the others."""
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        link = f"{server.url}/tea"
        ann = await join(link, "ann", "--record", f"{folder}/tea.webm", "--record-each", f"{folder}/each", "--view", "0x0", mic="beep")
        await ann.event("recording", state="started", file=f"{folder}/tea.webm")
        began = time.monotonic()
        bob = await join(link, "bob", "--record", f"{folder}/cut.webm", "--record-size", "320x180", mic="beep")
        await bob.event("recording", state="started")
        bob_began = time.monotonic()
        await sees_and_hears(bob, "ann")
        await asyncio.sleep(4)
        carol = await join(link, "carol", mic="beep")
        came = time.monotonic() - began
        await sees_and_hears(bob, "carol")
        await asyncio.sleep(5)
        bob.signal(signal.SIGKILL)
        killed = time.monotonic()
        await asyncio.sleep(1)
        summary = await ann.leave()
        stopped = ann.found("recording", state="stopped", file=f"{folder}/tea.webm")
        assert stopped and stopped[0]["bytes"] == os.path.getsize(f"{folder}/tea.webm"), ann.report()
        assert summary["exitStatus"] == 0
        await carol.leave()

        film = await Film.probe(f"{folder}/tea.webm")
        assert abs(film.duration - stopped[0]["seconds"]) < 0.1, (film.duration, stopped)
        expected = [(name, kind) for name in ("ann", "bob", "carol") for kind in ("audio", "video")]
        assert sorted((each.title, each.kind) for each in film.tracks) == expected, film.tracks
        assert {each.codec for each in film.tracks} == {"vp8", "opus"}
        assert film.track("bob", "video").width == 640, "the size asked for, though nobody looks"
        await film.decodes()
        for name in ("ann", "bob", "carol"):
            assert_in_step(name, await film.lag(name))
            times = await film.times(film.track(name, "audio"))
            assert times == sorted(times) and times[-1] > film.duration - 0.1, (name, times[-1], film.duration)
            assert max(b - a for a, b in zip(times, times[1:])) < 0.045, name
        late = await film.times(film.track("carol", "video"))
        assert came - 0.5 < late[0] < came + 3, (late[0], came)

        cut = await Film.probe(f"{folder}/cut.webm")
        lost = killed - bob_began - cut.duration
        assert 0 <= lost < 1.2, f"{lost:.2f} s are lost"
        ends = [(await cut.times(each))[-1] for each in cut.tracks]
        assert abs(max(ends) - cut.duration) < 0.1, (ends, cut.duration)
        # The first picture may come in the size that is sent before any was asked for.
        assert len(cut.tracks) == 6 and cut.track("bob", "video").width == 320, cut.tracks
        await cut.decodes()
        for name in ("ann", "bob"):
            assert_in_step(f"{name}, cut off", await cut.lag(name))

        files = sorted(os.listdir(f"{folder}/each"))
        assert files == ["bob.webm", "carol.webm"], files
        for name in ("bob", "carol"):
            each = await Film.probe(f"{folder}/each/{name}.webm")
            assert [track.title for track in each.tracks] == [name, name], each.tracks
            assert_in_step(f"{name}, alone", await each.lag(name))
        await played_by_chromium(f"{folder}/tea.webm", film.duration)
        await played_by_chromium(f"{folder}/cut.webm", cut.duration)
        await played_by_ourselves(folder, film.duration)
        await played_on_the_screen(folder)


async def played_by_chromium(path, duration):
    if not shutil.which("chromium"):
        return
    chromium = await Chromium.start(devices=False)
    page = await chromium.page()
    await page.open(f"file://{path}")
    await page.until("const v = document.querySelector('video'); v.muted = true; return v.videoWidth > 0 && v.readyState >= 2")
    told = await page.run("return document.querySelector('video').duration")
    assert abs(told - duration) < 0.1, (told, duration)
    # Another place, then on from there.
    await page.run("const v = document.querySelector('video'); v.currentTime = 3; await v.play()")
    await page.until("const v = document.querySelector('video'); return v.currentTime > 3.5 && !v.error", 10)
    await chromium.close()


async def played_by_ourselves(folder, duration):
    player = await Confab.launch("play", f"{folder}/tea.webm", "--headless", "--start", "2s", "--speed", "2",
                                 "--speaker", f"{folder}/heard.wav")
    await player.event("first-frame", 5)
    await player.event("first-audio", 5)
    ended = await player.event("playback", 30, state="ended")
    assert abs(ended["duration"] - duration) < 0.1, ended
    assert await player.wait(5) == 0, player.report()
    shown = player.summary["participants"][0]
    assert shown["framesDecoded"] > 100, shown
    heard = len(read_samples(f"{folder}/heard.wav")) / 48_000
    assert abs(heard - (duration - 2) / 2) < 1, f"{heard} s at double speed of {duration - 2} s"


async def played_on_the_screen(folder):
    if not shutil.which("tmux"):
        return
    with Terminal(100, 30, Home()) as terminal:
        terminal.run(f"{program} play --speaker none {folder}/tea.webm")
        await terminal.until(r"0:0[1-9] / 0:1\d")
        for name in ("ann", "bob", "carol"):
            await terminal.until(f"(?m)^.*\\b{name}\\b")
        assert "▀" in terminal.screen and "━" in terminal.screen
        terminal.press("Space")
        await terminal.until("paused")
        terminal.press("Home")
        await terminal.until(r"paused\s+0:00 /")
        terminal.press("Right")
        await terminal.until(r"paused\s+0:05 /")
        terminal.press("]", "Space")
        await terminal.until("1.25×")
        await terminal.until(r"0:0[7-9] / ")
        terminal.press("q")
        await terminal.until(r"^\$ ")
        assert not terminal.is_full_screen


@test(seconds=75, needs=["ffmpeg", "ffprobe"])
async def a_recording_through_the_media_server_is_in_step_also_after_a_kill():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        link = f"{server.url}/served"
        ann = await join(link, "ann", "--mode", "server", "--record", f"{folder}/whole.webm", "--record-each", f"{folder}/each",
                         "--view", "0x0", mic="beep")
        await ann.event("joined", mode="server")
        bob = await join(link, "bob", "--record", f"{folder}/cut.webm", "--record-size", "320x180", mic="beep")
        await bob.event("recording", state="started")
        bob_began = time.monotonic()
        await sees_and_hears(bob, "ann")
        await asyncio.sleep(8)
        bob.signal(signal.SIGKILL)
        killed = time.monotonic()
        await asyncio.sleep(1)
        await ann.leave()
        stopped = ann.found("recording", state="stopped", file=f"{folder}/whole.webm")
        whole = await judge(f"{folder}/whole.webm", "ann", "bob")
        assert abs(whole.duration - stopped[0]["seconds"]) < 0.1, (whole.duration, stopped)
        assert whole.track("bob", "video").width == 640, "the size asked for, though nobody looks"
        cut = await judge(f"{folder}/cut.webm", "ann", "bob")
        assert 0 <= killed - bob_began - cut.duration < 1.2, (killed - bob_began, cut.duration)
        await judge(f"{folder}/each/bob.webm", "bob")


@test(seconds=75, needs=["ffmpeg", "ffprobe"])
async def a_recording_goes_on_in_step_when_the_call_moves_to_the_media_server():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        link = f"{server.url}/moves"
        ann = await join(link, "ann", "--record", f"{folder}/moved.webm", mic="beep")
        bob = await join(link, "bob", mic="beep")
        await sees_and_hears(ann, "bob")
        await sees_and_hears(bob, "ann")
        await asyncio.sleep(4)
        # Whoever plays a live stream of the room makes it move.
        await Confab.launch("watch", f"{server.url}/whep/moves?participant=bob", "--headless", "--speaker", "none", name="watch")
        for client in (ann, bob):
            await client.event("mode-changed", mode="server")
        await asyncio.sleep(6)
        await ann.leave()
        stopped = ann.found("recording", state="stopped")
        film = await judge(f"{folder}/moved.webm", "ann", "bob")
        assert abs(film.duration - stopped[0]["seconds"]) < 0.1, (film.duration, stopped)
        pictures = await film.times(film.track("bob", "video"))
        assert max(b - a for a, b in zip(pictures, pictures[1:])) < 1, "the picture stood still while the call moved"


async def judge(path, *names):
    """What any recording has to be: two tracks a person, decodable, without holes in the sound, in step."""
    film = await Film.probe(path)
    assert sorted((each.title, each.kind) for each in film.tracks) == [
        (name, kind) for name in names for kind in ("audio", "video")], film.tracks
    await film.decodes()
    for name in names:
        times = await film.times(film.track(name, "audio"))
        assert times[-1] > film.duration - 0.1, (name, times[-1], film.duration)
        assert max(b - a for a, b in zip(times, times[1:])) < 0.045, name
        assert_in_step(f"{name} in {os.path.basename(path)}", await film.lag(name))
    return film


@test(seconds=40, needs=["ffprobe"])
async def recording_begins_and_ends_by_command():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        ann = await join(f"{server.url}/command", "ann", stdin=asyncio.subprocess.PIPE)
        bob = await join(f"{server.url}/command", "bob")
        await sees_and_hears(ann, "bob")
        await ann.write(f"record {folder}/no/such/place.webm\n")
        await ann.event("error", code="bad-command")
        await ann.write(f"record {folder}/part.webm\n")
        await ann.event("recording", state="started")
        await asyncio.sleep(3)
        await ann.write("stop-recording\n")
        stopped = await ann.event("recording", state="stopped")
        film = await Film.probe(f"{folder}/part.webm")
        assert abs(film.duration - stopped["seconds"]) < 0.1 and len(film.tracks) == 4, (film.duration, stopped, film.tracks)
        assert min([(await film.times(each))[0] for each in film.tracks]) < 0.1
        await ann.write("stop-recording\n")
        await ann.event("error", code="bad-command", count=2)
        await bob.leave()


@test(seconds=40)
async def what_cannot_be_written_is_told():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        ann = await join(f"{server.url}/refused", "ann", "--record", f"{folder}/no/such/place.webm")
        assert await ann.wait(10) == 73, ann.report()
        bob = await join(f"{server.url}/refused", "bob", "--record", "/dev/full")
        assert await bob.wait(10) == 73, bob.report()


@test(seconds=40, needs=["unshare", "ffprobe"])
async def a_full_disk_ends_the_recording_and_not_the_call():
    if os.getuid() != 0:
        raise Skip("only root can make a small disk")
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        script = f"mount -t tmpfs -o size=300k none {folder} && \"$@\"; status=$?; cp {folder}/full.webm {folder}.webm; exit $status"
        bob = await join(f"{server.url}/full", "bob")
        ann = await join(
            f"{server.url}/full", "ann", "--record", f"{folder}/full.webm", "--duration", "12s",
            prefix=["unshare", "-m", "sh", "-c", script, "sh"])
        failed = await ann.event("recording", 15, state="failed")
        assert failed["file"] == f"{folder}/full.webm"
        await ann.event("quality", 8, count=len(ann.found("quality")) + 1)
        assert await ann.wait(20) == 73, ann.report()
        assert ann.found("left", reason="duration"), ann.report()
        film = await Film.probe(f"{folder}.webm")
        os.unlink(f"{folder}.webm")
        assert film.duration > 0.5 and film.tracks, film.duration


@test(seconds=60, needs=["ffmpeg", "ffprobe"])
async def a_live_recording_is_restreamed_by_rtmp():
    """confab | ffmpeg -f flv rtmp://…, into a receiver that is an RTMP server."""
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        port = 19_350 + os.getpid() % 500
        receiver = await Process.start(
            ["ffmpeg", "-v", "error", "-listen", "1", "-timeout", "40", "-i", f"rtmp://127.0.0.1:{port}/live/tea", "-t", "6", "-c", "copy",
             "-y", f"{folder}/received.flv"], name="receiver")
        bob = await join(f"{server.url}/live", "bob", mic="tone")
        await bob.event("joined")
        command = (
            f"'{program}' join {server.url}/live --headless --name ann --camera test --mic silence --speaker none --record - "
            f"--record-size 320x180 --events json:3 3>{folder}/events | ffmpeg -v error -i - -c:v libx264 -preset ultrafast -tune zerolatency "
            f"-g 50 -c:a aac -f flv rtmp://127.0.0.1:{port}/live/tea")
        sender = await Process.start(["sh", "-c", command], name="restream")
        assert await receiver.wait(45) == 0, receiver.report() + sender.report()
        await sender.wait(15)
        film = await Film.probe(f"{folder}/received.flv")
        assert sorted(each.kind for each in film.tracks) == ["audio", "video"], film.tracks
        video = next(each for each in film.tracks if each.kind == "video")
        assert (video.width, video.height) == (320, 180), video
        assert 5 < film.duration < 7, film.duration
        sound = await film.samples(next(each for each in film.tracks if each.kind == "audio"))
        assert level_of(sound[-96_000:-48_000], 440) > -30, "bob's tone is not in what was streamed"


if __name__ == "__main__":
    run_suite()
