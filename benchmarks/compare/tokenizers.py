#!/usr/bin/env python3
"""Times tokenizers of every kind beside Hugging Face's Rust code, by turns on one thread, and writes a table.

    python3 benchmarks/compare/tokenizers.py --node FOLDER [--kinds DIR] [--rounds 7] [--output FILE]

FOLDER is one in which "npm install tokenizers@0.23.2" has been. DIR holds a folder for each kind, with a tokenizer.json and dev.jsonl; by default it is the
maintainers' shared folder. Theirs keeps a cache of pieces: "cold" is a new tokenizer for each round, "warm" one that has seen every text before. Ours has none.
Theirs gives encodings without padding, in batches of 1,000; ours gives ids padded to 512, text by text.
The numbers of tokens have to be equal.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.join(os.path.dirname(HERE), "Microsoft.ML.Clip.Benchmarks")


def shared():
    for up in ("..", os.path.join("..", "..")):
        folder = os.path.normpath(os.path.join(HERE, "..", "..", up, "shared", "fixtures", "tokenizers"))
        if os.path.isdir(folder):
            return folder
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--node", required=True)
    parser.add_argument("--kinds", default=shared())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output")
    arguments = parser.parse_args()
    subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT], check=True, stdout=sys.stderr)
    dll = os.path.join(PROJECT, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
    with tempfile.TemporaryDirectory() as folder:
        compare(arguments, dll, folder)


def compare(arguments, dll, folder):
    captions = open(os.path.join(prepare(dll), "texts.txt"), encoding="utf-8").read().split("\n")
    ours = start(["dotnet", dll, "tokenizers"])
    theirs = start(["node", os.path.join(HERE, "tokenizers.mjs")], cwd=arguments.node)
    lines = ["| tokenizer | texts | theirs cold, texts/s | theirs warm, texts/s | ours, texts/s | ours to cold | ours to warm |", "|---|---|---:|---:|---:|---:|---:|"]
    for kind in sorted(k for k in os.listdir(arguments.kinds) if os.path.exists(os.path.join(arguments.kinds, k, "dev.jsonl"))):
        path = os.path.join(arguments.kinds, kind)
        golden = [json.loads(line) for line in open(os.path.join(path, "dev.jsonl"), encoding="utf-8")]
        languages = [g["text"] for g in golden if g["cat"] != "long"] * 20
        for name, texts in (("captions", [t for t in captions if t]), ("everything", languages)):
            file = os.path.join(folder, f"{kind}-{name}.json")
            json.dump(texts, open(file, "w"))
            seen, counts = {"cold": [], "warm": [], "ours": []}, set()
            for turn in range(arguments.rounds + 2):
                for who in seen:
                    seconds, tokens = ask(ours, path, file, "") if who == "ours" else ask(theirs, path, file, who)
                    counts.add(tokens)
                    if turn >= 2:
                        seen[who].append(seconds)
            assert len(counts) == 1, f"{kind}, {name}: numbers of tokens differ, {counts}"
            rate = {who: len(texts) / statistics.median(s) for who, s in seen.items()}
            ratio = {who: statistics.median(t / o for t, o in zip(seen[who], seen["ours"])) for who in ("cold", "warm")}
            lines.append(f"| {kind} | {name} | {rate['cold']:,.0f} | {rate['warm']:,.0f} | {rate['ours']:,.0f} | {ratio['cold']:.1f} | {ratio['warm']:.1f} |")
            print(lines[-1], file=sys.stderr)
    text = "\n".join(lines) + "\n"
    if arguments.output:
        with open(arguments.output, "w") as out:
            out.write(text)
    print(text)


def prepare(dll):
    return subprocess.run(["dotnet", dll, "prepare"], check=True, capture_output=True, text=True).stdout.strip().split("\n")[-1]


def start(command, cwd=None):
    environment = dict(os.environ, RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    return subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def ask(process, *words):
    process.stdin.write("\t".join(words) + "\n")
    process.stdin.flush()
    seconds, tokens = process.stdout.readline().split()
    return float(seconds), int(tokens)


main()
