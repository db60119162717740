#!/usr/bin/env python3
"""Shows that the cost of a row does not depend on how many there are, nor on how many cursors are at work, and writes a table.

    python3 benchmarks/compare/growth.py [--rounds 3] [--folder DIR] [--output FILE]

Each line is a process of its own: images of 100x75 through a tiny encoder, so that what is around the encoder is what is measured, after
10,000 rows for warming up. A process repeats few rows until they are 30,000, and gives its median; rounds are interleaved, and their medians are shown.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.join(os.path.dirname(HERE), "Microsoft.ML.Clip.Benchmarks")
RUNS = [(1_000, 1), (10_000, 1), (100_000, 1), (20_000, 1), (20_000, 2), (20_000, 4)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-workload"))
    parser.add_argument("--output")
    arguments = parser.parse_args()
    subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT], check=True, stdout=sys.stderr)
    dll = os.path.join(PROJECT, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
    subprocess.run(["dotnet", dll, "prepare", arguments.folder], check=True, stdout=sys.stderr)
    seen = {}
    for turn in range(arguments.rounds):
        for run in RUNS:
            answer = subprocess.run(["dotnet", dll, "growth", str(run[0]), str(run[1]), arguments.folder], check=True, capture_output=True, text=True).stdout.split()
            seen.setdefault(run, []).append((float(answer[-2]), int(answer[-1])))
            print(turn + 1, run, seen[run][-1], file=sys.stderr)
    lines = ["| rows | cursors at once | microseconds per row | against the first line | peak memory, MB |", "|---:|---:|---:|---:|---:|"]
    first = statistics.median(t for t, _ in seen[RUNS[0]])
    for run in RUNS:
        time, peak = statistics.median(t for t, _ in seen[run]), statistics.median(m for _, m in seen[run])
        lines.append(f"| {run[0]:,} | {run[1]} | {time:.0f} | {time / first:.3f} | {peak / 1e6:.0f} |")
    text = "\n".join(lines) + "\n"
    if arguments.output:
        with open(arguments.output, "w") as file:
            file.write(text)
    print(text)


main()
