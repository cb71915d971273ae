"""A participant made with LiveKit's official SDK: publishes a tone and a moving picture, and measures what it gets."""

import asyncio
import datetime
import math

import numpy
from livekit import api, rtc

key, secret = "devkey", "secretsecretsecretsecretsecretsecret"


def token(identity, room="lab", lifetime=3600, signed_with=secret, **grants):
    """An access token; `grants` are those of the `video` claim."""
    return (
        api.AccessToken(key, signed_with).with_identity(identity).with_name(identity.title())
        .with_ttl(datetime.timedelta(seconds=lifetime))
        .with_grants(api.VideoGrants(**{"room_join": True, "room": room, **grants})).to_jwt())


class Remote:
    """What came of one other participant."""

    def __init__(self):
        self.frames = 0
        self.size = (0, 0)
        self.samples = numpy.zeros(0)

    @property
    def frequency(self):
        """The strongest frequency in the newest half second, in hertz."""
        if len(self.samples) < 24_000:
            return 0
        spectrum = numpy.abs(numpy.fft.rfft(self.samples[-24_000:] * numpy.hanning(24_000)))
        return int(numpy.argmax(spectrum)) * 2


class LiveKitPeer:
    def __init__(self, name):
        self.name = name
        self.room = rtc.Room()
        self.events = []
        self.remotes = {}
        self.texts = []
        self.data = []
        self._tasks = []
        self._news = asyncio.Event()
        self._note("track_subscribed", lambda track, publication, participant: self._receive(track, participant))
        self._note("data_received", lambda packet: self.data.append(
            (packet.participant.identity if packet.participant else "", bytes(packet.data), packet.topic)))
        for event in (
            "participant_connected", "participant_disconnected", "track_published", "track_unpublished", "track_unsubscribed",
            "track_muted", "track_unmuted", "active_speakers_changed", "participant_metadata_changed",
            "participant_name_changed", "participant_attributes_changed", "reconnecting", "reconnected", "disconnected",
            "connection_quality_changed", "local_track_subscribed", "room_metadata_changed",
        ):
            self._note(event)

    @classmethod
    async def join(cls, url, name, options=None, access=None, **grants):
        peer = cls(name)
        peer.room.register_text_stream_handler("lk.chat", peer._read_text)
        await peer.room.connect(url.replace("http", "ws", 1), access or token(name, **grants), options or rtc.RoomOptions())
        return peer

    def found(self, event):
        return [arguments for name, arguments in self.events if name == event]

    async def until(self, condition, seconds=15, what="it"):
        """Waits until `condition` holds; it is looked at whenever something happens, and every tenth of a second."""
        async def wait():
            while not condition():
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), 0.1)
                except asyncio.TimeoutError:
                    pass

        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            names = [name for name, _ in self.events]
            raise AssertionError(f"{self.name}: no {what} within {seconds} s; events: {names[-20:]}") from None

    async def event(self, name, seconds=15, count=1, check=lambda *arguments: True):
        await self.until(lambda: sum(check(*each) for each in self.found(name)) >= count, seconds, name)
        return [each for each in self.found(name) if check(*each)][count - 1]

    # What it publishes

    async def publish_tone(self, frequency):
        source = rtc.AudioSource(48_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("tone", source)
        self._tasks.append(asyncio.create_task(self._play(source, frequency)))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        return await self.room.local_participant.publish_track(track, options)

    async def publish_picture(self, width=960, height=540, simulcast=True):
        source = rtc.VideoSource(width, height)
        track = rtc.LocalVideoTrack.create_video_track("picture", source)
        self._tasks.append(asyncio.create_task(self._film(source, width, height)))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=simulcast)
        return await self.room.local_participant.publish_track(track, options)

    async def _play(self, source, frequency):
        position = 0
        while True:
            angles = 2 * math.pi * frequency * (position + numpy.arange(480)) / 48_000
            samples = (8_000 * numpy.sin(angles)).astype(numpy.int16)
            position += 480
            await source.capture_frame(rtc.AudioFrame(samples.tobytes(), 48_000, 1, 480))

    async def _film(self, source, width, height):
        number = 0
        while True:
            luma = ((numpy.arange(width, dtype=numpy.uint32)[None, :] + numpy.arange(height, dtype=numpy.uint32)[:, None] + 4 * number) % 256).astype(numpy.uint8)
            chroma = numpy.full(width * height // 2, 128, numpy.uint8)
            data = luma.tobytes() + chroma.tobytes()
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data))
            number += 1
            await asyncio.sleep(1 / 15)

    # What it gets

    def remote(self, identity):
        return self.remotes.setdefault(identity, Remote())

    async def sees(self, identity, more_than=3, seconds=20):
        remote = self.remote(identity)
        target = remote.frames + more_than
        await self.until(lambda: remote.frames > target, seconds, f"pictures of {identity}")

    async def hears(self, identity, frequency, seconds=20):
        await self.until(
            lambda: abs(self.remote(identity).frequency - frequency) <= 4, seconds,
            f"tone of {frequency} Hz from {identity} ({self.remote(identity).frequency} Hz now)")

    def _receive(self, track, participant):
        remote = self.remote(participant.identity)
        reader = self._watch if track.kind == rtc.TrackKind.KIND_VIDEO else self._listen
        self._tasks.append(asyncio.create_task(reader(track, remote)))

    async def _watch(self, track, remote):
        async for event in rtc.VideoStream(track):
            remote.frames += 1
            remote.size = (event.frame.width, event.frame.height)
            self._news.set()

    async def _listen(self, track, remote):
        async for event in rtc.AudioStream(track, sample_rate=48_000, num_channels=1):
            samples = numpy.frombuffer(event.frame.data, numpy.int16).astype(float)
            remote.samples = numpy.concatenate([remote.samples, samples])[-48_000:]
            self._news.set()

    def _read_text(self, reader, identity):
        async def read():
            self.texts.append((identity, await reader.read_all()))
            self._news.set()

        self._tasks.append(asyncio.create_task(read()))

    def _note(self, event, action=lambda *arguments: None):
        def handle(*arguments):
            self.events.append((event, arguments))
            action(*arguments)
            self._news.set()

        self.room.on(event, handle)

    async def leave(self):
        for task in self._tasks:
            task.cancel()
        await self.room.disconnect()
