"""Two namespaces with a bad link between them, and the programs that talk over it in real time."""

import contextlib
import pathlib
import subprocess
import sys
import tempfile

from chromium import Chromium
from confab_pair import talk_over_confab
from reference import lead_seconds, with_lead
from score import score

names = ("speechA", "speechB")
addresses = ("10.77.0.1", "10.77.0.2")


class Lab:
    """Speech goes from the first host to the second; only that direction is bad."""

    def __enter__(self):
        self.remove()
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        here = pathlib.Path(__file__).parent
        ends = [part for pair in zip(names, (address + "/24" for address in addresses)) for part in pair]
        self.wire = subprocess.Popen([sys.executable, here / "wire.py", *ends], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.wire.stdout.readline() == "up\n", "the link does not come up"
        return self

    def __exit__(self, *_):
        self.wire.stdin.close()
        self.wire.wait(5)
        self.remove()

    def remove(self):
        for name in names:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)

    def change(self, words):
        """Answers packets sent, lost and bytes since the last change."""
        self.wire.stdin.write(words + "\n")
        self.wire.stdin.flush()
        return [int(number) for number in self.wire.stdout.readline().split()]


class _Pair:
    def __init__(self, speech):
        self.speech = speech

    def results(self, conditions, seeds):
        played = with_lead(self.speech)
        with Lab() as lab, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            talk = self.prepare(stack, folder, played)
            for name, words in conditions:
                for seed in seeds:
                    row = {"condition": name, "seed": seed, "label": self.label}
                    try:
                        yield row | self.result(lab, talk, played, f"{words} seed={seed}")
                    except Exception as error:  # one failed call must not end the others
                        yield row | {"error": f"{type(error).__name__}: {error}"}

    def result(self, lab, talk, played, words):
        lab.change("")
        # The path grows bad when the first sound is sent: connecting is not what is measured.
        heard, offset, numbers = talk(begin=lambda: lab.change(words))
        sent, lost, count = lab.change("")
        seconds = len(played) / 48_000
        found = score(self.speech, heard, offset - lead_seconds)
        return found | numbers | {"kbit": count * 8 / seconds / 1000, "wire_loss": lost / max(1, sent)}


class ConfabPair(_Pair):
    label = "confab"

    def __init__(self, program, speech):
        super().__init__(speech)
        self.program = program

    def prepare(self, stack, folder, played):
        return lambda begin: talk_over_confab(self.program, names, addresses, folder, played, begin)


class ChromiumPair(_Pair):
    label = "Chromium"

    def prepare(self, stack, folder, played):
        sender, receiver = (stack.enter_context(Chromium(name, folder)) for name in names)
        return lambda begin: sender.talk_to(receiver, played, begin)
