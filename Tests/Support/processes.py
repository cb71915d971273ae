"""Child processes whose output is awaited with deadlines, and which never outlive the test."""

import asyncio
import collections
import os
import re
import signal
import sys

_running = set()


class Process:
    """A child in a session of its own. Keeps the last lines of its standard error for the report of a failed test."""

    def __init__(self, name, child):
        self.name = name
        self._child = child
        self.tail = collections.deque(maxlen=60)
        self._lines = []
        self._news = asyncio.Condition()
        self._readers = [asyncio.create_task(self._read_stderr())]
        _running.add(self)

    @classmethod
    async def start(cls, command, name=None, extra_environment=None, stdin=None, **more):
        child = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=stdin if stdin is not None else asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env={**os.environ, **(extra_environment or {})}, start_new_session=True,
            limit=1 << 22, **more)
        return cls(name or os.path.basename(str(command[0])), child)

    @property
    def pid(self):
        return self._child.pid

    @property
    def status(self):
        """The exit status as a shell shows it, or None while it runs."""
        code = self._child.returncode
        return 128 - code if code is not None and code < 0 else code

    async def write(self, text):
        self._child.stdin.write(text.encode())
        await self._child.stdin.drain()

    async def stderr_line(self, pattern, seconds):
        """The first line of standard error, past ones included, that the pattern is found in."""
        def found():
            return next((match for match in (re.search(pattern, line) for line in self._lines) if match), None)

        async def wait():
            async with self._news:
                while True:
                    match = found()
                    if match:
                        return match
                    if self._child.returncode is not None and self._readers[0].done():
                        raise AssertionError(f"{self.name} ended with status {self.status}, wanted {pattern!r}\n{self.report()}")
                    await self._news.wait()

        try:
            return await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.name}: nothing like {pattern!r} within {seconds} s\n{self.report()}") from None

    async def wait(self, seconds):
        """Waits for its end and answers the exit status."""
        try:
            await asyncio.wait_for(self._child.wait(), seconds)
            await asyncio.wait_for(asyncio.gather(*self._readers), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.name} still runs after {seconds} s\n{self.report()}") from None
        _running.discard(self)
        return self.status

    def signal(self, number):
        """Signals the process itself, not its children."""
        if self._child.returncode is None:
            os.kill(self.pid, number)

    async def stop(self):
        """Ends it and everything it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal_group(number)
            try:
                await asyncio.wait_for(self._child.wait(), 5)
                break
            except asyncio.TimeoutError:
                continue
        self._signal_group(signal.SIGKILL)
        for reader in self._readers:
            reader.cancel()
        _running.discard(self)

    def report(self):
        return "\n".join(f"    {self.name}| {line}" for line in self.tail)

    def _signal_group(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    async def _read_stderr(self):
        async for line in self._child.stderr:
            text = line.decode(errors="replace").rstrip()
            self.tail.append(text)
            async with self._news:
                self._lines.append(text)
                del self._lines[:-5000]
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()


async def stop_all():
    """After a test, whether it passed or not."""
    for process in list(_running):
        await process.stop()


def running_reports():
    return "\n".join(process.report() for process in _running if process.tail)
