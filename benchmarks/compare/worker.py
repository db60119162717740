"""The Python contestants of compare.py: Pillow and torchvision, OpenAI's tokenizer and model, open_clip's model.

A line "task contestant" on the standard input runs that once (and prepares and warms it up before the first time) and is answered by a line
"seconds items value,value,...". Arguments: the workload's folder, and a checkout of github.com/openai/CLIP and one of github.com/mlfoundations/open_clip, or "-".
"""
import glob
import json
import os
import sys
import time
import types

import numpy
import torch
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Normalize, Resize, ToTensor

WORKLOAD, OPENAI, OPEN_CLIP = sys.argv[1:]
PHOTOGRAPHS = sorted(glob.glob(os.path.join(WORKLOAD, "photographs", "*")))
LARGE = sorted(glob.glob(os.path.join(WORKLOAD, "large", "*")))

sys.path[:0] = [folder for folder, given in ((OPENAI, OPENAI), (os.path.join(OPEN_CLIP, "src"), OPEN_CLIP)) if given != "-"]
try:
    import ftfy  # noqa: F401
except ImportError:
    # Debian has no package of it. Without it the tokenizer does less work, so this favours the peer; the texts need no repair.
    sys.modules["ftfy"] = types.SimpleNamespace(fix_text=lambda text: text)

# clip.py, _transform(224), to the letter.
TRANSFORM = Compose([
    Resize(224, interpolation=InterpolationMode.BICUBIC),
    CenterCrop(224),
    lambda image: image.convert("RGB"),
    ToTensor(),
    Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
])


def middle_row(tensor):
    return tensor[0, 112].tolist()


def preprocess():
    torch.set_num_threads(1)
    images = [Image.open(f) for f in PHOTOGRAPHS]
    for image in images:
        image.load()

    def run():
        for image in images:
            tensor = TRANSFORM(image)
        return len(images), middle_row(TRANSFORM(images[0]))
    return run


def large(draft):
    torch.set_num_threads(1)

    def one(file):
        image = Image.open(file)
        if draft:
            image.draft("RGB", (448, 448))
        return TRANSFORM(image)

    def run():
        for file in LARGE:
            one(file)
        return len(LARGE) + 1, middle_row(one(LARGE[0]))
    return run


def texts():
    with open(os.path.join(WORKLOAD, "texts.txt"), encoding="utf-8") as file:
        return file.read().splitlines()


def tokenise(cold):
    from clip.simple_tokenizer import SimpleTokenizer
    lines = texts()
    shared = SimpleTokenizer()

    def run():
        tokenizer = shared
        if cold:
            tokenizer.cache = {"<|startoftext|>": "<|startoftext|>", "<|endoftext|>": "<|endoftext|>"}
        # clip.py, tokenize(), without its final tensor.
        start, end = tokenizer.encoder["<|startoftext|>"], tokenizer.encoder["<|endoftext|>"]
        result = [[start] + tokenizer.encode(line) + [end] for line in lines]
        return len(lines), (result[0] + [end] * 77)[:77]
    return run


def openai_model():
    from clip.model import CLIP
    return CLIP(512, 224, 12, 768, 32, 77, 49408, 512, 8, 12), TRANSFORM


def open_clip_model():
    import open_clip
    with open(os.path.join(OPEN_CLIP, "src", "open_clip", "model_configs", "ViT-B-32.json"), encoding="utf-8") as file:
        return open_clip.CLIP(**json.load(file)), open_clip.image_transform(224, is_train=False)


def pipeline(make):
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    model, transform = make()
    model = model.float().eval()

    def run():
        with torch.no_grad():
            for start in range(0, len(PHOTOGRAPHS), 16):
                model.encode_image(torch.stack([transform(Image.open(f)) for f in PHOTOGRAPHS[start:start + 16]]))
        return len(PHOTOGRAPHS), None  # The weights are not the others'.
    return run


CREATE = {
    "preprocess torchvision": preprocess,
    "large pillow": lambda: large(draft=False),
    "large pillow-draft": lambda: large(draft=True),
    "tokenise openai-cold": lambda: tokenise(cold=True),
    "tokenise openai-warm": lambda: tokenise(cold=False),
    "pipeline openai-torch": lambda: pipeline(openai_model),
    "pipeline open_clip": lambda: pipeline(open_clip_model),
}

ready = {}
for line in sys.stdin:
    line = line.strip()
    if line not in ready:
        ready[line] = CREATE[line]()
        ready[line]()
    began = time.perf_counter()
    items, sample = ready[line]()
    seconds = time.perf_counter() - began
    print(seconds, items, ",".join(repr(float(v)) for v in (sample or [])), flush=True)
