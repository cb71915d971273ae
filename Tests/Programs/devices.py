"""Calls through sound cards, cameras, files and pipes: what goes in at one end is measured at the other.

The sound cards are two null sinks of a private PulseAudio, reached through ALSA like any card; the camera is
`Tests/Devices/fakecam.c`. `Tests/Devices/call-check` does the same with the kernel's drivers.
"""

import array
import asyncio
import contextlib
import os
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Home, decodes, join, program, serve
from equipment import SoundCards, fake_camera, holdable_card, unpluggable_camera
from processes import Process
from sound import level_db, rate, read_growing, read_samples, tone_settles, write_tone
from suite import run_suite, test


untouched = ("--voice-processing", "never")
"""A steady tone is what noise suppression takes away."""


@test(seconds=60, needs=["pulseaudio", "paplay", "parec"])
async def a_tone_goes_from_a_microphone_to_a_loudspeaker_at_its_pitch_and_level():
    async with SoundCards() as cards, call_server() as server:
        await cards.play("a")
        ann = await join(f"{server.url}/card", "ann", "--audio-only", *untouched, camera="none", mic="client_a_mic", prefix=cards.prefix)
        bob = await join(f"{server.url}/card", "bob", "--audio-only", camera="none", mic="silence", speaker="client_b",
                         prefix=cards.prefix)
        await bob.event("first-audio", participant="ann")
        await tone_settles(await cards.record("b"), 1000)
        await leave(ann, bob)


@test(seconds=60, needs=["pulseaudio", "paplay", "parec"])
async def two_sound_cards_carry_a_tone_each_way_at_once():
    async with SoundCards() as cards, call_server() as server:
        # Nobody plays into what another records, so there is no echo.
        await cards.play("a", 1000)
        await cards.play("c", 1400)
        ann = await join(f"{server.url}/both", "ann", "--audio-only", *untouched, camera="none", mic="client_a_mic", speaker="client_d",
                         prefix=cards.prefix)
        bob = await join(f"{server.url}/both", "bob", "--audio-only", *untouched, camera="none", mic="client_c_mic", speaker="client_b",
                         prefix=cards.prefix)
        await ann.event("first-audio", participant="bob")
        await bob.event("first-audio", participant="ann")
        await tone_settles(await cards.record("b"), 1000)
        await tone_settles(await cards.record("d"), 1400)
        await leave(ann, bob)


@test(seconds=90, needs=["pulseaudio"])
async def what_the_loudspeaker_plays_is_not_sent_back():
    async with SoundCards() as cards, call_server() as server:
        echo = None
        for use in ("never", "auto"):
            with tempfile.TemporaryDirectory() as folder:
                heard = f"{folder}/out.wav"
                bob = await join(f"{server.url}/echo", "bob", "--audio-only", camera="none", mic="speech", speaker=heard)
                # Her microphone hears her loudspeaker, and nothing else.
                ann = await join(f"{server.url}/echo", "ann", "--audio-only", "--voice-processing", use, camera="none",
                                 mic="client_a_mic", speaker="client_a", prefix=cards.prefix)
                await bob.event("first-audio", participant="ann")
                if use == "never":
                    echo = await quiet_within(heard, 10, below=0)
                    assert echo > -45, f"there is no echo to cancel: {echo} dB"
                else:
                    left = await quiet_within(heard, 10, below=echo - 30)
                    assert left < echo - 30, f"{left} dB are left of an echo of {echo} dB"
                await leave(bob, ann)


