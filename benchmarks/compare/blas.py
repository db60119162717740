"""Which BLAS kernel NumPy runs, and whether it is the processor's: no ratio is printed against a kernel below it."""

# OpenBLAS's kernels with 512 bits, and those with 256.
WIDE = ("SkylakeX", "Cooperlake", "SapphireRapids", "Zen5")
MIDDLE = ("Haswell", "Zen", "Excavator", *WIDE)


def kernels():
    """OpenBLAS's kernels in this process, of every copy that is loaded; 'reference' where there is none."""
    import numpy  # noqa: F401  (what is asked about)
    import ctypes
    found = []
    with open("/proc/self/maps") as maps:
        files = sorted({line.split()[-1] for line in maps if "blas" in line and ".so" in line})
    for file in files:
        library = ctypes.CDLL(file)
        for name in ("openblas_get_corename", "openblas_get_corename64_", "scipy_openblas_get_corename64_", "scipy_openblas_get_corename"):
            if hasattr(library, name):
                ask = getattr(library, name)
                ask.restype = ctypes.c_char_p
                found.append(ask().decode())
                break
    return sorted(set(found)) or ["reference"]


def refusal(names):
    """Why no ratio may be printed beside these kernels; None where they are the processor's."""
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    enough = WIDE if "avx512" in flags else MIDDLE if "avx2" in flags else None
    below = [n for n in names if n == "reference" or (enough and n not in enough)]
    return f"BLAS kernel {', '.join(below)} is below this processor: no ratio. apt-get install libopenblas0-pthread" if below else None
