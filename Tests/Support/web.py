"""HTTP requests and mesh signalling by hand, with the standard library only, so that tests can also send nonsense."""

import asyncio
import base64
import http.client
import json
import os
import struct
import urllib.parse


async def request(base, method, path, body=None, headers=None):
    """Answers (status, headers with lower-case names, body). A dictionary is sent as JSON, bytes as they are."""
    def perform():
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=10)
        data = json.dumps(body) if isinstance(body, dict) else body
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data.encode() if isinstance(data, str) else data)
        answer = connection.getresponse()
        result = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return result

    return await asyncio.to_thread(perform)


class WebSocket:
    """A client that keeps every JSON message it has received."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._messages = []
        self._news = asyncio.Condition()
        self.close_code = None
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url, subprotocol):
        parts = urllib.parse.urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        writer.write((f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                      f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n").encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
        assert " 101 " in head.splitlines()[0], head
        assert f"sec-websocket-protocol: {subprotocol}" in head.lower(), head
        return cls(reader, writer)

    async def send(self, message):
        await self.send_text(json.dumps(message))

    async def send_text(self, text):
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size) if size < 65536 else struct.pack(">BQ", 0xFF, size)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._writer.write(b"\x81" + length + mask + masked)
        await self._writer.drain()

    async def message(self, kind, seconds=10, **fields):
        """The first message of that type, with those fields, that has not been asked for before."""
        async def wait():
            async with self._news:
                while True:
                    for message in self._messages:
                        if message.get("type") == kind and not message.get("_taken") and fields.items() <= message.items():
                            message["_taken"] = True
                            return {key: value for key, value in message.items() if key != "_taken"}
                    assert self.close_code is None, f"closed with {self.close_code} before {kind} {fields}"
                    await self._news.wait()

        return await asyncio.wait_for(wait(), seconds)

    def seen(self, kind):
        return [message for message in self._messages if message.get("type") == kind]

    async def close(self):
        self._task.cancel()
        self._writer.close()

    async def _read(self):
        try:
            while True:
                first, second = await self._reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    size, = struct.unpack(">H", await self._reader.readexactly(2))
                elif size == 127:
                    size, = struct.unpack(">Q", await self._reader.readexactly(8))
                payload = await self._reader.readexactly(size)
                await self._receive(first & 15, payload)
                if first & 15 == 8:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._closed(1006)

    async def _receive(self, opcode, payload):
        if opcode == 1:
            async with self._news:
                self._messages.append(json.loads(payload))
                self._news.notify_all()
        elif opcode == 8:
            await self._closed(struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005)

    async def _closed(self, code):
        async with self._news:
            self.close_code = code
            self._news.notify_all()


async def join_mesh(base, room, name):
    """Joins as a bare signalling client; answers the socket and its welcome."""
    status, _, body = await request(base, "POST", f"/api/rooms/{room}/join", {"name": name})
    assert status == 200, (status, body)
    admission = json.loads(body)
    joint = "&" if "?" in admission["mesh"] else "?"
    url = admission["mesh"] if "access_token=" in admission["mesh"] else f"{admission['mesh']}{joint}access_token={admission['token']}"
    socket = await WebSocket.connect(url, "confab.mesh.v1")
    return socket, await socket.message("welcome")
