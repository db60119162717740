"""What numpy saves, which NpyWriter has to write byte for byte: python3 npy.py FOLDER"""
import pathlib
import sys

import numpy as np

# Signs, subnormals of half precision, halves between two of its numbers, its largest, and a row that failed.
ROWS = np.array([[0, 1, -1, 0.1, 65504], [1 / 3, 2 ** -24 * 1.5, 2049, np.inf, -0.0], [np.nan] * 5], dtype=np.float32)

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
np.save(folder / "rows-f2.npy", ROWS.astype(np.float16))
np.save(folder / "rows-f4.npy", ROWS)
np.save(folder / "none-f4.npy", np.zeros((0, 512), np.float32))
