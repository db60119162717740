#!/usr/bin/env python3
"""Metrics beside CLIP_benchmark's own code: the same saved embeddings, the same machine, in turns.

    /usr/bin/python3 benchmarks/compare/evaluation.py CLIP_BENCHMARK [--rounds 5] [--threads 2] [--cases 50000x512x10,...] [--amp]

CLIP_BENCHMARK is a clone of github.com/LAION-AI/CLIP_benchmark. Needs the .NET SDK, PyTorch, scikit-learn and tqdm (Debian: python3-torch python3-sklearn
python3-tqdm). Debian's PyTorch takes the system's libblas, which is slow unless it is OpenBLAS (libopenblas0-pthread, or LD_LIBRARY_PATH to its folder); the
first line says which kernel it was, and beside one below the processor's no ratio is printed.

ROWSxDIMENSIONxCLASSES is zero-shot classification: clip_benchmark.metrics.zeroshot_classification.evaluate beside ClipEmbeddedSet.Classify. IMAGES:TEXTSxDIMENSION
is retrieval: clip_benchmark.metrics.zeroshot_retrieval.evaluate with recall at 1, 5 and 10 beside ClipRetrieval.Evaluate.

Both are whole calls of theirs. Of what surrounds them this stands in for:
  the model     its encoders give back what they get, which are embeddings
  the texts     zero_shot_classifier, which runs the text encoder, gives the saved class weights; the tokenizer stacks the captions' embeddings
  the loader    slices of the saved matrices, 64 rows each as their command line has it; a torch DataLoader would be slower
  tqdm          says nothing
No autocast, unless --amp: it computes in bfloat16 on a CPU, which gives other results. Embeddings are seeded.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time
import blas
from linear_probe import PROJECT, Contestant

CASES = "50000x512x10,50000x512x1000,5000:25000x512"
BATCH = 64


def make(stem, case, seed=1):
    """Of unit length: rows near their class's weights, captions near their images."""
    import numpy as np
    r = np.random.default_rng(seed)

    def unit(x):
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    sizes, *rest = case.split("x")
    if ":" in sizes:
        (images, texts), d = map(int, sizes.split(":")), int(rest[0])
        first = unit(r.normal(size=(images, d)))
        y = (np.arange(texts) % images).astype(np.int32)
        second = unit(first[y] + r.normal(size=(texts, d)) * 0.25)
    else:
        n, d, k = int(sizes), int(rest[0]), int(rest[1])
        second = unit(r.normal(size=(k, d)))
        y = r.integers(0, k, n).astype(np.int32)
        first = unit(second[y] + r.normal(size=(n, d)) * (0.3 if k > 100 else 0.6))
    first.tofile(stem + ".first.bin")
    second.tofile(stem + ".second.bin")
    y.tofile(stem + ".y.bin")
    json.dump(dict(dimension=d, kind="retrieval" if ":" in sizes else "classification"), open(stem + ".json", "w"))


class Loader:
    def __init__(self, rows, answers, classes=()):
        self.rows, self.answers, self.classes = rows, answers, classes

    @property
    def dataset(self):
        return self

    def __iter__(self):
        return ((self.rows[i:i + BATCH], self.answers[i:i + BATCH]) for i in range(0, len(self.rows), BATCH))


class Model:
    def encode_image(self, images):
        return images

    def encode_text(self, texts):
        return texts


