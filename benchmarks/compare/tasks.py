"""What compare.py measures, and what is claimed of it: names, titles and limits, for the script that measures and the one that writes the pages."""

BATCHES = (1, 4, 8, 16, 32)
THREADS = [
    ("ort", "default session"),
    ("ort-nospin", "threads that sleep when they wait"),
    ("ort-2x", "2 batches at a time on one thread each"),
]
BARE = [(f"{name}-{batch}", "dotnet", f"(b) bare ONNX Runtime on ready tensors, {how}, batch {batch}") for name, how in THREADS for batch in BATCHES]

# Contestants: name, worker, what it is. The first is the one that the others are compared with.
TASKS = {
    "pipeline": ("Files of 500x375 -> ViT-B/32 fp32 embeddings", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImageEmbedding"),
        ("mlnet", "dotnet", "(a) ML.NET: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel"),
        *BARE,
        *[(f"transformers.js-{n}", "node", f"(c) transformers.js, onnxruntime-node, batch {n}") for n in (1, 8, 16)],
        ("openai-torch", "python", "(e) OpenAI's PyTorch model and transform, batch 16"),
        ("open_clip", "python", "(f) open_clip's PyTorch model and transform, batch 16"),
    ]),
    "pipeline-tiny": ("The same with a tiny encoder: what is around it", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImageEmbedding"),
        ("decoder", "dotnet", "the JPEG decoder alone, in memory, on all cores: the limit of all that use it, (a) among them"),
        ("mlnet", "dotnet", "(a) ML.NET: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel"),
        ("transformers.js-1", "node", "(c) transformers.js, onnxruntime-node, batch 1"),
        ("transformers.js-8", "node", "(c) transformers.js, onnxruntime-node, batch 8"),
    ]),
    "variants": ("8 bits: the pipeline with another file of the same weights", "images/s", [
        ("quantized", "dotnet", "Microsoft.ML.Clip, Variant = \"quantized\": 8 bits, dynamic quantisation"),
        ("fp32", "dotnet", "Microsoft.ML.Clip, float32"),
        ("fp16", "dotnet", "Microsoft.ML.Clip, Variant = \"fp16\""),
        *[(f"transformers.js-q8-{n}", "node", f"(c) transformers.js, dtype \"q8\" (the same _quantized file), batch {n}") for n in (1, 8, 16)],
        ("ort-16", "dotnet", "(b) bare ONNX Runtime on ready tensors, the same file, default session, batch 16"),
        ("ort-2x-16", "dotnet", "(b) bare ONNX Runtime on ready tensors, the same file, 2 batches at a time on one thread each, batch 16"),
    ]),
    "settings": ("Settings of the session, ViT-B/32 fp32", "images/s", [
        ("default", "dotnet", "as it comes"),
        ("as-it-stands", "dotnet", "OptimizeGraph = false"),
        ("batch-4", "dotnet", "BatchSize = 4"),
        ("batch-8", "dotnet", "BatchSize = 8"),
        ("no-arena", "dotnet", "UseMemoryArena = false"),
        ("one-batch", "dotnet", "ConcurrentBatches = 1: all cores on one batch"),
    ]),
    "engine": ("One image at a time, ViT-B/32 fp32", "images/s", [
        ("clip-image", "dotnet", "Microsoft.ML.Clip, PredictionEngine, MLImage"),
        ("clip-path", "dotnet", "Microsoft.ML.Clip, PredictionEngine, JPEG file"),
        ("ort", "dotnet", "(b) bare ONNX Runtime on ready tensors, default session, batch 1"),
    ]),
    "preprocess": ("Decoded 500x375 -> tensor, one thread", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImagePreprocessor"),
        ("torchvision", "python", "(d) OpenAI's transform, Pillow and torchvision"),
    ]),
    "large": ("JPEG of 12 megapixels -> tensor, one thread", "images/s", [
        ("clip-fast", "dotnet", "Microsoft.ML.Clip, ClipImageDecoding.Fast"),
        ("clip-exact", "dotnet", "Microsoft.ML.Clip, ClipImageDecoding.Exact"),
        ("pillow", "python", "(d) Pillow and torchvision"),
        ("pillow-draft", "python", "(d) the same, decoded at reduced scale with Image.draft"),
    ]),
    "tokenise": ("10,000 captions -> ids, one thread", "texts/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipTokenizer (keeps no cache: cold is warm)"),
        ("openai-cold", "python", "OpenAI's simple_tokenizer.py, empty cache"),
        ("openai-warm", "python", "OpenAI's simple_tokenizer.py, every word in its cache"),
        ("transformers.js-cold", "node", "(c) transformers.js, new tokenizer"),
        ("transformers.js-warm", "node", "(c) transformers.js, the same texts again"),
    ]),
    "texts": ("Captions -> ViT-B/32 text embeddings", "texts/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, EncodeTexts: batches of like length, no padding"),
        ("ort", "dotnet", "bare ONNX Runtime on ready ids padded to 77, batch 16"),
    ]),
    "one-text": ("One query of 6 to 12 words at a time -> ViT-B/32 text embedding", "texts/s at the median", [
        ("clip-1", "dotnet", "Microsoft.ML.Clip, EncodeText, one caller"),
        ("ort-1", "dotnet", "(b) bare ONNX Runtime on ready ids of the text's own length, default session, one caller"),
        ("clip-8", "dotnet", "Microsoft.ML.Clip, EncodeText, 8 callers"),
        ("ort-8", "dotnet", "(b) bare ONNX Runtime on ready ids of the text's own length, default session, 8 callers"),
    ]),
}

