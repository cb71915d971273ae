"""Headless Chromium and Firefox with fake camera and microphone, driven over their own debugging protocols.

Chromium speaks the DevTools protocol, Firefox WebDriver BiDi; both are JSON over a WebSocket, so no driver program and
no driver library is needed. Every page has the same four verbs: `open`, `run`, `until`, `screenshot`.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
import tempfile

import websockets

from processes import Process


class BrowserError(Exception):
    pass


class _Wire:
    """Requests with ids and their answers over one WebSocket."""

    def __init__(self, socket):
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url):
        return cls(await websockets.connect(url, max_size=None, ping_interval=None))

    async def request(self, method, params=None, deadline=60, **more):
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params or {}, **more}))
        return await asyncio.wait_for(answer, deadline)

    async def close(self):
        self._reader.cancel()
        await self._socket.close()

    async def _read(self):
        try:
            async for text in self._socket:
                self._receive(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BrowserError("the browser is gone"))

    def _receive(self, message):
        answer = self._waiting.pop(message.get("id"), None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserError(json.dumps(message)[:800]))
        else:
            answer.set_result(message["result"])


class _Page:
    """What both browsers' pages share; `_evaluate` answers a JavaScript expression's awaited value as JSON text."""

    async def run(self, body):
        """The value of an async JavaScript function body."""
        text = await self._evaluate(f"(async () => JSON.stringify((await (async () => {{ {body} }})()) ?? null))()")
        return json.loads(text)

    async def until(self, body, seconds=30, what=None):
        """Asks again until the body's value is true in JavaScript's sense, and answers it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        value = None
        while loop.time() < end:
            try:
                value = await self.run(body)
            except (BrowserError, asyncio.TimeoutError) as error:
                value = str(error)  # the page may be between two documents
            else:
                if value:
                    return value
            await asyncio.sleep(0.1)
        raise AssertionError(f"{self.browser}: not within {seconds} s: {what or body} (last: {value})")

    async def press(self, key):
        await self.run(f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: {json.dumps(key)}, bubbles: true}}))")


class Chromium:
    """One headless Chromium; `page()` opens a further window of it."""

    def __init__(self, process, wire, profile):
        self._process, self._wire, self._profile = process, wire, profile

    @classmethod
    async def start(cls, size=(1280, 800), devices=True, prefix=()):
        profile = tempfile.mkdtemp(prefix="confab-chromium-")
        process = await Process.start(
            [*prefix, _program("chromium", "chromium-browser", "google-chrome"), "--headless=new", "--no-sandbox", "--disable-gpu",
             *(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] if devices else ["--deny-permission-prompts"]),
             "--autoplay-policy=no-user-gesture-required", "--mute-audio", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-features=WebRtcHideLocalIpsWithMdns", "--ignore-certificate-errors",
             f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
            name="chromium", extra_environment={"DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        line = await process.stderr_line(r"DevTools listening on (ws://\S+)", seconds=60)
        return cls(process, await _Wire.connect(line.group(1)), profile)

    async def page(self):
        target = await self._wire.request("Target.createTarget", {"url": "about:blank", "newWindow": True})
        session = await self._wire.request("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        return await _ChromiumPage.attach(self._wire, session["sessionId"])

    async def close(self):
        await self._wire.close()
        await self._process.stop()
        shutil.rmtree(self._profile, ignore_errors=True)


class _ChromiumPage(_Page):
    browser = "chromium"

    def __init__(self, wire, session):
        self._wire, self._session = wire, session

    @classmethod
    async def attach(cls, wire, session):
        return cls(wire, session)

    async def open(self, url):
        await self._request("Page.navigate", {"url": "about:blank"})  # a change after # alone would not load the page anew
        await self._request("Page.navigate", {"url": url})

    async def screenshot(self, path):
        answer = await self._request("Page.captureScreenshot", {"format": "png"})
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    async def _evaluate(self, expression):
        answer = await self._request(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True})
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"]["value"]

    async def _request(self, method, params):
        return await self._wire.request(method, params, sessionId=self._session)


_firefox_preferences = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.peerconnection.ice.loopback": True,
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.disabledForTesting": True,
    "remote.active-protocols": 1,
}

_without_devices = {"media.navigator.streams.fake": False, "media.navigator.permission.disabled": False, "permissions.default.camera": 2,
                    "permissions.default.microphone": 2}


class Firefox:
    """One headless Firefox; `page()` opens a further window of it."""

    def __init__(self, process, wire, profile):
        self._process, self._wire, self._profile = process, wire, profile

    @classmethod
    async def start(cls, size=(1280, 800), devices=True, prefix=()):
        profile = tempfile.mkdtemp(prefix="confab-firefox-")
        with open(os.path.join(profile, "user.js"), "w") as file:
            for name, value in {**_firefox_preferences, **({} if devices else _without_devices)}.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        process = await Process.start(
            [*prefix, _program("firefox-esr", "firefox"), "--headless", "--no-remote", "--profile", profile,
             "--window-size", f"{size[0]},{size[1]}", "--remote-debugging-port", "0"],
            name="firefox", extra_environment={"MOZ_HEADLESS_WIDTH": str(size[0]), "MOZ_HEADLESS_HEIGHT": str(size[1]), "HOME": profile})
        line = await process.stderr_line(r"WebDriver BiDi listening on (ws://\S+)", seconds=90)
        wire = await _Wire.connect(line.group(1) + "/session")
        await wire.request("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        return cls(process, wire, profile)

    async def page(self):
        answer = await self._wire.request("browsingContext.create", {"type": "window"})
        return _FirefoxPage(self._wire, answer["context"])

    async def close(self):
        await self._wire.close()
        await self._process.stop()
        shutil.rmtree(self._profile, ignore_errors=True)


class _FirefoxPage(_Page):
    browser = "firefox"

    def __init__(self, wire, context):
        self._wire, self._context = wire, context

    async def open(self, url):
        for each in ("about:blank", url):
            await self._wire.request("browsingContext.navigate", {"context": self._context, "url": each, "wait": "interactive"})

    async def screenshot(self, path):
        answer = await self._wire.request("browsingContext.captureScreenshot", {"context": self._context})
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    async def _evaluate(self, expression):
        answer = await self._wire.request("script.evaluate", {
            "expression": expression, "target": {"context": self._context}, "awaitPromise": True, "userActivation": True})
        if answer["type"] != "success":
            raise BrowserError(json.dumps(answer.get("exceptionDetails", answer))[:800])
        return answer["result"]["value"]


def _program(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError(f"none of {', '.join(names)} is installed")
