"""Publishers and players of WHIP (RFC 9725) and WHEP made of other people's programs: aiortc here, GStreamer as a process
of the system's Python (gst_whip.py), Chromium by a script in its page. Each counts the frames it decoded."""

import asyncio
import json
import pathlib
import urllib.error
import urllib.request

import aiortc
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from processes import Process

folder = pathlib.Path(__file__).resolve().parent


def http(method, url, body=None, **headers):
    """Status, headers and body of one request; refusals are answers too."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body.encode() if body is not None else None, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


async def ask(method, url, body=None, **headers):
    return await asyncio.to_thread(http, method, url, body, **headers)


class _Counting(MediaBlackhole):
    """Takes a track's frames and counts them."""

    def __init__(self, track):
        super().__init__()
        self.frames = 0
        self._task = asyncio.create_task(self._take(track))

    async def _take(self, track):
        try:
            while True:
                await track.recv()
                self.frames += 1
        except aiortc.mediastreams.MediaStreamError:
            pass


class AiortcSession:
    """One WHIP or WHEP session of aiortc, which gathers before it offers and never trickles."""

    def __init__(self, base):
        self.base = base
        self.connection = aiortc.RTCPeerConnection()
        self.counted = {}
        self.location = self.etag = None

    @classmethod
    async def publish(cls, base, room, headers=None):
        self = cls(base)
        self.connection.addTrack(VideoStreamTrack())
        self.connection.addTrack(AudioStreamTrack())
        await self._negotiate(f"{base}/whip/{room}", headers)
        return self

    @classmethod
    async def play(cls, base, room, query="", headers=None):
        self = cls(base)
        self.connection.addTransceiver("video", direction="recvonly")
        self.connection.addTransceiver("audio", direction="recvonly")
        self.connection.on("track", lambda track: self.counted.__setitem__(track.kind, _Counting(track)))
        await self._negotiate(f"{base}/whep/{room}{query}", headers)
        return self

    async def _negotiate(self, url, headers):
        await self.connection.setLocalDescription(await self.connection.createOffer())
        status, answer, body = await ask(
            "POST", url, self.connection.localDescription.sdp, Content_Type="application/sdp", **(headers or {}))
        assert status == 201, f"{url}: {status} {body}"
        self.location, self.etag = self.base + answer["Location"], answer["ETag"]
        await self.connection.setRemoteDescription(aiortc.RTCSessionDescription(body, "answer"))

    def frames(self, kind="video"):
        return self.counted[kind].frames if kind in self.counted else 0

    async def close(self):
        await self.connection.close()


class GStreamerSession:
    """gst_whip.py, which prints a JSON line whenever something happened."""

    def __init__(self, process):
        self._process = process
        self._frames = 0
        self._task = asyncio.create_task(self._read())
        self.error = None

    @classmethod
    async def start(cls, verb, url):
        process = await Process.start(["/usr/bin/python3", str(folder / "gst_whip.py"), verb, url], name=f"gstreamer-{verb}")
        return cls(process)

    async def _read(self):
        async for line in self._process._child.stdout:
            message = json.loads(line)
            self._frames = message.get("frames", self._frames)
            self.error = message.get("error", self.error)

    def frames(self, kind="video"):
        assert self.error is None, self.error
        return self._frames

    async def close(self):
        self._task.cancel()
        await self._process.stop()


_publish = """
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 320, height: 240}, audio: true});
  window.connection = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const layers = track.kind == 'video' && SIMULCAST
      ? [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}] : undefined;
    connection.addTransceiver(track, {direction: 'sendonly', streams: [stream], sendEncodings: layers});
  }
"""
_play = """
  window.connection = new RTCPeerConnection();
  for (const kind of ['audio', 'video']) connection.addTransceiver(kind, {direction: 'recvonly'});
"""
_negotiate = """
  await connection.setLocalDescription();
  const response = await fetch(PATH, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: connection.localDescription.sdp});
  if (response.status != 201) return `${response.status} ${await response.text()}`;
  window.session = response.headers.get('Location');
  window.etag = response.headers.get('ETag');
  const usable = line => !TCP_ONLY || !line.startsWith('a=candidate') || !/ udp /i.test(line);
  const sdp = (await response.text()).split('\\r\\n').filter(usable).join('\\r\\n');
  await connection.setRemoteDescription({type: 'answer', sdp});
  return 'ok';
"""
_frames = """
  for (const report of (await connection.getStats()).values())
    if (report.type == 'inbound-rtp' && report.kind == 'KIND') return report.framesDecoded ?? report.packetsReceived;
  return 0;
"""


class BrowserSession:
    """A session in a page that was loaded from the server itself."""

    def __init__(self, page):
        self.page = page

    @classmethod
    async def publish(cls, page, room, simulcast=False):
        return await cls._start(page, _publish.replace("SIMULCAST", json.dumps(simulcast)), f"/whip/{room}")

    @classmethod
    async def play(cls, page, room, tcp_only=False):
        return await cls._start(page, _play, f"/whep/{room}", tcp_only)

    @classmethod
    async def _start(cls, page, script, path, tcp_only=False):
        negotiate = _negotiate.replace("PATH", json.dumps(path)).replace("TCP_ONLY", json.dumps(tcp_only))
        answer = await page.run(script + negotiate)
        assert answer == "ok", answer
        return cls(page)

    async def frames_now(self, kind="video"):
        return await self.page.run(_frames.replace("KIND", kind))

    async def close(self):
        await self.page.run("connection.close(); return 1")
