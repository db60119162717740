#!/usr/bin/python3
"""Exact search by cosine beside reading the same bytes, NumPy and faiss's flat index, by turns on the same threads.

    /usr/bin/python3 benchmarks/compare/search.py [--rows 1000000] [--dimension 512] [--threads 2] [--rounds 7] [--output PAGE.md]

Needs the benchmarks built (dotnet build -c Release benchmarks/Microsoft.ML.Clip.Benchmarks), NumPy and, if it is to be compared, Debian's python3-faiss. Rows are
a thousand directions with noise, so that every query has near neighbours; a million of 512 values takes 2 GB in each of the three. The first query of each is
not timed. "of reading" is the time of adding up the index's own memory on the same threads, divided by the time of a query.
"""

import argparse
import datetime
import json
import os
import sys
import tempfile
import time

import blas
from linear_probe import PROJECT, Contestant, median

COUNT, QUERIES, BATCH = 10, 3, 64
STORAGES = ("Single", "Half", "Int8")


def serve():
    """NumPy and faiss, told what to do on the standard input."""
    import numpy as np
    x = queries = index = None
    for line in sys.stdin:
        match line.split():
            case ["info"]:
                try:
                    import faiss
                    version = f"faiss {faiss.__version__}"
                except ImportError:
                    version = None
                answer = {"numpy": np.__version__, "kernels": blas.kernels(), "faiss": version}
            case ["load", stem]:
                with open(stem + ".json", encoding="utf-8") as file:
                    dimension = json.load(file)["dimension"]
                x, queries = (np.fromfile(stem + end, np.float32).reshape(-1, dimension) for end in (".X.bin", ".Q.bin"))
                if "faiss" in sys.argv:
                    import faiss
                    faiss.omp_set_num_threads(int(os.environ["THREADS"]))
                    index = faiss.IndexFlatIP(dimension)
                    index.add(x)
                    x = None
                answer = {}
            case [kind, first, count]:
                some = queries[int(first):int(first) + int(count)]
                start, found = time.perf_counter(), []
                for q in [some] if kind == "batch" else some[:, None]:
                    if index is not None:
                        found += index.search(q, COUNT)[1].tolist()
                        continue
                    cosines = q @ x.T
                    best = np.argpartition(cosines, -COUNT, axis=1)[:, -COUNT:]
                    order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
                    found += np.take_along_axis(best, order, 1).tolist()
                answer = {"seconds": time.perf_counter() - start, "found": found}
            case _:
                return
        print(json.dumps(answer), flush=True)


def make(stem, rows, dimension):
    import numpy as np
    random = np.random.default_rng(1)
    centres = random.standard_normal((1000, dimension), dtype=np.float32)
    for end, count in ((".X.bin", rows), (".Q.bin", QUERIES + BATCH)):
        with open(stem + end, "wb") as file:
            for start in range(0, count, 16384):
                n = min(16384, count - start)
                x = centres[random.integers(0, 1000, n)] + random.standard_normal((n, dimension), dtype=np.float32)
                (x / np.linalg.norm(x, axis=1, keepdims=True)).tofile(file)
    with open(stem + ".json", "w", encoding="utf-8") as file:
        json.dump({"dimension": dimension}, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", choices=["numpy", "faiss"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", help="a page to write the table to")
    a = parser.parse_args()
    if a.serve:
        return serve()
    env = dict(os.environ, THREADS=str(a.threads), OPENBLAS_NUM_THREADS=str(a.threads), OMP_NUM_THREADS=str(a.threads))
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    program = os.path.join(PROJECT, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
    with tempfile.TemporaryDirectory() as folder:
        stem = os.path.join(folder, "rows")
        make(stem, a.rows, a.dimension)
        peers = {name: Contestant([sys.executable, os.path.abspath(__file__), "--serve", name], env) for name in ("numpy", "faiss")}
        info = peers["numpy"].ask("info")
        if info["faiss"] is None:
            peers.pop("faiss").quit()
        ours = {f"ClipSearchIndex, {s}": Contestant(["dotnet", program, "search"], env) for s in STORAGES}
        for name, contestant in peers.items():
            contestant.ask("load", stem)
        for name, contestant in ours.items():
            contestant.ask("load", stem, name.split()[-1])
        times = {name: {"search": [], "batch": [], "stream": []} for name in [*ours, *peers]}
        found, size = {}, {}
        for i in range(a.rounds + 1):
            for name, contestant in [*ours.items(), *peers.items()]:
                k = [COUNT] if name in ours else []
                for kind, first, count in (("search", 0, QUERIES), ("batch", QUERIES, BATCH)):
                    answer = contestant.ask(kind, *k, first, count)
                    found[name, kind] = answer["found"]
                    if i > 0:
                        times[name][kind].append(answer["seconds"] / count)
                if name in ours:
                    answer = contestant.ask("stream", QUERIES)
                    size[name] = answer["bytes"]
                    if i > 0:
                        times[name]["stream"].append(answer["seconds"] / QUERIES)
        for contestant in [*ours.values(), *peers.values()]:
            contestant.quit()
    page(a, info, times, found, size)


def page(a, info, times, found, size):
    first = next(iter(times))
    reason = blas.refusal(info["kernels"])
    names = {"numpy": f"NumPy {info['numpy']}, BLAS kernel {', '.join(info['kernels'])}", "faiss": f"{info['faiss']}, IndexFlatIP"}
    lines = [f"# Exact search, the {COUNT} nearest of {a.rows:,} embeddings of {a.dimension} values", "",
             f"{datetime.date.today()}, the processor of this folder, {a.threads} threads, medians of {a.rounds} rounds by turns; "
             "`/usr/bin/python3 benchmarks/compare/search.py`, where it is said what is measured.", ""]
    if reason:
        lines += [reason + ".", ""]
    lines += [f"| | ms a query | of reading the same bytes | GB/s | ms a query, {BATCH} at once | against ours, one, {BATCH} at once | the same neighbours |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, kinds in times.items():
        one, many = median(kinds["search"]), median(kinds["batch"])
        own = name in size
        share = f"{median([s / q for s, q in zip(kinds['stream'], kinds['search'])]):.2f} | {size[name] / one / 1e9:.1f}" if own else " | "
        ratio = f"{one / median(times[first]['search']):.2f}, {many / median(times[first]['batch']):.2f}"
        pairs = [(set(x), set(y)) for kind in ("search", "batch") for x, y in zip(found[first, kind], found[name, kind])]
        same = sum(len(x & y) for x, y in pairs) / (COUNT * len(pairs))
        lines.append(f"| {names.get(name, name)} | {one * 1e3:.1f} | {share} | {many * 1e3:.2f} | {'' if reason and name == 'numpy' else ratio} | {same:.4f} |")
    lines += ["", "\"Against ours\": the line's time divided by that of the first line. \"The same neighbours\": which part of the first line's."]
    text = "\n".join(lines) + "\n"
    print(text)
    if a.output:
        with open(a.output, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
