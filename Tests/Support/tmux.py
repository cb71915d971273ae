"""A terminal that programs can be run in, typed at and looked at."""

import asyncio
import re
import shlex
import subprocess
import uuid


class Terminal:
    """One tmux server with one window."""

    def __init__(self, columns, rows, home):
        self._home = home  # its folders last as long as it does
        self._socket = f"confab-test-{uuid.uuid4().hex[:8]}"
        environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in home.environment.items())
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                   f"env {environment} PS1='$ ' sh")
        self._tmux("set-option", "-g", "default-terminal", "tmux-256color")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True)

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def press(self, *keys):
        self._tmux("send-keys", *keys)

    def run(self, command):
        self.type(command)
        self.press("Enter")

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self):
        return self._tmux("capture-pane", "-p")

    @property
    def is_full_screen(self):
        return self._tmux("display-message", "-p", "#{alternate_on}").strip() == "1"

    async def until(self, pattern, seconds=15, at_least=1):
        """Waits until the screen shows the pattern, so many times."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            if sum(1 for _ in re.finditer(pattern, self.screen, re.IGNORECASE)) >= at_least:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not on the screen within {seconds} s: {pattern}\n{self.screen}")

    async def until_gone(self, pattern, seconds=10):
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while re.search(pattern, self.screen, re.IGNORECASE):
            if loop.time() > end:
                raise AssertionError(f"still on the screen after {seconds} s: {pattern}\n{self.screen}")
            await asyncio.sleep(0.1)

    def _tmux(self, *arguments):
        done = subprocess.run(["tmux", "-L", self._socket, *arguments], capture_output=True, text=True, timeout=10)
        assert done.returncode == 0, f"tmux {arguments}: {done.stderr}"
        return done.stdout
