"""Speech from one headless Chromium to another: Opus at 32 kbit/s with FEC, no voice processing, PCM in AudioWorklets."""

import base64
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import numpy

from reference import as_pcm, from_pcm, rate

page = pathlib.Path(__file__).with_name("page.html")
format_words = "minptime=10;useinbandfec=1;maxaveragebitrate=32000"
switches = [
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--allow-file-access-from-files",
    "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks",
]


class Chromium:
    """A browser in a network namespace, driven through its DevTools pipe, which needs no network."""

    def __init__(self, host, folder):
        self.profile = tempfile.mkdtemp(prefix="speech-", dir=folder)
        in_read, in_write = (above_standard(end) for end in os.pipe())
        out_read, out_write = (above_standard(end) for end in os.pipe())
        program = next(path for path in ("/usr/lib/chromium/chromium", "/usr/bin/chromium") if os.path.exists(path))
        launch = f'exec "$@" 3<&{in_read} 4>&{out_write}'
        command = ["ip", "netns", "exec", host, "bash", "-c", launch, "-", program, *switches, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(
            command, env={**os.environ, "HOME": self.profile}, pass_fds=(in_read, out_write), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(in_read)
        os.close(out_write)
        self.input, self.output = in_write, out_read
        self.count, self.answers, self.arrived = 0, {}, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        self.session = None

    def __enter__(self):
        target = self.request("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.request("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.request("Page.enable")
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self):
        rest = b""
        while data := os.read(self.output, 1 << 20):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    with self.arrived:
                        self.answers[message["id"]] = message
                        self.arrived.notify_all()

    def request(self, method, **parameters):
        self.count += 1
        number = self.count
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.input, data):]
        with self.arrived:
            if not self.arrived.wait_for(lambda: number in self.answers, 60):
                raise TimeoutError(method)
            answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def run(self, script):
        answer = self.request("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script[:40]}: {answer['exceptionDetails']}"[:400])
        return answer["result"].get("value")

    def load(self):
        self.request("Page.navigate", url="about:blank")
        self.request("Page.navigate", url=page.as_uri())
        for _ in range(100):
            if self.run("document.readyState === 'complete' && typeof offer === 'function'"):
                return
            time.sleep(0.1)
        raise TimeoutError("the page does not load")

    def talk_to(self, other, played, begin):
        """What the other heard, how many seconds after the first sample was sent its first was, and counts."""
        for browser in (self, other):
            browser.load()
        offered = self.run("offer()")
        answered = other.run(f"answer({json.dumps(offered)}, {json.dumps(format_words)})")
        self.run(f"accept({json.dumps(answered)})")
        for browser in (self, other):
            browser.run("connected()")
        data = base64.b64encode(as_pcm(played)).decode()
        self.run("pcm = ''")
        for start in range(0, len(data), 1_000_000):
            self.run(f"pcm += '{data[start:start + 1_000_000]}'")
        begin()
        self.run("play()")
        time.sleep(len(played) / rate)
        while not (marks := self.run("played")):
            time.sleep(0.1)
        time.sleep(0.5)
        counts = other.run("counts()")
        size = other.run("pack()")
        heard = "".join(other.run(f"packed.slice({start}, {start + 1_000_000})") for start in range(0, size, 1_000_000))
        offset = first_sample(other.run("marks")) - first_sample(marks)
        return from_pcm(base64.b64decode(heard)), offset, counts


def first_sample(marks):
    """Unix time of sample 0, from pairs of sample number and time in ms."""
    return float(numpy.median([at / 1000 - place / rate for place, at in marks]))


def above_standard(descriptor):
    """Out of the way of 3 and 4, which the browser wants."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return copy
