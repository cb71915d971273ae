"""Sound cards and cameras for tests: a private PulseAudio behind ALSA, and `Tests/Devices/fakecam.c`."""

import asyncio
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile

from confab import Home, program, repository
from processes import Process
from sound import read_samples, write_tone


class SoundCards:
    """A private PulseAudio with null sinks a to d. `client_a` plays into a; `client_a_mic` records what was played into a.

    The default card is made of a's monitor and b.
    """

    sinks = "abcd"

    def __init__(self, before=()):
        """`before` stands before the sound server's command, `chrt` for instance."""
        self._before = before

    async def __aenter__(self):
        self._stack = contextlib.ExitStack()
        self.folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="confab-sound-"))
        self._socket = f"{self.folder}/native"
        script = [f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._socket}"]
        script += [f"load-module module-null-sink sink_name={sink} rate=48000 channels=2" for sink in self.sinks]
        pathlib.Path(self.folder, "test.pa").write_text("\n".join(script) + "\n")
        server = f'server "unix:{self._socket}"'
        config = ["</usr/share/alsa/alsa.conf>"]
        for sink in self.sinks:
            config.append(f"pcm.client_{sink} {{ type pulse {server} device {sink} }}")
            config.append(f"pcm.client_{sink}_mic {{ type pulse {server} device {sink}.monitor }}")
        config.append("pcm.!default { type asym playback.pcm client_b capture.pcm client_a_mic }")
        pathlib.Path(self.folder, "asound.conf").write_text("\n".join(config) + "\n")
        self._environment = {
            "HOME": self.folder, "XDG_RUNTIME_DIR": self.folder, "PULSE_RUNTIME_PATH": self.folder,
            "PULSE_SERVER": f"unix:{self._socket}"}
        await self.come_back()
        return self

    async def come_back(self):
        """Starts the sound server, for the first time or again."""
        command = [*self._before, "pulseaudio", "-n", "-F", f"{self.folder}/test.pa", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        self._daemon = await Process.start(command, extra_environment=self._environment)
        async with asyncio.timeout(15):
            while not os.path.exists(self._socket):
                assert self._daemon.status is None, self._daemon.report()
                await asyncio.sleep(0.05)

    async def lose(self):
        """The sound server dies, and all its cards with it."""
        self._daemon.signal(signal.SIGKILL)
        await self._daemon.wait(5)
        os.unlink(self._socket)

    async def __aexit__(self, *_):
        self._daemon.signal(signal.SIGCONT)
        await self._daemon.stop()
        self._stack.close()

    def stop_answering(self):
        """The sound server hangs, and with it whoever waits for it."""
        self._daemon.signal(signal.SIGSTOP)

    def answer_again(self):
        self._daemon.signal(signal.SIGCONT)

    @property
    def prefix(self):
        """What a client is started with so that it finds these cards and no others."""
        return ("env", f"ALSA_CONFIG_PATH={self.folder}/asound.conf")

    async def play(self, sink, frequency=1000):
        """Starts a tone that lasts longer than any test here."""
        file = f"{self.folder}/{sink}-{frequency}.wav"
        write_tone(file, frequency, seconds=60)
        await Process.start(["paplay", f"--device={sink}", file], name=f"paplay-{sink}", extra_environment=self._environment)

    async def pipeline(self, link, name, microphone, speaker):
        """A client between arecord and aplay, as a shell starts it; `control` is its control socket."""
        home = Home()
        control = f"{self.folder}/{name}.sock"
        pcm = "-q -t raw -f S16_LE -r 48000 -c 1"
        script = (
            f"arecord -D {microphone} {pcm} | '{program}' join {link} --audio-only --name {name} --mic - --speaker - --ctl {control} "
            f"| aplay -D {speaker} {pcm}; echo statuses ${{PIPESTATUS[@]}} >&2")
        side = await Process.start([*self.prefix, "bash", "-c", script], name=name, extra_environment=home.environment)
        side.home, side.control = home, control
        return side

    async def record(self, sink):
        """Starts to record what is played into a sink; answers a function that reads the samples so far."""
        file = f"{self.folder}/{sink}-recorded.pcm"
        pathlib.Path(file).unlink(missing_ok=True)
        command = ["parec", f"--device={sink}.monitor", "--rate=48000", "--channels=1", "--format=s16le", "--raw", file]
        recorder = await Process.start(command, name=f"parec-{sink}", extra_environment=self._environment)
        async with asyncio.timeout(10):
            while not os.path.exists(file):
                assert recorder.status is None, recorder.report()
                await asyncio.sleep(0.05)
        return lambda: read_samples(file)


@contextlib.contextmanager
def preloaded(source, **settings):
    """What a client is started with so that it has a library of Tests/Devices before all others."""
    with tempfile.TemporaryDirectory(prefix="confab-device-") as folder:
        library = f"{folder}/{pathlib.Path(source).stem}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, repository / "Tests/Devices" / source, "-ldl"], check=True)
        yield ("env", f"LD_PRELOAD={library}", *[f"{name}={value}" for name, value in settings.items()])


def fake_camera(**settings):
    """A camera at /dev/video9."""
    return preloaded("fakecam.c", **settings)


@contextlib.contextmanager
def unpluggable_camera():
    """A camera, and a path: while there is a file, the camera is unplugged."""
    with tempfile.TemporaryDirectory() as folder:
        gone = pathlib.Path(folder, "gone")
        with fake_camera(FAKECAM_GONE=gone) as prefix:
            yield prefix, gone


@contextlib.contextmanager
def holdable_card():
    """Sound cards, and a path: while there is a file, another program holds them."""
    with tempfile.TemporaryDirectory() as folder:
        held = pathlib.Path(folder, "held")
        with preloaded("busycard.c", BUSYCARD=held) as prefix:
            yield prefix, held
