#!/usr/bin/env python3
"""What happens to a terminal while confab has it, on a pseudo-terminal that plays the terminal's part.

    CONFAB_TOOLS=1 CONFAB_ONLY=ui-demo swift build -c release --product ui-demo --scratch-path .build-tools &&
    Tests/Terminal/test_terminal.py .build-tools/release/ui-demo
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unittest

PROGRAM = ".build-tools/release/ui-demo"
RESTORED = [b"\x1b[?1000l", b"\x1b[?1004l", b"\x1b[?2004l", b"\x1b[?25h", b"\x1b[?7h", b"\x1b[?1049l"]
DEVICE_ATTRIBUTES = b"\x1b[c"


class Terminal:
    """A program on a pseudo-terminal, and all it has written."""

    def __init__(self, *arguments, size=(24, 80), **environment):
        self.output = b""
        self.master, self.slave = pty.openpty()
        self.resize(*size, tell=False)
        self.modes = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)  # nohup and shells' background jobs leave some of them ignored
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            base = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"],
                    "SWIFT_BACKTRACE": "enable=no", **environment}
            base |= {k: v for k, v in os.environ.items() if k == "LD_LIBRARY_PATH"}
            os.execve(PROGRAM, [PROGRAM, *arguments], base)

    def resize(self, rows, columns, tell=True):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 9, rows * 18))
        if tell:
            os.kill(self.pid, signal.SIGWINCH)

    def read(self, seconds, until=None):
        """Reads for so long, or until a pattern has been written since; gives what came."""
        end, start = time.monotonic() + seconds, len(self.output)
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.02)[0]:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    break
            if until and until in self.output[start:]:
                break
        return self.output[start:]

    def send(self, data):
        os.write(self.master, data)

    def wait(self, seconds=5):
        """The status of the program once it has ended, reading on meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.read(0.1)
                return status
            self.read(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it did not end")


class TerminalTest(unittest.TestCase):
    def assertRestored(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.modes)
        tail = terminal.output[terminal.output.rfind(b"\x1b[?1000l") - 40:]
        for sequence in RESTORED:
            self.assertIn(sequence, tail)
        after = tail[tail.rfind(b"\x1b[?1049l"):]
        self.assertNotIn("▀".encode(), after)

    def start(self, *arguments, **environment):
        terminal = Terminal(*arguments, **environment)
        terminal.read(5, until=b"? help")
        self.assertIn(b"\x1b[?1049h", terminal.output)
        return terminal

    def test_leaving_restores(self):
        terminal = self.start("2")
        terminal.send(b"q")
        self.assertEqual(terminal.wait(), 0)
        self.assertRestored(terminal)

    def test_control_c_leaves(self):
        terminal = self.start("2")
        terminal.send(b"\x03")
        self.assertEqual(terminal.wait(), 0)
        self.assertRestored(terminal)

    def test_signals_restore(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT,
                       signal.SIGBUS, signal.SIGFPE, signal.SIGTRAP):
            with self.subTest(number):
                terminal = self.start("2")
                os.kill(terminal.pid, number)
                terminal.wait()
                self.assertRestored(terminal)

    def test_crashes_restore(self):
        for number in (signal.SIGILL, signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number):
                terminal = self.start("2", "--crash", str(int(number)))
                self.assertTrue(os.WIFSIGNALED(terminal.wait(8)))
                self.assertRestored(terminal)

    def test_stopping_gives_the_terminal_back_and_takes_it_again(self):
        terminal = self.start("2")
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.read(0.5)
        self.assertRestored(terminal)
        os.kill(terminal.pid, signal.SIGCONT)
        again = terminal.read(3, until=b"? help")
        self.assertIn(b"\x1b[?1049h", again)
        self.assertIn(b"? help", again)
        self.assertNotEqual(termios.tcgetattr(terminal.slave), terminal.modes)
        terminal.send(b"q")
        terminal.wait()
        self.assertRestored(terminal)

    def test_a_new_size_is_drawn_at_once(self):
        terminal = self.start("2")
        for rows, columns in ((40, 120), (5, 20), (1, 1), (60, 200), (24, 80)):
            terminal.resize(rows, columns)
            drawn = terminal.read(0.5)
            self.assertIn(b"\x1b[2J", drawn)
            addressed = [tuple(map(int, m)) for m in re.findall(rb"\x1b\[(\d+);(\d+)H", drawn[drawn.rfind(b"\x1b[2J"):])]
            self.assertTrue(all(r <= rows and c <= columns for r, c in addressed))
        terminal.send(b"q")
        terminal.wait()
        self.assertRestored(terminal)

    def test_what_the_terminal_can_do_is_used_when_it_says_so(self):
        terminal = self.start("2")
        self.assertNotIn(b"\x1b[?2026h", terminal.output)
        terminal.send(b"\x1b[?0u\x1b[?2026;2$y\x1b[?62c")
        self.assertIn(b"\x1b[?2026h", terminal.read(0.5))
        self.assertIn(b"\x1b[>27u", terminal.output)
        terminal.send(b"\x1b[109u\x1b[109;1:3u")  # m, pressed and let go
        self.assertIn(b"MUTED", terminal.read(0.5))
        terminal.send(b"\x1b[32u")
        self.assertIn(b"TALKING", terminal.read(0.5))
        terminal.send(b"\x1b[32;1:3u")
        self.assertIn(b"MUTED", terminal.read(0.5))
        terminal.send(b"q")
        terminal.wait()
        self.assertRestored(terminal)
        self.assertIn(b"\x1b[<u", terminal.output)

    def test_a_kitty_gets_pixels_and_keeps_none(self):
        terminal = self.start("2")
        self.assertIn(b"\x1b_Ga=q,i=31,", terminal.output)
        terminal.send(b"\x1b_Gi=31;OK\x1b\\\x1b[?62c")
        self.assertIn(b"\x1b_Ga=T,q=2,", terminal.read(3, until=b"\x1b_Ga=T,q=2,"))
        terminal.send(b"q")
        terminal.wait()
        self.assertRestored(terminal)
        self.assertIn(b"\x1b_Ga=d,q=2,d=A\x1b\\", terminal.output[-400:])

    def test_a_terminal_that_takes_nothing_does_not_hold_up_leaving(self):
        terminal = self.start("6", COLORTERM="truecolor")
        time.sleep(1)  # nobody reads: the line is full
        os.kill(terminal.pid, signal.SIGTERM)
        end = time.monotonic() + 3
        while time.monotonic() < end and os.waitpid(terminal.pid, os.WNOHANG)[0] == 0:
            time.sleep(0.02)
        self.assertLess(time.monotonic(), end)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.modes)

    def test_a_closed_window_ends_it(self):
        terminal = self.start("2")
        os.close(terminal.slave)
        os.close(terminal.master)
        end = time.monotonic() + 5
        while time.monotonic() < end and os.waitpid(terminal.pid, os.WNOHANG)[0] == 0:
            time.sleep(0.05)
        self.assertLess(time.monotonic(), end)

    def test_kinds_of_terminals(self):
        self.assertIn(b"\x1b[38;2;", self.start_and_leave(COLORTERM="truecolor"))
        self.assertIn(b"38;5;", self.start_and_leave())
        plain = self.start_and_leave(NO_COLOR="1")
        self.assertNotRegex(plain, rb"\x1b\[[0-9;]*[34]8;")
        self.assertNotIn("▀".encode(), plain)
        self.assertRegex(self.start_and_leave(TERM="xterm"), rb"\x1b\[[0-9;]*(3[0-7]|9[0-7])[0-9;]*m")
        self.assertIn(b"38;5;", self.start_and_leave(TERM="no-such-terminal"))
        self.assertTrue(all(byte < 0x80 for byte in self.start_and_leave(LANG="C")))

    def start_and_leave(self, **environment):
        terminal = self.start("2", **environment)
        terminal.read(0.3)
        terminal.send(b"q")
        terminal.wait()
        return terminal.output[:terminal.output.rfind(b"\x1b[?1049l")]

    def test_other_files_are_refused(self):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(read, 0)
            os.dup2(write, 1)
            os.execv(PROGRAM, [PROGRAM])
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 70)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAM = sys.argv.pop(1)
    unittest.main()
