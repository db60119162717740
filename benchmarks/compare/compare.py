#!/usr/bin/env python3
"""Runs Microsoft.ML.Clip and what people use now on the same inputs, interleaved, and writes medians and ratios.

    python3 benchmarks/compare/compare.py                  # everything: a quarter of an hour on two cores
    python3 benchmarks/compare/compare.py --quick          # the main lines, within five minutes once the peers are installed
    python3 benchmarks/compare/compare.py --only texts     # a part; the page keeps what it has of the others

Results go to compare.json in a folder of benchmarks/results that has the processor's name; compare.md beside it and benchmarks/results/README.md are written
from it (pages.py does that by itself, too). Needs the .NET SDK. Peers are installed where their tools are: transformers.js and onnxruntime-node from npm
(Node.js 20), Pillow, torchvision and PyTorch as Debian's packages (installed when run as root), OpenAI's code and open_clip from clones of their repositories.
A peer that cannot be had is left out, and the page says so. Models and inputs are generated; see README.md.
"""
import argparse
import datetime
import json
import math
import os
import statistics
import sys
import tempfile
import time

import pages
import peers
from tasks import QUICK, TASKS

QUICK_SECONDS = 285


def measure(workers, absent, tasks, rounds, deadline=None):
    """Every contestant once per round, in turn: whatever slows the machine down slows all of them. With a deadline the rounds go over all tasks, and the last one is cut short."""
    seen = {}
    groups = [tasks] if deadline else [[task] for task in tasks]
    for group in groups:
        for turn in range(rounds):
            for task in group:
                contestants = [c for c in TASKS[task][2] if c[0] not in absent and c[1] in workers]
                # A task's part of a round is whole or not there.
                if deadline and turn > 0 and time.monotonic() + seen[task]["took"] > deadline:
                    continue
                began = time.monotonic()
                for name, worker, _ in contestants:
                    once(workers[worker], task, name, turn, seen.setdefault(task, {"lines": {}})["lines"], absent)
                seen[task]["took"] = time.monotonic() - began
        for worker in workers.values():
            worker.close()
    return {task: s["lines"] for task, s in seen.items()}


def once(worker, task, name, turn, lines, absent):
    line = lines.setdefault(name, {"seconds": [], "p50": [], "p99": []})
    if "failure" in line:
        return
    try:
        seconds, line["sample"], percentiles = worker.run(task, name)
    except RuntimeError as error:
        # The others of its kind go on in a new process.
        line["failure"] = str(error)
        print(error, file=sys.stderr)
        return
    line["seconds"].append(seconds)
    for key, value in zip(("p50", "p99"), percentiles):
        line[key].append(value)
    print(f"{task} {turn + 1} {name}: {1 / seconds:.2f}/s", file=sys.stderr)


def cosine(a, b):
    if not a or not b or len(a) != len(b):
        return None
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def result(task, lines, absent, command, versions):
    """What is kept of a task: rates and ratios, no samples."""
    contestants = TASKS[task][2]
    first = lines[contestants[0][0]]
    base = statistics.median(first["seconds"])
    out = []
    for name, worker, _ in contestants:
        line = lines.get(name)
        if not line or not line["seconds"]:
            out.append({"name": name, "absent": (line or {}).get("failure") or absent.get(name) or absent.get(worker) or "not in this run"})
            continue
        median = statistics.median(line["seconds"])
        row = {"name": name, "rate": 1 / median, "ratio": median / base, "slowest": 1 / max(line["seconds"]), "fastest": 1 / min(line["seconds"])}
        if line["p50"]:
            row.update(p50=statistics.median(line["p50"]), p99=statistics.median(line["p99"]))
        agreement = cosine(first["sample"], line["sample"])
        if agreement is not None and line is not first:
            row["agrees"] = agreement
        out.append({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()})
    return {"date": str(datetime.date.today()), "rounds": len(first["seconds"]), "command": command, "versions": versions, "lines": out}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the main contestants, as many rounds as fit into five minutes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(TASKS))
    parser.add_argument("--among", nargs="+", metavar="CONTESTANT", help="leaves the other contestants out, but for the first of each task")
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-workload"), help="for what is generated and installed")
    parser.add_argument("--openai-clip", help="a clone of github.com/openai/CLIP")
    parser.add_argument("--open-clip", help="a clone of github.com/mlfoundations/open_clip")
    parser.add_argument("--no-build", action="store_true", help="runs the program as it was built")
    parser.add_argument("--prepare", action="store_true", help="builds, installs and generates, and measures nothing")
    parser.add_argument("--output", help="a folder; default: benchmarks/results/PROCESSOR, with --quick the temporary one")
    arguments = parser.parse_args()
    tasks = arguments.only or list(QUICK if arguments.quick else TASKS)
    for task, (title, unit, contestants) in TASKS.items():
        kept = QUICK.get(task) if arguments.quick else None
        TASKS[task] = title, unit, [c for i, c in enumerate(contestants)
                                    if i == 0 or ((kept is None or c[0] in kept) and (not arguments.among or c[0] in arguments.among))]
    os.makedirs(arguments.folder, exist_ok=True)
    began = time.monotonic()
    workers, absent, versions = peers.prepare(arguments.folder, arguments.openai_clip, arguments.open_clip, build=not arguments.no_build)
    prepared = time.monotonic()
    if arguments.prepare:
        return
    deadline = prepared + QUICK_SECONDS if arguments.quick else None
    lines = measure(workers, absent, tasks, arguments.rounds, deadline)
    print(f"prepared in {prepared - began:.0f} s, measured in {time.monotonic() - prepared:.0f} s", file=sys.stderr)
    words = ["--quick"] if arguments.quick else [f"--rounds {arguments.rounds}"]
    words += [f"--only {' '.join(arguments.only)}"] if arguments.only else []
    words += [f"--among {' '.join(arguments.among)}"] if arguments.among else []
    command = f"python3 benchmarks/compare/compare.py {' '.join(words)}"
    output = arguments.output or os.path.join(arguments.folder if arguments.quick else pages.RESULTS, pages.folder_name())
    os.makedirs(output, exist_ok=True)
    file_name = os.path.join(output, "compare.json")
    data = {}
    if os.path.exists(file_name) and not arguments.quick:
        with open(file_name) as file:
            data = json.load(file)
    data.setdefault("processor", pages.processor())
    kept = data.setdefault("tasks", {})
    for task, task_lines in lines.items():
        if task_lines[TASKS[task][2][0][0]]["seconds"]:
            kept[task] = result(task, task_lines, absent, command, versions)
    with open(file_name, "w") as file:
        json.dump(data, file, indent=1)
        file.write("\n")
    with open(os.path.join(output, "compare.md"), "w") as file:
        file.write(pages.page(data))
    if os.path.dirname(os.path.abspath(output)) == pages.RESULTS:
        pages.write_overview()
    print(pages.page(data))


if __name__ == "__main__":
    main()
