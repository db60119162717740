#!/usr/bin/env python3
"""The linear probe beside scikit-learn's LogisticRegression: same data, same C, same machine, in turns.

    /usr/bin/python3 benchmarks/compare/linear_probe.py [--repeat 5] [--threads 2] [--sizes 10000x512x10,...] [--c 0.316] [--sweep]

Needs the .NET SDK, numpy and scikit-learn (Debian: python3-sklearn, which brings OpenBLAS). Each contestant is a process of its own that loads the problem once
and then fits on demand; fits alternate. Two comparisons:

  equal   both stop at the first iterate whose objective is within GAP of the optimum. For scikit-learn that iterate is found beforehand, by
          recording the objective of every iteration, and its fit then is limited to that many iterations: it pays for no iteration too many.
          Ours stops by its own estimate, with the tolerance halved until the objective it reaches is within GAP.
  default both as they come: tol=1e-4 and OptimizationTolerance=1e-8, with up to 1000 iterations.

Times are those of `fit`, which for us includes reading the rows through an IDataView. Memory is the growth of the resident set to its peak during
the fit, relative to the bytes of the feature matrix. The first line names the BLAS kernel that scikit-learn runs; beside one below the processor's no ratio
is printed.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

import blas

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.join(os.path.dirname(HERE), "Microsoft.ML.Clip.Benchmarks")
SIZES = "10000x512x10,50000x512x10,20000x512x100,10000x768x1000"


def make(stem, n, d, k, seed=1, separation=0.55):
    """CLIP-like features: a class centre and noise with a decaying spectrum, of unit length. Rows and labels in random order."""
    import numpy as np
    r = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(r.normal(size=(d, d)))
    spectrum = 1 / np.sqrt(1 + np.arange(d) / 8)
    centres = r.normal(size=(k, d)) * spectrum
    y = r.integers(0, k, n).astype(np.int32)
    y[:k] = np.arange(k)
    x = np.empty((n, d), np.float32)
    for start in range(0, n, 4096):
        part = slice(start, min(n, start + 4096))
        z = (centres[y[part]] * separation + r.normal(size=(part.stop - start, d)) * spectrum + 0.5 * spectrum) @ basis
        x[part] = z / np.linalg.norm(z, axis=1, keepdims=True)
    x.tofile(stem + ".X.bin")
    y.tofile(stem + ".y.bin")
    json.dump(dict(rows=n, dimension=d, classes=k), open(stem + ".json", "w"))


def serve():
    """scikit-learn's side; the same protocol as ProbeServer.cs."""
    import warnings
    import numpy as np
    from sklearn.linear_model import LogisticRegression, _logistic
    warnings.filterwarnings("ignore")
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        threadpool_info = lambda: []
    x = y = None

    def status(key):
        return next(int(l.split()[1]) * 1024 for l in open("/proc/self/status") if l.startswith(key))

    def objective(m, c):
        w, b = m.coef_.astype(np.float64), m.intercept_.astype(np.float64)
        if len(m.classes_) == 2:
            w, b = np.vstack([-w, w]), np.concatenate([-b, b])
        loss = 0.0
        for s in range(0, len(y), 4096):
            z = x[s:s + 4096].astype(np.float64) @ w.T + b
            z -= z.max(1, keepdims=True)
            loss += (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), y[s:s + 4096]]).sum()
        return c * loss + 0.5 * (w ** 2).sum()

    for line in sys.stdin:
        words = line.split()
        if words[0] == "info":
            import sklearn
            answer = dict(sklearn=sklearn.__version__, numpy=np.__version__, kernels=blas.kernels(),
                          blas=[dict(api=i.get("internal_api"), version=i.get("version"), kernel=i.get("architecture"), threads=i.get("num_threads")) for i in threadpool_info()])
        elif words[0] == "load":
            shape = json.load(open(words[1] + ".json"))
            x = np.fromfile(words[1] + ".X.bin", np.float32).reshape(shape["rows"], shape["dimension"])
            y = np.fromfile(words[1] + ".y.bin", np.int32)
            answer = dict(rows=len(x))
        elif words[0] == "trace":
            # The objective of every iteration, in units of C * sum + |W|^2 / 2.
            c, values = float(words[1]), []
            minimize = _logistic.optimize.minimize

            def recording(fun, w0, **kw):
                last = {}

                def f(w, *args):
                    last["f"], g = fun(w, *args)
                    return last["f"], g
                return minimize(f, w0, callback=lambda w: values.append(float(last["f"])), **kw)
            _logistic.optimize.minimize = recording
            m = LogisticRegression(C=c, multi_class="multinomial", tol=float(words[2]), max_iter=1000).fit(x, y)
            _logistic.optimize.minimize = minimize
            # What scikit-learn minimises is this objective up to a factor of C; the last iterate settles which.
            factor = objective(m, c) / values[-1]
            answer = dict(objectives=[v * factor for v in values])
        elif words[0] == "fit":
            c, tol, limit = float(words[1]), float(words[2]), int(words[3])
            open("/proc/self/clear_refs", "w").write("5")
            before = status("VmRSS")
            start = time.perf_counter()
            m = LogisticRegression(C=c, multi_class="multinomial", tol=tol, max_iter=limit).fit(x, y)
            seconds = time.perf_counter() - start
            extra = status("VmHWM") - before
            answer = dict(seconds=seconds, iterations=int(m.n_iter_[0]), objective=float(objective(m, c)), extra=extra)
        elif words[0] == "predict":
            xv = np.fromfile(words[1] + ".Xval.bin", np.float32).reshape(-1, x.shape[1])
            answer = dict(predicted=m.predict(xv).tolist())
        else:
            return
        print(json.dumps(answer), flush=True)


