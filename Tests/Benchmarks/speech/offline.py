"""Speech over simulated paths, faster than it is spoken: `speech-path` joins encoder, sessions, path and receiver."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

from reference import as_pcm, from_pcm, lead_seconds, with_lead
from score import score


class Offline:
    """One run a condition and seed; `program` is speech-path."""

    label = "confab, simulated path"

    def __init__(self, program, speech, options=()):
        self.program, self.speech, self.options = program, speech, list(options)

    def results(self, conditions, seeds):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "in.pcm").write_bytes(as_pcm(with_lead(self.speech)))
            todo = [(name, words, seed) for name, words in conditions for seed in seeds]
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                yield from pool.map(lambda work: self.result(folder, *work), todo)

    def result(self, folder, name, words, seed):
        heard = pathlib.Path(folder, f"{name}-{seed}.pcm")
        command = [self.program, f"{folder}/in.pcm", heard, *words.split(), f"seed={seed}", *self.options]
        numbers = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        numbers |= score(self.speech, from_pcm(heard.read_bytes()), numbers["t0"] - lead_seconds)
        seconds = len(with_lead(self.speech)) / 48_000
        numbers["kbit"] = numbers["rtp_bytes"] * 8 / seconds / 1000
        return {"condition": name, "seed": seed, "label": self.label, **numbers}
