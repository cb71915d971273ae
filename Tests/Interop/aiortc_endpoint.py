"""A WHIP and WHEP endpoint by aiortc, written from RFC 9725 and from nothing of confab.

It wants a bearer token, sends publishers on to another address first (307), names an ICE server in its answer, and
counts what each session sends, so that a test sees what a client does.
"""

import asyncio
import contextlib

import av
import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

import framecode
from aiortc_peer import Picture, Tone, rate


class Session:
    """What one client did and sent."""

    def __init__(self, kind):
        self.kind = kind
        self.connection = RTCPeerConnection()
        self.counters = []
        self.sound = numpy.zeros(0)
        self.fragments = []
        self.deleted = False
        self.offer = ""

    def pitch(self):
        """Frequency in hertz of the loudest sine in the last second of sound, or None."""
        last = self.sound[-rate:]
        if len(last) < rate:
            return None
        return int(numpy.argmax(numpy.abs(numpy.fft.rfft(last * numpy.hanning(rate)))))


class Endpoint:
    """Listens on 127.0.0.1; `url` is its beginning. Paths: /whip (redirects), /edge (WHIP), /whep, /empty, /session/N."""

    def __init__(self, token):
        self._token = token
        self.sessions = []
        self.requests = []
        self.empty_for = 0
        self._tasks = []
        self._news = asyncio.Condition()

    @classmethod
    async def start(cls, token="secret"):
        endpoint = cls(token)
        endpoint._server = await asyncio.start_server(endpoint._serve, "127.0.0.1", 0)
        endpoint.url = f"http://127.0.0.1:{endpoint._server.sockets[0].getsockname()[1]}"
        return endpoint

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for session in self.sessions:
            await session.connection.close()

    async def until(self, condition, seconds=20, what="condition"):
        async def wait():
            async with self._news:
                while not condition():
                    await self._news.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            state = [(each.kind, len(each.counters), len(each.sound), each.deleted) for each in self.sessions]
            raise AssertionError(f"endpoint: not within {seconds} s: {what}; {state}; {self.requests}") from None

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            self.requests.append((method, path))
            status, more, answer = await self._answer(method, path, headers, body)
            lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(answer)}", "Connection: close", *more]
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + answer).encode())
            await writer.drain()
        writer.close()
        await self._notify()

    async def _answer(self, method, path, headers, body):
        if headers.get("authorization") != f"Bearer {self._token}":
            return 401, ["WWW-Authenticate: Bearer"], "no token"
        if method == "POST" and path == "/whip":
            return 307, ["Location: /edge"], ""
        if method == "POST" and path == "/whep" and self.empty_for > 0:
            self.empty_for -= 1
            return 409, ["Retry-After: 1"], "nobody publishes"
        if method == "POST" and path in ("/edge", "/whep"):
            assert headers["content-type"] == "application/sdp", headers
            return await self._open("whip" if path == "/edge" else "whep", body)
        if path.startswith("/session/") and int(path[9:]) < len(self.sessions):
            return await self._change(method, self.sessions[int(path[9:])], headers, body)
        return 404, [], "no such path"

    async def _open(self, kind, offer):
        session = Session(kind)
        session.offer = offer
        self.sessions.append(session)
        session.connection.on("track", lambda track: self._tasks.append(asyncio.create_task(self._consume(session, track))))
        await session.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        if kind == "whep":
            session.connection.addTrack(Tone(880))
            session.connection.addTrack(Picture())
        await session.connection.setLocalDescription(await session.connection.createAnswer())
        more = [f"Location: /session/{len(self.sessions) - 1}", "ETag: \"first\"", "Content-Type: application/sdp",
                "Link: <stun:127.0.0.1:9>; rel=\"ice-server\""]
        return 201, more, session.connection.localDescription.sdp

    async def _change(self, method, session, headers, body):
        if method == "DELETE":
            session.deleted = True
            await session.connection.close()
            return 200, [], ""
        assert method == "PATCH" and headers["content-type"] == "application/trickle-ice-sdpfrag", (method, headers)
        session.fragments.append(body)
        for line in body.split("\r\n"):
            if line.startswith("a=candidate:"):
                candidate = candidate_from_sdp(line.removeprefix("a=candidate:"))
                candidate.sdpMLineIndex = 0
                await session.connection.addIceCandidate(candidate)
        return 204, [], ""

    async def _consume(self, session, track):
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=rate)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "audio":
                for part in resampler.resample(frame):
                    session.sound = numpy.concatenate([session.sound[-2 * rate:], part.to_ndarray()[0][::2] / 32768])
            else:
                code = framecode.read(frame.to_ndarray(format="yuv420p")[: frame.height])
                if code is not None:
                    session.counters.append(code[0])
            await self._notify()

    async def _notify(self):
        async with self._news:
            self._news.notify_all()