class Contestant:
    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended")
        return json.loads(line)

    def quit(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait()


def contestants(threads):
    subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT], check=True, stdout=sys.stderr)
    # The collector as an application has it; the benchmarks' own is set for BenchmarkDotNet.
    env = dict(os.environ, THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), DOTNET_gcConcurrent="1")
    # Some machines pin an older kernel or a smaller cache; OpenBLAS shall choose what is best here.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    ours = Contestant(["dotnet", os.path.join(PROJECT, "bin/Release/net10.0/Microsoft.ML.Clip.Benchmarks.dll"), "probe"], env)
    theirs = Contestant([sys.executable, os.path.abspath(__file__), "--serve"], env)
    return ours, theirs


def median(values):
    return statistics.median(values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--c", type=float, default=0.316, help="OpenAI's example uses 0.316")
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--no-default", action="store_true", help="only the comparison at equal objectives")
    parser.add_argument("--separation", type=float, default=0.55, help="how far apart the classes lie; 0.15 makes them overlap")
    parser.add_argument("--sweep", action="store_true", help="instead: a whole sweep of ours against cold fits of ours")
    a = parser.parse_args()
    if a.serve:
        return serve()
    ours, theirs = contestants(a.threads)
    info = theirs.ask("info")
    a.refusal = blas.refusal(info["kernels"])
    print(f"scikit-learn {info['sklearn']}, numpy {info['numpy']}, BLAS kernel {', '.join(info['kernels'])}, {a.threads} threads; " + "; ".join(f"{b['api']} {b['version']} {b['kernel']}, {b['threads']} threads" for b in info["blas"]))
    with tempfile.TemporaryDirectory() as folder:
        for size in a.sizes.split(","):
            n, d, k = map(int, size.split("x"))
            stem = os.path.join(folder, "problem")
            make(stem, n, d, k, separation=a.separation)
            ours.ask("load", stem)
            (sweep if a.sweep else compare)(a, ours, theirs, stem, n, d, k)
    ours.quit()
    theirs.quit()


def sweep(a, ours, theirs, stem, n, d, k):
    ours.ask("fit", 1 / a.c, 1e-8)
    cold, whole = [], []
    for _ in range(a.repeat):
        cold.append(ours.ask("fit", 1 / a.c, 1e-8)["seconds"])
        last = ours.ask("sweep")
        whole.append(last["seconds"])
    print(f"{n} x {d} x {k}: sweep {median(whole):.2f} s ({len(last['trials'])} trials and the final fit), single cold fit {median(cold):.2f} s: {median([w / c for w, c in zip(whole, cold)]):.1f} cold fits; L2Regularization {last['l2']:.3g}")
    for t in last["trials"]:
        print(f"    {t['l2']:10.3g}  accuracy {t['accuracy']:.4f}  {t['iterations']:4d} iterations  {t['seconds']:.3f} s")
    print(f"    final fit {last['final']:.3f} s", flush=True)


def compare(a, ours, theirs, stem, n, d, k):
    theirs.ask("load", stem)
    trace = theirs.ask("trace", a.c, 1e-4 if k >= 1000 else 1e-8)["objectives"]
    best = ours.ask("fit", 1 / a.c, 1e-9)["objective"]
    optimum = min(best, min(trace))
    enough = next((i + 1 for i, v in enumerate(trace) if v <= optimum * (1 + a.gap)), None)
    tolerance = 4 * a.gap
    while True:
        tolerance /= 2
        reached = ours.ask("fit", 1 / a.c, tolerance)
        if reached["objective"] <= optimum * (1 + a.gap):
            break
    kinds = [("equal", tolerance, 0, enough)] if enough else []
    if not a.no_default:
        kinds.append(("default", 1e-8, 1e-4, 1000))
    matrix = n * d * 4
    for kind, tolerance, tol, limit in kinds:
        o, t = [], []
        for _ in range(a.repeat):
            o.append(ours.ask("fit", 1 / a.c, tolerance))
            t.append(theirs.ask("fit", a.c, tol, limit))
        mo, mt = median([v["seconds"] for v in o]), median([v["seconds"] for v in t])
        ratio = median([y["seconds"] / x["seconds"] for x, y in zip(o, t)])
        # The stored rows are ours to keep while fitting: count them as the one copy that the feature matrix is.
        print(f"{n} x {d} x {k}, {kind}: ours {mo:.3f} s ({o[0]['iterations']} iterations, of it training {median([v['training'] for v in o]):.3f} s), gap {o[0]['objective'] / optimum - 1:.1e}, "
              f"memory +{max(v['extra'] for v in o) / matrix:.2f}; scikit-learn {mt:.3f} s ({t[0]['iterations']} iterations), gap {t[0]['objective'] / optimum - 1:.1e}, "
              f"memory +{max(v['extra'] for v in t) / matrix:.2f}; {a.refusal or f'{ratio:.1f} times as fast'}", flush=True)


if __name__ == "__main__":
    main()