@test(seconds=60, needs=["pulseaudio"])
async def no_echo_is_heard_from_the_first_moment_on_nor_after_the_sound_server_hung():
    async with SoundCards() as cards, call_server() as server:
        with tempfile.TemporaryDirectory() as folder:
            heard = f"{folder}/out.wav"
            bob = await join(f"{server.url}/hang", "bob", "--audio-only", camera="none", mic="speech", speaker=heard)
            ann = await join(f"{server.url}/hang", "ann", "--audio-only", camera="none", mic="client_a_mic", speaker="client_a",
                             prefix=cards.prefix)
            await bob.event("first-audio", participant="ann")
            await sound_of(heard, 7)
            cards.stop_answering()
            await asyncio.sleep(0.15)
            cards.answer_again()
            samples = await sound_of(heard, 10)
            levels = [level_db(samples[at:at + rate // 5]) for at in range(0, 10 * rate, rate // 5)]
            # Unhindered, the echo is louder than -30 dB in most of these fifths of a second.
            assert sum(level > -45 for level in levels) <= 1, levels
            await leave(bob, ann)


async def sound_of(recording, seconds):
    while len(samples := read_growing(recording)) < seconds * rate:
        await asyncio.sleep(0.1)
    return samples


async def quiet_within(recording, seconds, below):
    """The level of the last four seconds heard, once it is that low and ten seconds have passed; at the latest then."""
    while True:
        samples = read_growing(recording)
        level = level_db(samples[-4 * rate:]) if len(samples) >= 10 * rate else None
        if level is not None and (level < below or len(samples) >= seconds * rate):
            return level
        await asyncio.sleep(0.2)


@test(seconds=45)
async def a_file_is_the_microphone_and_a_file_is_the_loudspeaker():
    async with call_server() as server:
        with tempfile.TemporaryDirectory() as folder:
            write_tone(f"{folder}/in.wav", 1000)
            ann = await join(f"{server.url}/file", "ann", "--audio-only", camera="none", mic=f"{folder}/in.wav")
            bob = await join(f"{server.url}/file", "bob", "--audio-only", camera="none", mic="silence", speaker=f"{folder}/out.wav")
            await bob.event("first-audio", participant="ann")
            await tone_settles(lambda: read_growing(f"{folder}/out.wav"), 1000)
            written = len(read_growing(f"{folder}/out.wav"))
            await leave(bob, ann)
            assert len(read_samples(f"{folder}/out.wav")) >= written, "the header of the finished file counts too few samples"


@test(seconds=45)
async def pipes_carry_pcm_both_ways():
    async with call_server() as server:
        ann = await Piped.join(f"{server.url}/pipe", "ann", 700)
        bob = await Piped.join(f"{server.url}/pipe", "bob", 1100)
        for client, frequency in ((ann, 1100), (bob, 700)):
            await tone_settles(lambda: client.samples, frequency)
        for client in (ann, bob):
            client.signal(signal.SIGTERM)
            assert await client.wait(5) == 0, client.report()
            elapsed, heard = time.monotonic() - client.began, len(client.samples) / rate
            assert heard < elapsed + 0.5, f"{client.name} wrote {heard:.1f} s of sound in {elapsed:.1f} s"


@test(seconds=60, needs=["pulseaudio", "paplay", "parec", "arecord", "aplay", "bash"])
async def arecord_and_aplay_are_the_devices_of_a_call_in_a_pipe():
    """`arecord | confab join … --mic - --speaker - | aplay`, on both sides of the call."""
    async with SoundCards() as cards, call_server() as server:
        # Nobody plays into what another records, so there is no echo.
        await cards.play("a", 1000)
        await cards.play("c", 1400)
        link = f"{server.url}/shell"
        ann = await cards.pipeline(link, "ann", microphone="client_a_mic", speaker="client_d")
        bob = await cards.pipeline(link, "bob", microphone="client_c_mic", speaker="client_b")
        await tone_settles(await cards.record("b"), 1000)
        await tone_settles(await cards.record("d"), 1400)
        for side in (ann, bob):
            leaving = await Process.start([program, "ctl", "--ctl", side.control, "leave"], extra_environment=side.home.environment)
            assert await leaving.wait(5) == 0, leaving.report()
            # arecord ends when nobody takes its sound any more; aplay plays what is left.
            ended = await side.stderr_line(r"^statuses \d+ (\d+) (\d+)$", 10)
            assert ended.groups() == ("0", "0"), side.report()


@test(seconds=40)
async def what_cannot_be_opened_is_told_in_one_line_with_status_66():
    async with call_server() as server:
        with tempfile.TemporaryDirectory() as folder:
            noise = pathlib.Path(folder, "noise.wav")
            noise.write_bytes(b"this is no sound at all")
            rows = [
                dict(mic="hw:99"), dict(camera="/dev/video99"), dict(mic=f"{folder}/missing.wav"),
                dict(camera=f"{folder}/missing.webm"), dict(mic=str(noise)), dict(camera=folder),
            ]
            for row in rows:
                client = await join(f"{server.url}/closed", "ann", **{"camera": "none", "mic": "silence", **row})
                status = await client.wait(10)
                assert status == 66, f"{row}: status {status}\n{client.report()}"
                assert len(client.tail) == 1, f"{row}: {len(client.tail)} lines on standard error\n{client.report()}"
                line, asked = client.tail[0], next(iter(row.values()))
                assert asked in line or os.path.basename(asked) in line, f"{row}: not named in {line!r}"
                assert len(line) < 400, f"{row}: {len(line)} characters"


@test(seconds=45, needs=["cc"])
async def a_camera_is_seen_by_the_other_side():
    async with call_server() as server:
        with fake_camera() as prefix:
            ann = await join(f"{server.url}/camera", "ann", camera="/dev/video9", prefix=prefix)
            bob = await join(f"{server.url}/camera", "bob")
            await bob.event("first-frame", participant="ann", track="camera")
            await decodes(bob, "ann", frames=20)
            await leave(bob, ann)
            assert not ann.found("error"), ann.report()


@test(seconds=60, needs=["cc"])
async def a_camera_that_is_unplugged_is_told_and_the_call_goes_on():
    async with call_server() as server:
        with fake_camera(FAKECAM_FAIL_AFTER=60) as prefix:
            bob = await join(f"{server.url}/unplug", "bob")
            await bob.event("joined")
            ann = await join(f"{server.url}/unplug", "ann", camera="/dev/video9", prefix=prefix)
            await bob.event("first-frame", participant="ann", track="camera")
            await bob.event("first-audio", participant="ann")
            lost = await ann.event("error", code="camera-lost")
            assert lost["fatal"] is False and "/dev/video9" in lost["message"], lost
            carol = await join(f"{server.url}/unplug", "carol")
            await carol.event("first-audio", participant="ann")
            await ann.event("first-frame", participant="carol")
            for client in (bob, carol):
                assert not client.found("participant-left"), client.report()
            await leave(ann, bob)
            heard = bob.participant("ann")
            assert heard["audioLevelDb"] > -40 and heard["audioMs"] > 3000, heard


@test(seconds=60, needs=["cc"])
async def a_camera_that_is_plugged_in_again_is_seen_again():
    with unpluggable_camera() as (prefix, gone):
        async with call_server() as server:
            bob = await join(f"{server.url}/replug", "bob")
            await bob.event("joined")
            ann = await join(f"{server.url}/replug", "ann", camera="/dev/video9", prefix=prefix, stdin=asyncio.subprocess.PIPE)
            await bob.event("first-frame", participant="ann")
            gone.touch()
            await ann.event("error", code="camera-lost")
            await bob.event("track-stopped", participant="ann", track="camera")
            report = await bob.event("quality", count=len(bob.found("quality")) + 1)
            decoded = next(each["framesDecoded"] for each in report["participants"] if each["participant"] == "ann")
            gone.unlink()
            await ann.event("error", code="camera-back")
            await bob.event("track-started", participant="ann", track="camera", count=2)
            await decodes(bob, "ann", frames=decoded + 20)
            # A camera that was switched off stays so when it is back.
            await ann.write("camera-off\n")
            await bob.event("track-stopped", participant="ann", track="camera", count=2)
            gone.touch()
            await ann.event("error", code="camera-lost", count=2)
            gone.unlink()
            await ann.event("error", code="camera-back", count=2)
            await ann.write("chat back\n")
            await bob.event("chat", participant="ann", text="back")
            assert len(bob.found("track-started", participant="ann", track="camera")) == 2, bob.report()
            await ann.write("camera-on\n")
            await bob.event("track-started", participant="ann", track="camera", count=3)
            await leave(ann, bob)


@test(seconds=60, needs=["pulseaudio", "paplay", "cc"])
async def a_sound_card_that_another_program_holds_is_told_and_used_once_it_is_free():
    with holdable_card() as (holding, held):
        async with SoundCards() as cards, call_server() as server:
            prefix = [*cards.prefix, *holding]
            held.touch()
            refused = await join(f"{server.url}/busy", "ann", camera="none", mic="client_a_mic", prefix=prefix)
            assert await refused.wait(10) == 66, refused.report()
            assert len(refused.tail) == 1 and "client_a_mic is in use" in refused.tail[0], refused.report()
            without = await join(f"{server.url}/busy", "ann", camera="none", mic="auto", speaker="auto", prefix=prefix)
            await without.event("error", code="device", count=2)
            for noun in ("microphone", "speaker"):
                assert [each for each in without.found("error", code="device") if f"no {noun}" in each["message"]
                        and "in use" in each["message"]], without.report()
            await leave(without)
            held.unlink()
            ann = await join(f"{server.url}/busy", "ann", camera="none", mic="client_a_mic", prefix=prefix)
            await ann.event("joined")
            held.touch()
            await cards.lose()
            await ann.event("error", code="microphone-lost")
            await cards.come_back()
            bob = await join(f"{server.url}/busy", "bob", camera="none")
            await ann.event("quality", count=len(ann.found("quality")) + 1)
            assert not ann.found("error", code="microphone-back"), ann.report()
            held.unlink()
            await ann.event("error", code="microphone-back")
            await leave(ann, bob)


@test(seconds=75, needs=["pulseaudio", "paplay", "parec"])
async def a_microphone_and_a_speaker_that_went_away_are_used_again():
    """The sound server dies and comes back: `auto` and names wait for what they had, and the call goes on in silence."""
    async with SoundCards() as cards, call_server() as server:
        await cards.play("a", 1000)
        file = f"{cards.folder}/bob.wav"
        bob = await join(f"{server.url}/away", "bob", "--audio-only", camera="none", mic="tone", speaker=file)
        for name, mic, speaker in (("ann", "auto", "auto"), ("eve", "client_a_mic", "client_b")):
            ann = await join(f"{server.url}/away", name, "--audio-only", *untouched, mic=mic, speaker=speaker, prefix=cards.prefix)
            await ann.event("first-audio", participant="bob")
            await bob.event("first-audio", participant=name)
            await cards.lose()
            for code in ("microphone-lost", "speaker-lost"):
                lost = await ann.event("error", code=code)
                assert lost["fatal"] is False, lost
            # Devices are looked for every other second, this is told every five.
            await ann.event("quality", count=len(ann.found("quality")) + 2)
            assert not ann.found("error", code="speaker-back") and not ann.found("error", code="microphone-back"), ann.report()
            await cards.come_back()
            await cards.play("a", 1000)
            for code in ("microphone-back", "speaker-back"):
                await ann.event("error", code=code)
            await tone_settles(await cards.record("b"), 440)
            await tone_settles(lambda: read_growing(file), 1000)
            await leave(ann)
        await leave(bob)


class Piped(Process):
    """A client whose microphone and loudspeaker are standard input and output, fed with a tone."""

    @classmethod
    async def join(cls, link, name, frequency):
        command = [program, "join", link, "--headless", "--audio-only", "--events", "none", "--name", name, "--mic", "-", "--speaker", "-"]
        self = await cls.start(command, name=name, stdin=asyncio.subprocess.PIPE, extra_environment=Home().environment)
        self.samples, self.began = array.array("h"), time.monotonic()
        self._readers += [asyncio.create_task(self._collect()), asyncio.create_task(self._feed(frequency))]
        return self

    async def _collect(self):
        rest = b""
        while data := await self._child.stdout.read(1 << 16):
            data = rest + data
            whole = len(data) // 2 * 2
            self.samples.frombytes(data[:whole])
            rest = data[whole:]

    async def _feed(self, frequency):
        with tempfile.TemporaryDirectory() as folder:
            write_tone(f"{folder}/tone.wav", frequency, seconds=1)
            second = read_samples(f"{folder}/tone.wav").tobytes()
        with contextlib.suppress(ConnectionError):
            while self._child.returncode is None:
                self._child.stdin.write(second)
                await self._child.stdin.drain()


@contextlib.asynccontextmanager
async def call_server():
    server = await serve()
    yield server
    await server.stop()


async def leave(*clients):
    for client in clients:
        await client.leave()
        assert client.status == 0, client.report()


if __name__ == "__main__":
    run_suite()
