#!/usr/bin/python3
"""Ways to write ViT-B/32's image tower that compute the same, timed by turns in ONNX Runtime.

    /usr/bin/python3 benchmarks/compare/graph_variants.py [--runs 12] [--folder FOLDER] [--output PAGE.md]

Needs Debian's python3-onnx, and the benchmarks built (dotnet build -c Release benchmarks/Microsoft.ML.Clip.Benchmarks). The weights are those of the seeded model
that compare.py makes. What each variant changes stands in VARIANTS; which of them the library does, and why not the others, in docs/adr/0016-less-work-in-the-graph.md.
"""

import argparse
import datetime
import os
import subprocess
import tempfile

import numpy
import onnx
from onnx import helper, numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "benchmarks", "Microsoft.ML.Clip.Benchmarks", "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
WIDTH, HEADS, LAYERS, TOKENS = 768, 12, 12, 50

VARIANTS = {
    "as-exported": {},
    "class-token": {"token": True},
    "class-token-gemm": {"token": True, "gemm": True},
    "class-token-skip-norm": {"token": True, "skip": True},
    "class-token-multi-head-attention": {"token": True, "attention": "MultiHeadAttention"},
    "class-token-attention": {"token": True, "attention": "Attention"},
    # What the library makes of it.
    "class-token-gemm-multi-head-attention": {"token": True, "gemm": True, "attention": "MultiHeadAttention"},
}


