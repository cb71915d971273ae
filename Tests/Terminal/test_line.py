"""How late a screen is behind a slow line: the picture carries the time of its making, and keys are answered below it."""

import os
import select
import time
import unittest

import test_terminal
from emulator import Emulator

ANSWERS = {"c": b"\x1b[?62;22c", "5n": b"\x1b[0n"}


class Line:
    """A terminal at the end of a line that carries so many bytes a second each way, with a delay."""

    def __init__(self, rate, columns=100, rows=30, seconds=8, answers=True):
        self.rate, self.answers = rate, answers
        self.columns, self.rows = columns, rows
        self.program = test_terminal.Terminal("--clock", "--seconds", str(seconds), size=(rows, columns), COLORTERM="truecolor")
        self.screen = Emulator(columns, rows)
        self.ages, self.echoes, self.bytes = [], [], 0
        self.made = None

    def run(self, seconds, settle):
        """Drains the line for so long; what happens in the first seconds does not count."""
        begun, taken, key, pressed, typed = time.monotonic(), 0.0, 0, None, 0.0
        while (now := time.monotonic()) - begun < seconds:
            credit = (now - begun) * self.rate - taken
            if credit < 1 or not select.select([self.program.master], [], [], 0.005)[0]:
                time.sleep(0.002)
                # What the line did not carry while there was nothing to carry is lost.
                taken = max(taken, (now - begun) * self.rate - self.rate * 0.02)
                continue
            try:
                data = os.read(self.program.master, max(1, min(int(credit), 4096)))
            except OSError:
                break
            taken += len(data)
            self.bytes += len(data)
            for question in self.screen.feed(data):
                if self.answers and question in ANSWERS:
                    os.write(self.program.master, ANSWERS[question])
            now = time.monotonic()
            if pressed and self.screen.text(self.rows - 1) == f"key {chr(ord('a') + key)}":
                self.echoes.append(now - pressed)
                pressed = None
            if now - begun < settle:
                continue
            if (age := self.age(now)) is not None:
                self.ages.append(age)
            if pressed is None and now - typed > 0.35:
                key = (key + 1) % 26
                pressed = typed = now
                os.write(self.program.master, bytes([ord("a") + key]))
        return self

    def age(self, now):
        """Seconds since the picture on the screen was made; None while there is none.

        The number is on the screen twice, the second time inverted, and counts only where the two agree: what is read
        between two writes may be half of one picture and half of the next, which as a number means nothing. As long as it is
        so, the picture seen last still counts.
        """
        bars = 0
        for bar in range(32):
            column = int((bar + 0.5) * self.columns / 32)
            bars = bars << 1 | (self.screen.brightness((self.rows - 1) // 16, column) > 120)
        number = bars >> 16
        if number == ~bars & 0xffff:
            self.made = now - (int(now * 1000) - number & 0xffff) / 1000
        return None if self.made is None else now - self.made


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


class LineTests(unittest.TestCase):
    def check(self, rate):
        line = Line(rate).run(7, settle=2.5)
        age, echo = percentile(line.ages, 0.95), percentile(line.echoes, 0.95)
        told = f"{rate / 1000:.0f} kB/s: age {age * 1000:.0f} ms, echo {echo * 1000:.0f} ms, {line.bytes / 7000:.0f} kB/s written, {len(line.echoes)} keys"
        self.assertEqual(line.screen.unknown, set(), told)
        self.assertLess(age, 0.25, told)
        self.assertLess(echo, 0.1, told)
        print(f"    {told}", flush=True)

    def test_at_30_kB_a_second_the_picture_is_not_late(self):
        self.check(30_000)

    def test_at_100_kB_a_second_the_picture_is_not_late(self):
        self.check(100_000)

    def test_at_1_MB_a_second_the_picture_is_not_late(self):
        self.check(1_000_000)

    def test_a_terminal_that_answers_nothing_is_not_waited_for(self):
        line = Line(1_000_000, answers=False, seconds=3).run(1.2, settle=0)
        self.assertGreater(line.bytes, 2_000)


if __name__ == "__main__":
    unittest.main()
