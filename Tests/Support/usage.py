"""What a process has used of the machine, from /proc, and what else the machine was doing."""

import os
import re

_ticks = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    """User and system time of all threads so far. Resolution: 10 ms."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _ticks


def memory(pid):
    """Resident kilobytes: now (VmRSS), at most so far (VmHWM), and what of now is no file's page (RssAnon)."""
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM", "RssAnon")}


def machine_facts():
    """One line: processor model, cores, load average."""
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{model[1] if model else os.uname().machine}, {os.cpu_count()} cores, load average {load}"
