"""Calls across NATs and through coturn, in network namespaces of their own. Needs root."""

import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

import path  # noqa: F401
from confab import Confab
from lab import call_between, lab, script
from processes import Process
from suite import run_suite, test

eavesdropper = str(pathlib.Path(__file__).with_name("eavesdropper.py"))
tools = ["ip", "iptables", "turnserver", "openssl"]


@contextlib.asynccontextmanager
async def relayed_lab(kind_of_nat):
    """The lab with coturn running."""
    with lab(kind_of_nat) as network, tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(folder, "10.90.3.2")
        network.options = ["--cacert", certificate]
        network.coturn = await Process.start(
            ["bash", "-c", f"exec '{script}' coturn '{certificate}' '{key}' >&2"], name="coturn", extra_environment={"NETLAB": network.name})
        await network.coturn.stderr_line("TLS/TCP listener opened on : 10.90.3.2:5349", seconds=15)
        await network.serve()
        yield network


def make_certificate(folder, address):
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=turn", "-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


@test(seconds=90, needs=tools)
async def holes_are_punched_through_ordinary_nats():
    async with relayed_lab("masq") as network:
        await call_between(network, "--ice-server", "stun:10.90.3.2:3478")


@test(seconds=90, needs=tools)
async def symmetric_nats_are_crossed_by_a_relay_over_udp():
    async with relayed_lab("symmetric") as network:
        await call_between(network, "--ice-server", "turn:u:p@10.90.3.2:3478?transport=udp")
        await network.coturn.stderr_line(r"ALLOCATE processed, success", seconds=1)


@test(seconds=90, needs=tools)
async def where_udp_is_blocked_the_relay_is_reached_over_tcp():
    async with relayed_lab("udpblock") as network:
        await call_between(network, "--ice-server", "turn:u:p@10.90.3.2:3478?transport=tcp")


@test(seconds=90, needs=tools)
async def where_only_web_ports_are_open_the_relay_is_reached_over_tls():
    async with relayed_lab("udpblock") as network:
        await call_between(network, "--ice-server", "turns:u:p@10.90.3.2:443?transport=tcp")
        await network.coturn.stderr_line(r"tls connected to|TLS/TCP", seconds=1)


@test(seconds=90, needs=tools)
async def relay_only_gives_away_no_address():
    """Everything that somebody else in the room gets to know of a client with `--ice-policy relay`."""
    async with relayed_lab("masq") as network:
        eve = await Confab.start(
            [*network.inside("srv"), sys.executable, eavesdropper, network.url, "lab"], name="eve")
        await eve.event("welcome")
        await network.join(
            "cliA", "ann", "--ice-policy", "relay", "--ice-server", "turn:u:p@10.90.3.2:3478?transport=udp",
            "--ice-server", "stun:10.90.3.2:3478")
        await eve.event("end-of-candidates", seconds=20)
        descriptions = [each["description"]["sdp"] for each in eve.found("signal") if "description" in each]
        trickled = [each["candidate"]["candidate"] for each in eve.found("signal") if each.get("candidate")]
        candidates = [*re.findall("a=(candidate:.*)", "".join(descriptions)), *filter(None, trickled)]
        assert candidates, eve.report()
        for candidate in candidates:
            assert " typ relay " in candidate and " raddr 0.0.0.0 rport 0" in candidate, candidate
        told = " ".join(descriptions + candidates)
        for address in ("192.168.1.2", "10.90.1.2"):
            assert address not in told, f"{address} is in what others get"


if __name__ == "__main__":
    run_suite()
