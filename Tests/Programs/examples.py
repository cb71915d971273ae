"""Every example of README.md and of the manual is run as it stands there, with stand-ins for hosts, devices and time."""

import asyncio
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Home, join, program, repository, serve
from sound import write_tone
from suite import run_suite, test

at_once = 3
"""So many examples run at the same time."""


def examples():
    """(where, command) of every command line in the code blocks."""
    readme = re.findall(r"(?m)^    (.+)$", re.sub(r"(?ms)^```.*?^```", "", (repository / "README.md").read_text()))
    found = [("README.md", line) for line in joined(readme)]
    for page in sorted((repository / "man").glob("*.[17]")):
        text = page.read_text().split(".SH A WHOLE MEETING")[0]
        for part in re.findall(r"(?ms)^\.SH EXAMPLES\n(.*?)(?=^\.SH|\Z)", text):
            for block in re.findall(r"(?ms)^\.RS\n(.*?)^\.RE", part):
                found += [(page.name, line) for line in joined(unroffed(block).splitlines())]
    # Addresses, settings and what commands print are no commands.
    return [(where, line) for where, line in found if re.search(r"(^|[ /(|])confab ", line)]


def joined(lines):
    """A line that ends in a pipe goes on in the next one."""
    whole, pending = [], ""
    for line in lines:
        pending += line.strip() + " "
        if not pending.rstrip().endswith("|"):
            whole.append(pending.strip())
            pending = ""
    return whole


