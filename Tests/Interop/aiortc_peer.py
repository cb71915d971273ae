"""A participant by aiortc, written from the design's section on mesh signalling and from nothing else of confab.

It joins over HTTP, speaks `confab.mesh.v1`, sends a picture that carries frame codes and a tone, and measures what it
receives: the codes in decoded frames, the pitch and level of decoded sound, chat.
"""

import asyncio
import contextlib
import fractions
import json
import time

import av
import numpy
import websockets
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp

import framecode
from web import request

rate = 48_000


class Picture(VideoStreamTrack):
    """Grey frames with a code that counts them."""

    def __init__(self, width=320, height=180):
        super().__init__()
        self._size = width, height
        self._count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        self._count += 1
        width, height = self._size
        luma = framecode.draw(width, height, self._count & 0xFFFF, int(time.time() * 1000) & 0xFFFF)
        chroma = numpy.full((height // 2, width), 128, numpy.uint8)
        frame = av.VideoFrame.from_ndarray(numpy.vstack([luma, chroma.reshape(-1, width)]), format="yuv420p")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine at -20 dB."""

    def __init__(self, frequency):
        super().__init__()
        self._frequency = frequency
        self._sent = 0
        self._began = None

    async def recv(self):
        self._began = self._began or time.monotonic()
        await asyncio.sleep(max(0, self._began + self._sent / rate - time.monotonic()))
        positions = numpy.arange(self._sent, self._sent + 960)
        wave = 32767 * 0.1 * numpy.sqrt(2) * numpy.sin(2 * numpy.pi * self._frequency * positions / rate)
        frame = av.AudioFrame.from_ndarray(wave.astype(numpy.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, self._sent, fractions.Fraction(1, rate)
        self._sent += 960
        return frame


class Remote:
    """What has been received from one other participant."""

    def __init__(self, name, polite):
        self.name, self.polite = name, polite
        self.connection = None
        self.channel = None
        self.counters = []
        self.sizes = set()
        self.sound = numpy.zeros(0)
        self.chats = []
        self.ignored_offer = False

    def pitch(self):
        """Frequency in hertz and level in dB of the loudest sine in the last second of sound."""
        last = self.sound[-rate:]
        if len(last) < rate:
            return None
        spectrum = numpy.abs(numpy.fft.rfft(last * numpy.hanning(rate)))
        level = 20 * numpy.log10(numpy.sqrt(numpy.mean(last**2)) + 1e-9)
        return int(numpy.argmax(spectrum)), float(level)


class AiortcPeer:
    """One participant. `offers_too` makes the impolite side offer at once as well, so that offers collide."""

    def __init__(self, socket, admission, frequency, offers_too, viewport):
        self._socket, self._frequency, self._offers_too, self._viewport = socket, frequency, offers_too, viewport
        self._servers = admission["iceServers"]
        self._order = 0
        self.remotes = {}
        self._candidates = {}
        self._news = asyncio.Condition()
        self._tasks = [asyncio.create_task(self._read())]
        self._failure = None

    @classmethod
    async def join(cls, base, room, name, frequency=1000, offers_too=False, viewport=None):
        status, _, body = await request(base, "POST", f"/api/rooms/{room}/join", {"name": name})
        assert status == 200, (status, body)
        admission = json.loads(body)
        url = admission["mesh"]
        if "access_token=" not in url:
            url += ("&" if "?" in url else "?") + "access_token=" + admission["token"]
        socket = await websockets.connect(url, subprotocols=["confab.mesh.v1"], max_size=1 << 20)
        return cls(socket, admission, frequency, offers_too, viewport)

    async def until(self, condition, seconds=20, what="condition"):
        """Waits until the condition holds; it is asked whenever something has been received."""
        async def wait():
            async with self._news:
                while not condition():
                    if self._failure:
                        raise self._failure
                    await self._news.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            state = {remote.name: (len(remote.counters), len(remote.sound), remote.pitch(), sorted(remote.sizes), remote.chats,
                                   remote.connection and remote.connection.connectionState) for remote in self.remotes.values()}
            raise AssertionError(f"aiortc: not within {seconds} s: {what}; received: {state}") from None

    def remote(self, name):
        return next((each for each in self.remotes.values() if each.name == name), None)

    async def receives_media_of(self, name, frames=20):
        """A second of sound and frames whose codes are valid and rising."""
        def satisfied():
            remote = self.remote(name)
            return remote and len(remote.counters) >= frames and remote.pitch() is not None

        await self.until(satisfied, what=f"picture and sound of {name}")
        counters = self.remote(name).counters
        steps = [(after - before) & 0xFFFF for before, after in zip(counters, counters[1:])]
        assert all(1 <= step < 200 for step in steps), f"counters of {name}: {counters}"
        return self.remote(name)

    async def chat(self, text):
        message = json.dumps({"type": "chat", "id": f"a{time.monotonic_ns()}", "text": text, "time": "2026-01-31T12:00:00Z"})
        for remote in self.remotes.values():
            if remote.channel and remote.channel.readyState == "open":
                remote.channel.send(message)

    async def leave(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._socket.send('{"type":"leave"}')
        for task in self._tasks:
            task.cancel()
        for remote in self.remotes.values():
            await remote.connection.close()
        await self._socket.close()

    async def _read(self):
        try:
            async for text in self._socket:
                await self._receive(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        except Exception as error:
            self._failure = error
        await self._notify()

    async def _receive(self, message):
        match message["type"]:
            case "welcome":
                self._order = message["order"]
                self._servers = message.get("iceServers") or self._servers
                for peer in message["peers"]:
                    await self._add(peer)
            case "peer-joined":
                await self._add(message["peer"])
            case "peer-left":
                remote = self.remotes.pop(message["id"], None)
                if remote:
                    await remote.connection.close()
            case "signal" if message["from"] in self.remotes:
                await self._signal(message["from"], message)
        await self._notify()

    async def _add(self, peer):
        remote = Remote(peer["name"], polite=self._order > peer["order"])
        self.remotes[peer["id"]] = remote
        self._create(peer["id"], remote)
        if remote.polite or self._offers_too:
            await self._offer(peer["id"], remote)

    def _create(self, identity, remote):
        servers = [RTCIceServer(each["urls"], each.get("username"), each.get("credential")) for each in self._servers]
        remote.connection = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        remote.connection.on("track", lambda track: self._tasks.append(asyncio.create_task(self._consume(remote, track))))
        remote.connection.on("datachannel", lambda channel: self._adopt(remote, channel))

    async def _offer(self, identity, remote):
        remote.connection.addTransceiver(Tone(self._frequency), direction="sendrecv")
        remote.connection.addTransceiver(Picture(), direction="sendrecv")
        self._adopt(remote, remote.connection.createDataChannel("confab"))
        await remote.connection.setLocalDescription(await remote.connection.createOffer())
        await self._describe(identity, remote)

    async def _signal(self, identity, message):
        remote = self.remotes[identity]
        if "description" not in message:
            await self._candidate(remote, message["candidate"])
            return
        description = RTCSessionDescription(message["description"]["sdp"], message["description"]["type"])
        collision = description.type == "offer" and remote.connection.signalingState != "stable"
        remote.ignored_offer = collision and not remote.polite
        if remote.ignored_offer:
            return
        if collision:  # aiortc cannot roll back; a new connection comes to the same
            await remote.connection.close()
            self._create(identity, remote)
        await remote.connection.setRemoteDescription(description)
        if description.type == "offer":
            if not remote.connection.getSenders()[0].track:
                remote.connection.addTrack(Tone(self._frequency))
                remote.connection.addTrack(Picture())
            await remote.connection.setLocalDescription(await remote.connection.createAnswer())
            await self._describe(identity, remote)

    async def _describe(self, identity, remote):
        local = remote.connection.localDescription
        await self._socket.send(json.dumps({"type": "signal", "to": identity, "description": {"type": local.type, "sdp": local.sdp}}))

    async def _candidate(self, remote, candidate):
        if not candidate or not candidate["candidate"] or remote.ignored_offer:
            return
        parsed = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
        parsed.sdpMid, parsed.sdpMLineIndex = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
        await remote.connection.addIceCandidate(parsed)

    def _adopt(self, remote, channel):
        assert channel.label == "confab", channel.label
        remote.channel = channel
        channel.on("message", lambda text: asyncio.ensure_future(self._channel_message(remote, json.loads(text))))
        channel.on("open", lambda: self._opened(channel))
        if channel.readyState == "open":
            self._opened(channel)

    def _opened(self, channel):
        if self._viewport:
            width, height, fps = self._viewport
            channel.send(json.dumps({"type": "viewport", "width": width, "height": height, "fps": fps}))
        asyncio.ensure_future(self._notify())

    async def _channel_message(self, remote, message):
        if message["type"] == "chat":
            remote.chats.append(message["text"])
        await self._notify()

    async def _consume(self, remote, track):
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=rate)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "audio":
                for part in resampler.resample(frame):
                    remote.sound = numpy.concatenate([remote.sound[-2 * rate:], part.to_ndarray()[0][::2] / 32768])
            else:
                remote.sizes.add((frame.width, frame.height))
                code = framecode.read(frame.to_ndarray(format="yuv420p")[: frame.height])
                if code is not None:
                    remote.counters.append(code[0])
            await self._notify()

    async def _notify(self):
        async with self._news:
            self._news.notify_all()
