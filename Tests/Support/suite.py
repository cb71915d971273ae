"""The smallest test runner that fits: async functions with a deadline each, run one after another.

    @test(seconds=60)
    async def four_clients_see_and_hear_each_other(): ...

    run_suite()

Prints one line a test, which `Tests/run` reads: `ok SECONDS NAME`, `failed SECONDS NAME` or `skipped SECONDS NAME: WHY`.
Names given on the command line choose tests.
"""

import asyncio
import shutil
import sys
import time
import traceback

from processes import running_reports, stop_all

_tests = []


class Skip(Exception):
    """This test cannot run here; the text says why."""


def test(seconds=60, needs=()):
    """Registers a test. `needs` lists programs without which it is skipped."""
    def register(function):
        _tests.append((function, seconds, needs))
        return function
    return register


def run_suite():
    chosen = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    failures = 0
    for function, seconds, needs in _tests:
        if chosen and function.__name__ not in chosen:
            continue
        failures += asyncio.run(_run(function, seconds, needs))
    sys.exit(1 if failures else 0)


async def _run(function, seconds, needs):
    name = function.__name__.replace("_", " ")
    began = time.monotonic()
    result, detail = "ok", ""
    try:
        for program in needs:
            if shutil.which(program) is None:
                raise Skip(f"{program} is not installed")
        await asyncio.wait_for(function(), seconds)
    except Skip as why:
        result, name = "skipped", f"{name}: {why}"
    except asyncio.TimeoutError:
        result, detail = "failed", f"not done within {seconds} s\n{running_reports()}"
    except Exception:
        result, detail = "failed", f"{traceback.format_exc(limit=-3)}{running_reports()}"
    finally:
        await stop_all()
    print(f"{result} {time.monotonic() - began:.1f} {name}", flush=True)
    for line in detail.splitlines():
        print(f"    {line}", flush=True)
    return result == "failed"
