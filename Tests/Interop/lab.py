"""A small internet in network namespaces (netlab.sh) with a confab server in it. Needs root."""

import contextlib
import os
import pathlib
import subprocess

from confab import join, sees_and_hears, serve
from suite import Skip

script = str(pathlib.Path(__file__).with_name("netlab.sh"))


class Lab:
    """The namespaces of netlab.sh; called with its words."""

    def __init__(self):
        self.name = f"cf{os.getpid()}"
        self.environment = {**os.environ, "NETLAB": self.name}
        self.url = None
        self.options = []
        """What every client gets."""

    def __call__(self, *arguments):
        done = subprocess.run([script, *arguments], env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"netlab {arguments}: {done.stderr}")
        return done.stdout

    def inside(self, host):
        """What to put before a command to run it on that host."""
        return ["ip", "netns", "exec", f"{self.name}-{host}"]

    async def serve(self):
        server = await serve("--open", listen="10.90.0.2:7880", prefix=self.inside("srv"))
        self.url = server.url

    async def join(self, host, name, *options, **devices):
        return await join(f"{self.url}/lab", name, *self.options, *options, prefix=self.inside(host), **devices)


@contextlib.contextmanager
def lab(kind_of_nat="none"):
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    network = Lab()
    try:
        network("up")
    except AssertionError as error:
        network("down")
        raise Skip(f"no network namespaces here: {error}")
    try:
        network("nat", "A", kind_of_nat)
        network("nat", "B", kind_of_nat)
        yield network
    finally:
        network("down")


async def call_between(network, *options, seconds=30, **devices):
    """ann on cliA and bob on cliB, who see and hear each other."""
    ann = await network.join("cliA", "ann", *options, **devices)
    await ann.event("joined")
    bob = await network.join("cliB", "bob", *options, **devices)
    await sees_and_hears(ann, "bob", seconds=seconds)
    await sees_and_hears(bob, "ann", seconds=seconds)
    return ann, bob
