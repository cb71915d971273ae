"""Speech from one confab to another: into its standard input and out of the other's standard output."""

import json
import os
import pathlib
import subprocess
import threading
import time

import numpy

from reference import as_pcm, from_pcm, rate

block = rate // 50


def talk_over_confab(program, names, addresses, folder, played, begin):
    """What the listener played, how many seconds after the first sample of `played` its first was, and counts."""
    server = subprocess.Popen(
        inside(names[1], program, "serve", "--listen", f"{addresses[1]}:7880", "--open", "--log-level", "error"), env=environment(folder),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    clients = []
    try:
        link = f"http://{addresses[1]}:7880/speech"
        wait_for_server(names[1], addresses[1])
        listener = Client(names[1], program, folder, link, "bob", ["--mic", "silence", "--speaker", "-"])
        clients.append(listener)
        talker = Client(names[0], program, folder, link, "ann", ["--mic", "-", "--speaker", "none", "--duration", "120s"])
        clients.append(talker)
        talker.feed(numpy.zeros(rate // 10))
        deadline = time.monotonic() + 15
        while not listener.has_event("first-audio"):
            assert time.monotonic() < deadline, f"no sound within 15 s: {listener.events()[-3:]}"
            talker.feed(numpy.zeros(block))
        begin()
        first = len(listener.data)
        began = talker.feed(played)
        time.sleep(0.3)
        data, times = bytes(listener.data[first:]), [(place - first, at) for place, at in listener.times if place >= first]
        # Blocks come when they are played; the middle of what the arrivals say takes the pipe's unevenness out.
        heard_at = float(numpy.median([at - place / 2 / rate for place, at in times]))
        return from_pcm(data), heard_at - began, listener.counts()
    finally:
        for client in clients:
            client.end()
        server.terminate()
        server.wait(10)


def inside(name, *command):
    return ["ip", "netns", "exec", name, *map(str, command)]


def environment(folder):
    return {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}


def wait_for_server(name, address):
    for _ in range(100):
        probe = f"import socket; socket.create_connection(('{address}', 7880), 1)"
        if subprocess.run(inside(name, "python3", "-c", probe), stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")


class Client:
    def __init__(self, host, program, folder, link, name, words):
        self.file = pathlib.Path(folder, f"{name}.jsonl")
        self.file.unlink(missing_ok=True)
        command = inside(host, program, "join", link, "--name", name, "--audio-only", "--headless", "--events", f"json:{self.file}", *words)
        self.process = subprocess.Popen(
            command, env=environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.data, self.times = bytearray(), []
        self.next = None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while data := os.read(self.process.stdout.fileno(), 65_536):
            self.times.append((len(self.data), time.monotonic()))
            self.data += data

    def feed(self, samples):
        """Gives sound as a microphone would: each block when its last sample was taken. Answers when the first was."""
        if self.next is None:
            self.next = time.monotonic()
        began = self.next
        for start in range(0, len(samples), block):
            self.next += 0.02
            time.sleep(max(0, self.next - time.monotonic()))
            self.process.stdin.write(as_pcm(samples[start : start + block]).ljust(2 * block, b"\0"))
            self.process.stdin.flush()
        return began

    def events(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def has_event(self, name):
        return any(event["event"] == name for event in self.events())

    def counts(self):
        reports = [event for event in self.events() if event["event"] == "quality"]
        return {"concealed_ms": reports[-1]["participants"][0]["concealedMs"]} if reports else {}

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
