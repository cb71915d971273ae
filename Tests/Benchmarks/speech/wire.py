"""A link between two network namespaces that loses and delays packets: wire.py NAMESPACE ADDRESS NAMESPACE ADDRESS.

Both ends are TUN devices of this process. Lines on standard input change what happens to packets from the first to the
second: `loss_pct=10 burst=4 delay_ms=40 jitter_ms=30 seed=1`; an empty line ends it. The answer is a line with the packets
sent, lost and the bytes sent since the last change.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 0x0001, 0x1000


def tun(namespace, address):
    with open(f"/run/netns/{namespace}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "addr", "add", address, "dev", "wire"], check=True)
    subprocess.run(["ip", "link", "set", "wire", "up"], check=True)
    return device


class Path:
    def __init__(self):
        self.change("")

    def change(self, words):
        values = {name: float(value) for name, value in (word.split("=") for word in words.split())}
        self.loss, self.burst = values.get("loss_pct", 0) / 100, values.get("burst", 1)
        self.delay, self.jitter = values.get("delay_ms", 0) / 1000, values.get("jitter_ms", 0) / 1000
        self.random = random.Random(values.get("seed", 1))
        self.is_bad, self.last = False, 0.0
        self.sent = self.lost = self.bytes = 0

    def arrival(self, now, size):
        """When the packet arrives, or None where it is lost. None overtakes another."""
        self.sent += 1
        self.bytes += size
        # Gilbert's model: a burst goes on with 1 - 1/burst.
        chance = 1 - 1 / self.burst if self.is_bad and self.burst > 1 else self.loss / (self.burst * (1 - self.loss))
        self.is_bad = self.random.random() < (chance if self.burst > 1 else self.loss)
        if self.is_bad:
            self.lost += 1
            return None
        self.last = max(self.last, now + max(0, self.delay + self.random.uniform(-self.jitter, self.jitter)))
        return self.last


def main():
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
    except OSError:
        pass
    ends = [tun(sys.argv[1], sys.argv[2]), tun(sys.argv[3], sys.argv[4])]
    path, queue, count = Path(), [], 0
    print("up", flush=True)
    while True:
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            write(ends[1], heapq.heappop(queue)[2])
        wait = max(0, queue[0][0] - now) if queue else None
        ready = select.select([*ends, sys.stdin], [], [], wait)[0]
        now = time.monotonic()
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            print(path.sent, path.lost, path.bytes, flush=True)
            path.change(line)
        if ends[1] in ready:
            write(ends[0], os.read(ends[1], 65_536))
        if ends[0] in ready:
            packet = os.read(ends[0], 65_536)
            at = path.arrival(now, len(packet))
            if at is not None:
                count += 1
                heapq.heappush(queue, (at, count, packet))


def write(device, packet):
    try:
        os.write(device, packet)
    except OSError:
        pass


main()