def unroffed(text):
    for code, character in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ga", "`"), (r"\(ha", "^"), (r"\(ti", "~"), (r"\&", ""), (r"\e", "\\")):
        text = text.replace(code, character)
    return text


class Stage:
    """A folder with what the examples name, a server with a call in it, and a client that `confab ctl` finds."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.files = self.folder / "files"
        self.bin = self.folder / "bin"

    async def build(self):
        self.files.mkdir()
        self.bin.mkdir()
        self._make_files()
        # What an example sends to other programs, or starts for events, is not what is tested here.
        streaming = f"case \"$*\" in *rtmp:*) exec cat >/dev/null ;; *) exec {shutil.which('ffmpeg')} \"$@\" ;; esac"
        for name, script in (("sox", "cat >/dev/null"), ("ffmpeg", streaming), ("notify-send", 'test -n "$2"'),
                             ("confab", f"exec '{program}' \"$@\"")):
            (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
            (self.bin / name).chmod(0o755)
        server = await serve()
        self.url = server.url
        self.home = Home()
        self.call = await join(f"{self.url}/tea", "ann", home=self.home)
        await self.call.event("joined")
        for name in ("bob", "carol"):
            other = await join(f"{self.url}/tea", name, "--view", "0x0", "--size", "160x90", "--fps", "5")
            await other.event("first-audio", participant="ann")

    def _make_files(self):
        for name in ("bell.wav", "announcement.wav"):
            write_tone(self.files / name, 500, seconds=1)
        for name in ("speech.pcm", "in.raw"):
            (self.files / name).write_bytes(bytes(96_000))
        film = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10:duration=1"]
        sound = ["-f", "lavfi", "-i", "sine=frequency=500:duration=1:sample_rate=48000"]
        vp8 = ["-c:v", "libvpx", "-c:a", "libopus"]
        for name, arguments in (("tea.webm", film + sound + vp8), ("talk.webm", film + sound + vp8), ("holiday.webm", film + vp8),
                                ("clip.y4m", film + ["-pix_fmt", "yuv420p"]), ("photo.jpg", film + ["-frames:v", "1"])):
            subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, self.files / name], check=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.files / "key.pem", "-out",
             self.files / "cert.pem", "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        (self.files / "F").write_bytes((self.files / "cert.pem").read_bytes() + (self.files / "key.pem").read_bytes())
        (self.files / "keys.yaml").write_text("team: secret-of-the-team\n")

    def stand_in(self, command):
        """The example with addresses of this machine and little time; nothing else of it is touched."""
        command = re.sub(r"^\S*/confab ", "confab ", command)
        command = command.removeprefix("$ ")
        command = re.sub(r"https?://[a-z0-9.]+(:\d+)?(?=[/ ]|$)", self.url, command)
        command = re.sub(r"#invite=[^ ']*", "", command)
        command = re.sub(r"\b(LINK|URL)\b", lambda word: f"{self.url}/{'tea' if word[1] == 'LINK' else 'whip/example'}", command)
        command = re.sub(r"--duration \d+[smh]", f"--duration {self._time_for(command)}", command)
        command = re.sub(r"sleep \d+", "sleep 1", command)
        command = command.replace("0.0.0.0:443", "0.0.0.0:0").replace("--start 90s", "--start 500ms")
        return command.replace("--rooms 10", "--rooms 1").replace("--subscribers 50", "--subscribers 3").replace("wait 2 300", "wait 2 20")

    @staticmethod
    def _time_for(command):
        """A self-test has to see every picture and hear every voice."""
        return "5s" if "confab demo" in command else "2s"

    async def run(self, where, command):
        """Runs one example in a folder of its own; answers what is wrong with it, or None."""
        folder = self.folder / f"run-{os.urandom(4).hex()}"
        shutil.copytree(self.files, folder)
        is_control = "confab ctl" in command and "join" not in command
        home = self.home if is_control else Home()
        if where == "confab-config.1":
            (home.path / "config/confab").mkdir(parents=True)
            (home.path / "config/confab/config.toml").write_text(settings_of_the_manual())
        script = self.stand_in(command)
        devices = {"CONFAB_CAMERA": "test", "CONFAB_MIC": "tone", "CONFAB_SPEAKER": "none",
                   "CONFAB_DURATION": self._time_for(script)}
        if re.search(r"confab (serve|host)", script):
            devices |= {"CONFAB_RTC_PORT": "0"} | ({} if "--listen" in script else {"CONFAB_LISTEN": "127.0.0.1:0"})
        child = await asyncio.create_subprocess_exec(
            "bash", "-o", "pipefail", "-c", script, cwd=folder, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **home.environment, **({} if is_control else devices),
                 "PATH": f"{self.bin}:{os.environ['PATH']}"})
        try:
            if "confab serve" in script:
                # It serves until it is asked to stop.
                output, errors = await self._serve(child, child.stdout if "--events" in script else child.stderr)
            else:
                output, errors = await asyncio.wait_for(child.communicate(), 40)
        except asyncio.TimeoutError:
            return f"{where}: {command}\n  still runs: {script}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        if child.returncode == 0:
            return None
        tail = (errors.decode(errors="replace")[-300:] or output.decode(errors="replace")[-300:]).strip()
        return f"{where}: {command}\n  status {child.returncode}: {script}\n  {tail}"

    async def _serve(self, child, told):
        async def listening():
            while line := await told.readline():
                if b"confab serves" in line or b'"listening"' in line:
                    return

        await asyncio.wait_for(listening(), 15)
        os.killpg(child.pid, signal.SIGTERM)
        return await asyncio.wait_for(child.communicate(), 10)


def settings_of_the_manual():
    page = unroffed((repository / "man/confab-config.5").read_text())
    return re.search(r"(?ms)^\.SH EXAMPLES.*?^\.RS\n(.*?)^\.RE", page)[1]


@test(seconds=240, needs=["ffmpeg", "openssl", "bash"])
async def every_example_of_readme_and_manual_runs():
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(folder)
        await stage.build()
        places = asyncio.Semaphore(at_once)

        async def run(where, command):
            async with places:
                return await stage.run(where, command)

        found = examples()
        assert len(found) > 60, found
        assert {where for where, _ in found} >= {"README.md", "confab.1", "confab-join.1", "confab-events.7"}
        faults = [fault for fault in await asyncio.gather(*[run(*example) for example in found]) if fault]
        assert not faults, f"{len(faults)} of {len(found)} examples fail:\n" + "\n".join(faults)


@test()
async def the_settings_of_the_manual_are_accepted():
    home = Home()
    (home.path / "config/confab").mkdir(parents=True)
    (home.path / "config/confab/config.toml").write_text(settings_of_the_manual())
    for verb in ("join", "serve"):
        done = subprocess.run([program, "config", verb, "--profile", "work"], capture_output=True, text=True,
                              env={**os.environ, **home.environment})
        assert done.returncode == 0, done.stderr
        assert "config.toml" in done.stdout, done.stdout


if __name__ == "__main__":
    run_suite()