# What --quick measures: enough for every line of LIMITS and one rival of each kind, at the settings that win on the processors that we know.
QUICK = {
    "pipeline": ["clip", "mlnet", "ort-16", "ort-2x-4", "ort-2x-16", "transformers.js-8"],
    "variants": ["quantized", "fp32", "transformers.js-q8-1", "transformers.js-q8-8", "ort-2x-16"],
    "one-text": ["clip-1", "ort-1", "clip-8", "ort-8"],
    "pipeline-tiny": ["clip", "mlnet", "transformers.js-8"],
    "texts": ["clip", "ort"],
    "preprocess": ["clip", "torchvision"],
}

# What the page says first: task, ours, the rivals by the beginnings of their names (the fastest counts), what it is against what, and the ratio that is the aim, if there is one.
LIMITS = [
    ("pipeline", "clip", ["ort"], "JPEG files to ViT-B/32 embeddings, float32", "ONNX Runtime by itself on ready tensors, unmodified graph, at its best setting", 1.05),
    ("pipeline", "clip", ["ort-1", "ort-4", "ort-8", "ort-16", "ort-32", "ort-default"], "", "the same, default session, at its best batch", None),
    ("pipeline", "clip", ["transformers.js"], "", "transformers.js with onnxruntime-node at its best batch", 1.5),
    ("pipeline", "clip", ["mlnet"], "", "ML.NET's LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel", 1.5),
    ("pipeline", "clip", ["openai-torch"], "", "OpenAI's PyTorch code", None),
    ("pipeline", "clip", ["open_clip"], "", "open_clip's PyTorch code", None),
    ("variants", "quantized", ["fp32"], "the same in 8 bits", "our own float32", 2.3),
    ("variants", "quantized", ["transformers.js-q8"], "", "transformers.js with its 8-bit file at its best batch", 1.5),
    ("variants", "quantized", ["ort"], "", "ONNX Runtime by itself on ready tensors, the same 8-bit file, at its best setting", None),
    ("pipeline-tiny", "clip", ["mlnet"], "the same with a tiny encoder: what is around it", "ML.NET's steps, which skip the bicubic filter", None),
    ("pipeline-tiny", "clip", ["transformers.js"], "", "transformers.js", None),
    ("pipeline-tiny", "clip", ["decoder"], "", "SkiaSharp's JPEG decoder alone, which we share with ML.NET: the limit", None),
    ("engine", "clip-image", ["ort"], "one `MLImage` at a time, prediction engine", "ONNX Runtime by itself, one tensor at a time", None),
    ("preprocess", "clip", ["torchvision"], "decoded image to tensor, one thread", "Pillow and torchvision", None),
    ("large", "clip-fast", ["pillow"], "JPEG of 12 megapixels to tensor, `ClipImageDecoding.Fast`, one thread", "Pillow and torchvision, the faster way", None),
    ("tokenise", "clip", ["openai"], "tokenising, one thread", "OpenAI's Python tokenizer", None),
    ("tokenise", "clip", ["transformers.js"], "", "transformers.js", None),
    ("texts", "clip", ["ort"], "captions to text embeddings", "ONNX Runtime by itself, texts padded to 77 tokens", None),
    ("one-text", "clip-1", ["ort-1"], "one query at a time, median", "ONNX Runtime by itself on ids of the text's own length", 0.952),
    ("one-text", "clip-8", ["ort-8"], "the same, 8 callers", "ONNX Runtime by itself on ids of the text's own length", None),
]