class Tower:
    """Writes the tower again, block by block, with the weights of the exported one."""

    def __init__(self, model, token=False, gemm=False, skip=False, attention=None):
        self.model, self.token, self.gemm, self.skip, self.attention = model, token, gemm, skip, attention
        self.weights = {t.name: t for t in model.graph.initializer}
        self.nodes, self.lists = [], {}

    def add(self, operation, inputs, output, domain="", outputs=None, **attributes):
        self.nodes.append(helper.make_node(operation, inputs, outputs or [output], domain=domain, **attributes))
        return output

    def shape(self, name, *values):
        self.lists[name] = numpy_helper.from_array(numpy.array(values, numpy.int64), name)
        return name

    def bias(self, block, name, output):
        return next(b for b in (f"{block}{name}_bias", f"{block}{output}_bias") if b in self.weights)

    def linear(self, x, block, name, output):
        weight, bias, result = f"{block}{name}_weight", self.bias(block, name, output), block + output
        if not self.gemm:
            return self.add("Add", [self.add("MatMul", [x, weight], result + "_product"), bias], result)
        flat = self.add("Reshape", [x, self.shape(f"rows_{self.width(weight)[0]}", -1, self.width(weight)[0])], result + "_rows")
        product = self.add("Gemm", [flat, weight, bias], result + "_gemm")
        tokens = 1 if self.one else TOKENS
        return self.add("Reshape", [product, self.shape(f"back_{self.width(weight)[1]}_{tokens}", -1, tokens, self.width(weight)[1])], result)

    def width(self, weight):
        return self.weights[weight].dims

    def norm(self, x, name, output):
        return self.add("LayerNormalization", [x, name + "_weight", name + "_bias"], output, axis=-1, epsilon=1e-5)

    def attend(self, x, query, block):
        if self.attention == "Attention" and not self.one:
            parts = [numpy_helper.to_array(self.weights[f"{block}{c}_proj_weight"]) for c in "qkv"]
            biases = [numpy_helper.to_array(self.weights[self.bias(block, c + "_proj", c)]) for c in "qkv"]
            for name, values in ((block + "qkv_weight", numpy.concatenate(parts, 1)), (block + "qkv_bias", numpy.concatenate(biases))):
                self.lists[name] = numpy_helper.from_array(values, name)
            return self.add("Attention", [x, block + "qkv_weight", block + "qkv_bias"], block + "mixed", "com.microsoft", num_heads=HEADS)
        q = self.linear(query, block, "q_proj", "q")
        self.one, one = False, self.one
        k, v = self.linear(x, block, "k_proj", "k"), self.linear(x, block, "v_proj", "v")
        self.one = one
        if self.attention:
            return self.add("MultiHeadAttention", [q, k, v], block + "mixed", "com.microsoft", num_heads=HEADS)
        q = self.add("Mul", [q, "scale"], q + "_scaled")
        heads = self.shape("heads_of", 0, 0, HEADS, WIDTH // HEADS)
        q, k, v = (self.add("Transpose", [self.add("Reshape", [t, heads], t + "_split")], t + "_heads", perm=order)
                   for t, order in ((q, [0, 2, 1, 3]), (k, [0, 2, 3, 1]), (v, [0, 2, 1, 3])))
        scores = self.add("Softmax", [self.add("MatMul", [q, k], block + "scores")], block + "shares", axis=-1)
        rows = self.add("Transpose", [self.add("MatMul", [scores, v], block + "sums")], block + "sums_rows", perm=[0, 2, 1, 3])
        return self.add("Reshape", [rows, self.shape("joined_to", 0, 0, WIDTH)], block + "mixed")

    def write(self, path):
        for node in self.model.graph.node:
            self.nodes.append(node)
            if node.output[0] == "hidden":
                break
        first, x, normed = self.shape("first", 0), "hidden", None
        for i in range(LAYERS):
            block, self.one = f"layer{i}_", False
            normed = normed or self.norm(x, block + "norm1", block + "n1")
            query, residual = normed, x
            self.one = self.token and i == LAYERS - 1
            if self.one:
                query, residual = (self.add("Gather", [t, first], t + "_first", axis=1) for t in (normed, x))
            mixed = self.attend(normed, query, block)
            if self.skip:
                product = self.add("MatMul", [mixed, block + "out_proj_weight"], block + "out_product")
                self.add("SkipLayerNormalization", [product, residual, block + "norm2_weight", block + "norm2_bias", self.bias(block, "out_proj", "attended")], None,
                         "com.microsoft", [block + "n2", "", "", block + "middle"], epsilon=1e-5)
                middle, second = block + "middle", block + "n2"
            else:
                middle = self.add("Add", [residual, self.linear(mixed, block, "out_proj", "attended")], block + "middle")
                second = self.norm(middle, block + "norm2", block + "n2")
            gate = self.add("QuickGelu", [self.linear(second, block, "fc1", "up")], block + "gelu", "com.microsoft", alpha=1.702)
            x = self.add("Add", [middle, self.linear(gate, block, "fc2", "down")], block + "sum")
            normed = None
        self.one = True
        pooled = self.norm(self.add("Gather", [x, first], "class_out", axis=1), "post", "pooled_rows")
        self.add("MatMul", [self.add("Reshape", [pooled, self.shape("flat_to", -1, WIDTH)], "pooled"), "projection_weight"], "image_embeds")
        used = {name for node in self.nodes for name in node.input}
        graph = helper.make_graph(self.nodes, "variant", self.model.graph.input, self.model.graph.output,
                                  [t for n, t in self.weights.items() if n in used] + [t for n, t in self.lists.items() if n in used])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
        model.ir_version = 8
        onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-graph-variants"))
    parser.add_argument("--output", help="a page to write what was printed to")
    arguments = parser.parse_args()
    workload = subprocess.run(["dotnet", PROGRAM, "prepare"], check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    model = onnx.load(os.path.join(workload, "models", "vit-b-32", "onnx", "vision_model.onnx"))
    os.makedirs(arguments.folder, exist_ok=True)
    paths = []
    for name, choices in VARIANTS.items():
        paths.append(os.path.join(arguments.folder, name + ".onnx"))
        Tower(model, **choices).write(paths[-1])
    result = subprocess.run(["dotnet", PROGRAM, "profile", *paths, "--runs", str(arguments.runs)], check=True, capture_output=True, text=True).stdout
    result = result.replace(arguments.folder + os.sep, "").replace(".onnx", "")
    print(result)
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as page:
            page.write("# Ways to write the image tower\n\nViT-B/32, batches of 16 on one thread, by turns; `/usr/bin/python3 benchmarks/compare/graph_variants.py`, "
                       f"{datetime.date.today()}, the processor of this folder. The last is what the library makes of it; why, and not the others: docs/adr/0016-less-work-in-the-graph.md.\n\n{result}")


if __name__ == "__main__":
    main()