def serve(folder, threads, amp):
    """Their side; the same protocol as EvaluationServer.cs."""
    sys.path.insert(0, folder)
    import numpy as np
    import torch
    from clip_benchmark.metrics import zeroshot_classification, zeroshot_retrieval
    torch.set_num_threads(threads)
    for module in (zeroshot_classification, zeroshot_retrieval):
        module.tqdm = lambda rows: rows
    problem = {}
    for line in sys.stdin:
        words = line.split()
        if words[0] == "info":
            # Before the first product there is no BLAS to be seen.
            torch.ones(64, 64) @ torch.ones(64, 64)
            answer = dict(torch=torch.__version__, threads=torch.get_num_threads(), kernels=blas.kernels())
        elif words[0] == "load":
            shape = json.load(open(words[1] + ".json"))
            first, second = (torch.from_numpy(np.fromfile(f"{words[1]}.{part}.bin", np.float32).reshape(-1, shape["dimension"])) for part in ("first", "second"))
            y = torch.from_numpy(np.fromfile(words[1] + ".y.bin", np.int32)).long()
            if shape["kind"] == "classification":
                weights = second.t().contiguous()
                zeroshot_classification.zero_shot_classifier = lambda *a, **k: weights
                loader = Loader(first, y, list(range(len(second))))
                run = lambda: zeroshot_classification.evaluate(Model(), loader, None, None, None, "cpu", amp=amp)
            else:
                captions = [[] for _ in first]
                for caption, image in zip(second, y.tolist()):
                    captions[image].append(caption)
                loader = Loader(first, captions)
                run = lambda: zeroshot_retrieval.evaluate(Model(), loader, torch.stack, "cpu", amp=amp, recall_k_list=[1, 5, 10])
            answer = dict(loaded=True)
        elif words[0] == "run":
            start = time.perf_counter()
            result = run()
            answer = dict(seconds=time.perf_counter() - start, result=result)
        else:
            return
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cases", default=CASES)
    parser.add_argument("--amp", action="store_true")
    a = parser.parse_args()
    if a.serve:
        return serve(a.folder, a.threads, a.amp)
    subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT], check=True, stdout=sys.stderr)
    env = dict(os.environ, OPENBLAS_NUM_THREADS=str(a.threads), OMP_NUM_THREADS=str(a.threads), DOTNET_PROCESSOR_COUNT=str(a.threads), DOTNET_gcConcurrent="1")
    # Some machines pin an older kernel or a smaller cache; OpenBLAS shall choose what is best here.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    ours = Contestant(["dotnet", os.path.join(PROJECT, "bin/Release/net10.0/Microsoft.ML.Clip.Benchmarks.dll"), "evaluation-serve"], env)
    theirs = Contestant([sys.executable, os.path.abspath(__file__), a.folder, "--serve", "--threads", str(a.threads)] + ["--amp"] * a.amp, env)
    info = theirs.ask("info")
    print(f"PyTorch {info['torch']}, {info['threads']} threads, BLAS kernel {', '.join(info['kernels'])}", flush=True)
    refusal = blas.refusal(info["kernels"])
    with tempfile.TemporaryDirectory() as folder:
        for case in a.cases.split(","):
            stem = os.path.join(folder, "problem")
            make(stem, case)
            for side in (ours, theirs):
                side.ask("load", stem)
                # Warm: for two seconds, and once at least.
                end = time.perf_counter() + 2
                side.ask("run")
                while time.perf_counter() < end:
                    side.ask("run")
            rounds = [(ours.ask("run"), theirs.ask("run")) for _ in range(a.rounds)]
            mine, other = ([r[side]["seconds"] for r in rounds] for side in (0, 1))
            ratios = sorted(t / o for o, t in zip(mine, other))
            result, reference = rounds[0][0]["result"], rounds[0][1]["result"]
            differences = {name: (value, result[name]) for name, value in reference.items() if abs(value - result[name]) > 5e-7}
            print(f"{case}: ours {statistics.median(mine):.4f} s, theirs {statistics.median(other):.4f} s, "
                  + (refusal or f"{statistics.median(ratios):.1f} times as fast ({ratios[0]:.1f} to {ratios[-1]:.1f})") + "; "
                  + (f"theirs and ours differ: {differences}" if differences else "equal: " + ", ".join(f"{n} {v:.5f}" for n, v in reference.items())), flush=True)
    ours.quit()
    theirs.quit()


if __name__ == "__main__":
    main()
