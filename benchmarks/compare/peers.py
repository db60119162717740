"""The processes that compare.py measures in, where the peers come from, and which versions they are."""
import json
import os
import re
import shutil
import subprocess
import sys

import blas

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
PROJECT = os.path.join(REPOSITORY, "benchmarks", "Microsoft.ML.Clip.Benchmarks")
PROGRAM = os.path.join(PROJECT, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
PYTHON = "/usr/bin/python3"  # Debian's, whatever else is first on the path.
# The newest of each that runs here, as of 2026-11-28. open_clip after 3.3.0 needs PyTorch 2.
TRANSFORMERS_JS = "4.3.2"
OPEN_CLIP = "v3.3.0"
# Without libopenblas0 PyTorch multiplies with the reference BLAS, fifty times slower.
DEBIAN = ["python3-torch", "python3-torchvision", "python3-pil", "python3-regex", "python3-tqdm", "libopenblas0-pthread"]
IMPORTS = "import torchvision, regex, tqdm"
BLAS = """
import ctypes
blas = ctypes.CDLL("libblas.so.3")
try:
    name = blas.openblas_get_corename
except AttributeError:
    print("")
else:
    name.restype = ctypes.c_char_p
    print(name().decode())
"""


class Worker:
    """A process that measures what it is told, and sleeps otherwise. Started when it is first told something."""

    def __init__(self, command, cwd=None):
        self.command, self.cwd, self.process = command, cwd, None

    def start(self):
        environment = own_environment()
        # Fresh pages are dear on virtual machines. Pillow and sharp ask for new ones for every large image, unless malloc is told to keep them.
        environment.update(MALLOC_MMAP_THRESHOLD_="1073741824", MALLOC_TRIM_THRESHOLD_="4294967296")
        self.process = subprocess.Popen(self.command, cwd=self.cwd, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(os.devnull, "w"))

    def run(self, task, contestant):
        """Seconds an item, a vector, and the 50th and 99th percentile of the seconds where they are what matters."""
        if self.process is None:
            self.start()
        self.process.stdin.write(f"{task} {contestant}\n")
        self.process.stdin.flush()
        while True:
            answer = self.process.stdout.readline()
            if not answer:
                code, self.process = self.process.wait(), None
                raise RuntimeError(f"the worker for '{task} {contestant}' ended with {code}")
            if re.match(r"[0-9.eE+-]+ [0-9]+ ", answer):
                break
        seconds, items, sample, *percentiles = answer.rstrip("\n").split(" ")
        return float(seconds) / int(items), [float(v) for v in sample.split(",")] if sample else None, [float(p) for p in percentiles]

    def close(self):
        """Ends the process, and with it what it holds in memory; the next run starts another."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def own_environment():
    """OpenBLAS is to choose its kernel by itself."""
    return {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}


def run(command, **options):
    print("+", " ".join(command), file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr, **options)


def python_says(program):
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, env=own_environment())
    return done.stdout.strip() if done.returncode == 0 else None


def clone(folder, name, given, address, version=None):
    """A checkout of a peer's code: of what is given (a checkout or a bare repository), or a clone made now."""
    checkout = os.path.join(folder, name)
    try:
        if not os.path.exists(os.path.join(checkout, ".git")):
            run(["git", "clone", "--quiet", "--no-checkout", given or address, checkout])
        run(["git", "-C", checkout, "checkout", "--quiet", version or "HEAD", "--", "clip" if version is None else "src"])
        return checkout
    except subprocess.CalledProcessError:
        return None


def npm_folder(folder):
    npm = os.path.join(folder, "npm")
    package = os.path.join(npm, "node_modules", "@huggingface", "transformers", "package.json")
    if version_of(package) != TRANSFORMERS_JS:
        os.makedirs(npm, exist_ok=True)
        with open(os.path.join(npm, "package.json"), "w") as file:
            json.dump({"private": True, "dependencies": {"@huggingface/transformers": TRANSFORMERS_JS}}, file)
        # The install script would fetch CUDA libraries; those for the CPU are in the package.
        run(["npm", "install", "--no-audit", "--no-fund"], cwd=npm, env={**os.environ, "ONNXRUNTIME_NODE_INSTALL": "skip"})
    return npm


def version_of(package):
    try:
        with open(package) as file:
            return json.load(file)["version"]
    except OSError:
        return None


def dotnet_versions():
    with open(os.path.join(REPOSITORY, "Directory.Packages.props")) as file:
        text = file.read()
    names = {"ML.NET": "Microsoft.ML", "ONNX Runtime": "Microsoft.ML.OnnxRuntime"}
    return {name: m.group(1).strip("[").split(",")[0] for name, package in names.items() if (m := re.search(rf'Include="{re.escape(package)}" Version="([^"]+)"', text))}


def prepare(folder, openai, open_clip, build=True):
    """Builds, installs and generates what is missing. Returns workers by name, why others are absent (by worker or contestant), and versions."""
    workers, absent, versions = {}, {}, dotnet_versions()
    if build:
        run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT])
    run(["dotnet", PROGRAM, "prepare", folder])
    workers["dotnet"] = Worker(["dotnet", PROGRAM, "serve", folder])
    try:
        npm = npm_folder(folder)
        workers["node"] = Worker(["node", os.path.join(HERE, "worker.mjs"), folder], cwd=npm)
        versions["transformers.js"] = TRANSFORMERS_JS
        versions["onnxruntime-node"] = version_of(os.path.join(npm, "node_modules", "onnxruntime-node", "package.json"))
    except (OSError, subprocess.CalledProcessError) as error:
        absent["node"] = f"transformers.js could not be installed: {error}"
    if (python_says(IMPORTS) is None or python_says(BLAS) == "") and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", *DEBIAN], stdout=sys.stderr)
    if python_says(IMPORTS) is None:
        absent["python"] = f"Pillow and torchvision are not here: apt-get install {' '.join(DEBIAN)}"
        return workers, absent, versions
    openai = clone(folder, "openai-clip", openai, "https://github.com/openai/CLIP")
    open_clip = clone(folder, "open-clip", open_clip, "https://github.com/mlfoundations/open_clip", OPEN_CLIP)
    workers["python"] = Worker([PYTHON, os.path.join(HERE, "worker.py"), folder, openai or "-", open_clip or "-"])
    versions.update(json.loads(python_says("import json, torch, torchvision, PIL; "
                                           "print(json.dumps({'PyTorch': torch.__version__, 'torchvision': torchvision.__version__, 'Pillow': PIL.__version__}))")))
    check_blas(absent, versions)
    if openai is None:
        absent.update({name: "github.com/openai/CLIP could not be cloned" for name in ("openai-torch", "openai-cold", "openai-warm")})
    if open_clip is None:
        absent["open_clip"] = f"github.com/mlfoundations/open_clip {OPEN_CLIP} could not be cloned"
    elif "open_clip" not in absent:
        versions["open_clip"] = OPEN_CLIP
    return workers, absent, versions


def check_blas(absent, versions):
    """No ratio against a kernel that is below the processor's."""
    kernel = python_says(BLAS)
    versions["BLAS under PyTorch"] = kernel_in_use = f"OpenBLAS, kernel {kernel}" if kernel else "the reference BLAS"
    if reason := blas.refusal([kernel or "reference"]):
        absent.update({name: reason for name in ("openai-torch", "open_clip")})
