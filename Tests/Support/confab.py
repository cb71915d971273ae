"""confab's programs as tests use them: started like a user starts them, watched through their JSON events."""

import asyncio
import json
import os
import pathlib
import signal
import tempfile

from processes import Process

repository = pathlib.Path(__file__).resolve().parents[2]
program = os.environ.get("CONFAB", str(repository / ".build-release/release/confab"))


class Home:
    """A private home for what confab keeps: state, data, configuration, control sockets."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="confab-home-")
        self.path = pathlib.Path(self._folder.name)

    @property
    def environment(self):
        names = {"XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run"}
        folders = {variable: str(self.path / folder) for variable, folder in names.items()}
        for folder in folders.values():
            os.makedirs(folder, mode=0o700, exist_ok=True)
        return {**folders, "HOME": str(self.path), "SWIFT_BACKTRACE": "interactive=no"}


class Confab(Process):
    """One confab process with `--events json`; events are kept, so one that has already come is found too."""

    def __init__(self, name, child):
        self.events = []
        self._event_news = asyncio.Condition()
        super().__init__(name, child)
        self._readers.append(asyncio.create_task(self._read_events()))

    @classmethod
    async def launch(cls, *arguments, home=None, prefix=(), name=None, stdin=None, **environment):
        if not os.access(program, os.X_OK):
            raise AssertionError(f"{program} is not built; run make")
        return await cls.start(
            [*prefix, program, *arguments], name=name or arguments[0], stdin=stdin,
            extra_environment={**(home or Home()).environment, **environment})

    def found(self, event, **fields):
        """The events so far of that name with those fields."""
        return [each for each in self.events if each.get("event") == event and _matches(each, fields)]

    async def event(self, event, seconds=15, count=1, **fields):
        """Waits for the `count`th event of that name with those fields."""
        async def wait():
            async with self._event_news:
                while True:
                    matching = self.found(event, **fields)
                    if len(matching) >= count:
                        return matching[count - 1]
                    if self._ended():
                        raise AssertionError(f"{self.name} ended (status {self.status}) without {event} {fields}\n{self.report()}")
                    await self._event_news.wait()

        try:
            return await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.name}: no {event} {fields} within {seconds} s\n{self.report()}") from None

    async def leave(self, seconds=5):
        """Asks politely and answers the summary."""
        self.signal(signal.SIGTERM)
        await self.wait(seconds)
        return self.summary

    @property
    def summary(self):
        assert self.events and self.events[-1]["event"] == "summary", f"{self.name}: the last event is not a summary\n{self.report()}"
        return self.events[-1]

    def participant(self, name):
        """What the summary says of one other participant."""
        return next(each for each in self.summary["participants"] if each["participant"] == name)

    def report(self):
        recent = "\n".join(f"    {self.name}> {json.dumps(each)[:300]}" for each in self.events[-15:])
        return f"{super().report()}\n{recent}"

    def _ended(self):
        return self._child.returncode is not None and self._readers[-1].done()

    async def _read_events(self):
        async for line in self._child.stdout:
            try:
                value = json.loads(line)
            except ValueError:
                value = {"event": "not-json", "line": line.decode(errors="replace")}
            async with self._event_news:
                self.events.append(value)
                self._event_news.notify_all()
        await self._child.wait()
        async with self._event_news:
            self._event_news.notify_all()


async def serve(*arguments, listen="127.0.0.1:0", home=None, prefix=()):
    """A server that is listening; `server.url` and `server.room_link(ROOM)` tell where."""
    server = await Confab.launch("serve", "--listen", listen, "--events", "json", *arguments, home=home, prefix=prefix)
    server.url = (await server.event("listening"))["url"].rstrip("/")
    return server


async def join(link, name, *arguments, camera="test", mic="tone", speaker="none", home=None, prefix=(), stdin=None):
    """A headless client; it has not joined yet when this returns."""
    return await Confab.launch(
        "join", link, "--headless", "--events", "json", "--name", name, "--camera", camera, "--mic", mic, "--speaker", speaker,
        *arguments, home=home, prefix=prefix, name=name, stdin=stdin)


async def sees_and_hears(client, *others, seconds=20):
    """First frame decoded and first sound mixed, of every one of the others."""
    for other in others:
        await client.event("first-frame", seconds, participant=other, track="camera")
        await client.event("first-audio", seconds, participant=other, track="microphone")


async def decodes(client, other, frames, seconds=20):
    """More than so many frames decoded of another's camera; answers how many. Told with `quality`, every 5 s."""
    async def wait():
        count = 0
        while True:
            count += 1
            quality = await client.event("quality", seconds, count=count)
            decoded = max((each["framesDecoded"] for each in quality["participants"] if each["participant"] == other), default=0)
            if decoded > frames:
                return decoded

    try:
        return await asyncio.wait_for(wait(), seconds)
    except asyncio.TimeoutError:
        raise AssertionError(f"{client.name} has not decoded {frames} frames of {other} within {seconds} s\n{client.report()}") from None


def _matches(event, fields):
    return all(event.get(key) == value for key, value in fields.items())
