"""What scripts rely on: exit statuses, where output goes, help."""

import json
import mmap
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Confab, join, program, serve
from suite import run_suite, test


async def status_of(*arguments, seconds=15, home=None, **environment):
    process = await Confab.launch(*arguments, home=home, **environment)
    return await process.wait(seconds), process


@test()
async def usage_errors_are_64_and_say_what_is_wrong():
    for arguments in (["join"], ["no-such-verb"], ["join", "http://127.0.0.1/room", "--no-such-option"],
                      ["join", "http://127.0.0.1/room", "--mode", "ring"], ["join", "gopher://host/room"],
                      ["join", "http://127.0.0.1/bad room"], ["join", "http://127.0.0.1/room", "--size", "640"],
                      ["join", "http://127.0.0.1/room", "--headless", "--speaker", "-", "--events", "json"]):
        status, process = await status_of(*arguments)
        assert status == 64, f"{arguments}: {status}\n{process.report()}"
        assert process.tail, f"{arguments}: nothing on standard error"
        assert not process.found("not-json"), f"{arguments}: standard output has {process.events}"


@test()
async def help_and_version_go_to_standard_output():
    for arguments in (["--help"], ["join", "--help"], ["serve", "--help"], ["--version"]):
        status, process = await status_of(*arguments)
        assert status == 0, arguments
        assert process.events and not process.tail, f"{arguments}: {process.report()}"


@test()
async def the_program_does_not_carry_all_of_foundation():
    """One call of Foundation's own, `contains` of a text for instance, links 45 MB that every start pays for."""
    with open(program, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_of_it:
        assert bytes_of_it.find(b"NSRegularExpression") < 0


@test(seconds=90)
async def a_server_that_is_not_there_is_69():
    status, process = await status_of("join", "http://127.0.0.1:9/room", "--headless", "--events", "json", seconds=60)
    assert status == 69, process.report()
    assert process.found("error", fatal=True), process.report()
    assert process.summary["exitStatus"] == 69


@test()
async def a_camera_that_cannot_be_opened_is_66():
    server = await serve()
    for option, value in (("--camera", "/nonexistent.y4m"), ("--mic", "/nonexistent.wav"), ("--camera", "/dev/video99")):
        status, process = await status_of(
            "join", f"{server.url}/room", "--headless", "--events", "json", "--speaker", "none", option, value)
        assert status == 66, f"{option} {value}: {status}\n{process.report()}"


@test()
async def events_are_one_json_object_a_line_with_time_and_name():
    server = await serve()
    client = await join(f"{server.url}/lines", "ann", "--duration", "1s")
    await client.wait(15)
    assert not client.found("not-json"), client.report()
    for event in client.events:
        assert event["time"].endswith("Z") and len(event["time"]) == 24, event
    joined = client.found("joined")[0]
    assert joined["room"] == "lines" and joined["mode"] == "mesh" and joined["ms"] >= 0, joined
    assert joined["link"].startswith(server.url), joined


@test()
async def options_come_from_the_environment_too():
    server = await serve()
    client = await Confab.launch(
        "join", f"{server.url}/environment", "--headless", CONFAB_EVENTS="json", CONFAB_NAME="erna", CONFAB_CAMERA="none",
        CONFAB_MIC="silence", CONFAB_SPEAKER="none", CONFAB_DURATION="1s")
    assert await client.wait(15) == 0, client.report()
    assert "erna" in json.dumps(client.found("joined")[0]["self"]), client.found("joined")


@test()
async def names_are_shown_without_control_characters():
    server = await serve()
    ann = await join(f"{server.url}/names", "ann")
    await ann.event("joined")
    await join(f"{server.url}/names", "e\x1b[31mvil\x07")
    seen = await ann.event("participant-joined")
    assert "\x1b" not in seen["participant"] and "\x07" not in seen["participant"], seen


if __name__ == "__main__":
    run_suite()
