#!/usr/bin/env python3
"""Small models of every family that the library knows, computed a second time, for FamilyTests in tests/Microsoft.ML.Clip.Tests/Families.

    /usr/bin/python3 eng/golden/families.py tests/Microsoft.ML.Clip.Tests/Golden/families.json [--check]

The tests write a bundle of each family, with the files, names and types of real exports; here the same networks are written with numpy in float64, the same pictures
are drawn and prepared with Pillow as the family's reference does it, and the ids of the texts stand as numbers, put down by hand by each family's rules. Nothing is
shared with the tests but the names of the weights, whose values are a hash of the name and the place, equal to the last bit in both languages. --check writes nothing
and compares.

What the towers compute is no transformer, but has what sets a family apart: which places of a text see which, where its meaning is taken from, what follows.

Versions: numpy 1.24, Pillow 9.4.0 (Debian 12: python3-numpy, python3-pil). Pillow's filters are the same since 2.7.
"""
import argparse
import json
import sys

import numpy as np
from PIL import Image

IMAGE_SIZE, PATCH = 32, 8
LABELS = ["cat", "dog", "car"]
TEMPLATE = "a photo of a {}"
OPENAI = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
ONE = (0, 0, 0), (1, 1, 1)

# What each family's text tower does: which places a place sees (with it: all before it; all; those with another id than the padding's; those of the mask), the place
# that the text's meaning is taken from, and what follows. Widths are of the features of both towers, and of the joint space.
MODELS = {
    "clip": dict(vocabulary=527, places=77, sees="before", pools="highest"),
    "pe-core": dict(vocabulary=527, places=32, sees="before", pools="highest"),
    "mobileclip": dict(vocabulary=527, places=77, sees="all", pools="highest"),
    "coca": dict(vocabulary=527, places=76, sees="not 0", pools="class"),
    "siglip1": dict(vocabulary=11, places=64, sees="all", pools="last", widths=(8, 8, 8)),
    "siglip2": dict(vocabulary=300, places=64, sees="all", pools="last", widths=(8, 8, 8)),
    "xlm-r": dict(vocabulary=12, places=77, sees="not 1", pools="mean"),
    "roberta": dict(vocabulary=300, places=77, sees="not 1", pools="mean"),
    "m-clip": dict(vocabulary=12, places=77, sees="mask", pools="mean", bias=True),
    "labse": dict(vocabulary=16, places=77, sees="mask", pools="mean", bias=True),
    "metaclip2": dict(vocabulary=12, places=77, sees="before", pools="first 2"),
    "metaclip2-mt5": dict(vocabulary=11, places=77, sees="before", pools="first 1"),
    "jina1": dict(vocabulary=16, places=512, sees="not 0", pools="mean"),
    "jina2": dict(vocabulary=12, places=512, sees="not 1", pools="mean"),
    "chinese": dict(vocabulary=20, places=512, sees="mask", pools="start"),
    "nllb": dict(vocabulary=64, places=77, sees="not 1", pools="start"),
    "biomed": dict(vocabulary=16, places=256, sees="not 0", pools="start"),
    "clipa": dict(vocabulary=16, places=32, sees="all", pools="last"),
}

# The ids of texts, frame included, padding not. CLIP: the vocabulary of TinyTokenizerFiles, in which a</w> is 320 as in OpenAI's, and 525 and 526 frame a text.
CLIP_TEXTS = {
    "a photo of a cat": [525, 320, 519, 520, 320, 513, 526], "a photo of a dog": [525, 320, 519, 520, 320, 515, 526], "a photo of a car": [525, 320, 519, 520, 320, 524, 526],
    "A Red  DOG": [525, 320, 522, 515, 526], "": [525, 526], "a" + " cat" * 99: [525, 320] + [513] * 74 + [526],
}
PE_TEXTS = {**CLIP_TEXTS, "a" + " cat" * 99: [525, 320] + [513] * 29 + [526]}
COCA_TEXTS = {**CLIP_TEXTS, "a" + " cat" * 99: [525, 320] + [513] * 73 + [526]}
# SentencePiece's Unigram as T5 and SigLIP have it: <pad> </s> <unk> _ _a _photo _of _cat _dog _car _red.
SIGLIP1_TEXTS = {
    "a photo of a cat": [4, 5, 6, 4, 7, 1], "a photo of a dog": [4, 5, 6, 4, 8, 1], "a photo of a car": [4, 5, 6, 4, 9, 1],
    "A Red,   DOG!": [4, 10, 8, 1], "": [1], "a" + " cat" * 99: [4] + [7] * 62 + [1],
}
SIGLIP1_CANONICAL_TEXTS = {**SIGLIP1_TEXTS, "A_Red...\tdog": [4, 10, 8, 1]}
MT5_TEXTS = {**SIGLIP1_CANONICAL_TEXTS, "a" + " cat" * 99: [4] + [7] * 75 + [1]}
# Gemma: 256 bytes from 4 on, then a _photo _of _a _cat _dog _car _red ! _.
SIGLIP2_TEXTS = {
    "a photo of a cat": [260, 261, 262, 263, 264, 1], "a photo of a dog": [260, 261, 262, 263, 265, 1], "a photo of a car": [260, 261, 262, 263, 266, 1],
    "A Red DOG!": [260, 267, 265, 268, 1], "a \u00c9": [260, 269, 4 + 0xC3, 4 + 0xA9, 1], "": [1], "a" + " cat" * 99: [260] + [264] * 62 + [1],
}
SIGLIP2_CANONICAL_TEXTS = {**SIGLIP2_TEXTS, "A Red DOG!": [260, 267, 265, 1], "A_Red...\tdog": [260, 267, 265, 1]}
# XLM-R: <s> <pad> </s> <unk> _a _photo _of _cat _dog _car _red _.
XLMR_TEXTS = {
    "a photo of a cat": [0, 4, 5, 6, 4, 7, 2], "a photo of a dog": [0, 4, 5, 6, 4, 8, 2], "a photo of a car": [0, 4, 5, 6, 4, 9, 2],
    " a   red dog ": [0, 4, 10, 8, 2], "": [0, 2],
}
XLMR_77_TEXTS = {**XLMR_TEXTS, "a" + " cat" * 99: [0, 4] + [7] * 74 + [2]}
# RoBERTa: <s> <pad> </s> <unk> a _a _photo _of _cat _dog _car _red. open_clip cleans white space first.
ROBERTA_TEXTS = {
    "a photo of a cat": [0, 4, 6, 7, 5, 8, 2], "a photo of a dog": [0, 4, 6, 7, 5, 9, 2], "a photo of a car": [0, 4, 6, 7, 5, 10, 2],
    " a  red\tdog ": [0, 4, 11, 9, 2], "": [0, 2], "a" + " cat" * 99: [0, 4] + [8] * 74 + [2],
}
# BERT: [PAD] [UNK] [CLS] [SEP] a photo of cat dog car red ##s . and four ideographs.
BERT_TEXTS = {
    "a photo of a cat": [2, 4, 5, 6, 4, 7, 3], "a photo of a dog": [2, 4, 5, 6, 4, 8, 3], "a photo of a car": [2, 4, 5, 6, 4, 9, 3],
    "A  Red dogs.": [2, 4, 10, 8, 11, 12, 3], "": [2, 3],
}
BERT_77_TEXTS = {**BERT_TEXTS, "a" + " cat" * 99: [2, 4] + [7] * 74 + [3]}
BERT_256_TEXTS = {**BERT_TEXTS, "a" + " cat" * 299: [2, 4] + [7] * 253 + [3]}
CHINESE_TEXTS = {**BERT_TEXTS, "\u4e00\u53ea\u732b": [2, 13, 14, 15, 3], "a" + " cat" * 99: [2, 4] + [7] * 49 + [3]}
# CLIPA: [SEP] is replaced by 0, which is the padding's id, too.
CLIPA_TEXTS = {**{text: ids[:-1] + [0] for text, ids in BERT_TEXTS.items()}, "a" + " cat" * 99: [2, 4] + [7] * 29 + [0]}
# NLLB: <s> <pad> </s> <unk> _a _photo _of _cat _dog _car _red eng_Latn kor_Hang.
NLLB_TEXTS = {
    "a photo of a cat": [11, 4, 5, 6, 4, 7, 2], "a photo of a dog": [11, 4, 5, 6, 4, 8, 2], "a photo of a car": [11, 4, 5, 6, 4, 9, 2],
    "a red dog": [11, 4, 10, 8, 2], "": [11, 2], "a" + " cat" * 99: [11, 4] + [7] * 74 + [2],
}
KOREAN_TEXTS = {text: [12] + ids[1:] for text, ids in NLLB_TEXTS.items()}

SOFTMAX, SIGMOID = "Softmax", "Sigmoid"
IN_GRAPH = 3.5  # t in combined graphs
SIGLIP_T, SIGLIP_BIAS = 2.5, -2.25
UNKNOWN = None


def bundle(model, texts, context, pad, fit="shortest", resample=Image.BICUBIC, statistics=OPENAI, rounds=False, score=SOFTMAX, scale=100.0, bias=0.0):
    return dict(model=model, texts=texts, context=context, pad=pad, fit=fit, resample=resample, statistics=statistics, rounds=rounds, score=score, scale=scale, bias=bias)


def siglip(model, texts, pad, **fields):
    return bundle(model, texts, 64, pad, fit="squash", statistics=HALF, score=SIGMOID, **fields)


TRAINED = dict(scale=float(np.exp(SIGLIP_T)), bias=SIGLIP_BIAS)
NOT_TOLD = dict(scale=UNKNOWN, bias=UNKNOWN)
# Where nothing tells the logit scale it is 100, with a warning, but for the models of a sigmoid. Padding: Hugging Face's CLIP fills with the end token, which nothing sees.
BUNDLES = {
    "clip-split": bundle("clip", CLIP_TEXTS, 77, 526),
    "clip-whole": bundle("clip", CLIP_TEXTS, 77, 526, scale=float(np.exp(IN_GRAPH))),
    "clip-sentence-transformers": bundle("clip", CLIP_TEXTS, 77, 526),
    "clip-immich": bundle("clip", CLIP_TEXTS, 77, 526, rounds=True),
    "dfn5b-immich": bundle("clip", CLIP_TEXTS, 77, 526, fit="squash", rounds=True),
    "pe-core-immich": bundle("pe-core", PE_TEXTS, 32, 526, fit="squash", resample=Image.BILINEAR, statistics=HALF, rounds=True),
    "clip-visual-textual": bundle("clip", CLIP_TEXTS, 77, 526),
    "clip-visual-text": bundle("clip", CLIP_TEXTS, 77, 526, rounds=True),
    "clip-image-encoder": bundle("clip", CLIP_TEXTS, 77, 526),
    "siglip2-split": siglip("siglip2", SIGLIP2_TEXTS, 0, resample=Image.BILINEAR, **NOT_TOLD),
    "siglip2-split-and-whole": siglip("siglip2", SIGLIP2_TEXTS, 0, resample=Image.BILINEAR, **TRAINED),
    "siglip2-whole": siglip("siglip2", SIGLIP2_TEXTS, 0, resample=Image.BILINEAR, **TRAINED),
    "siglip2-immich": siglip("siglip2", SIGLIP2_CANONICAL_TEXTS, 0, rounds=True, **NOT_TOLD),
    "siglip1-split": siglip("siglip1", SIGLIP1_TEXTS, 1, **NOT_TOLD),
    "siglip1-split-and-whole": siglip("siglip1", SIGLIP1_TEXTS, 1, **TRAINED),
    "siglip1-whole": siglip("siglip1", SIGLIP1_TEXTS, 1, **TRAINED),
    "siglip1-immich": siglip("siglip1", SIGLIP1_CANONICAL_TEXTS, 1, rounds=True, **NOT_TOLD),
    "fashion-siglip": siglip("siglip1", SIGLIP1_TEXTS, 1, **NOT_TOLD),
    "mobileclip-split": bundle("mobileclip", CLIP_TEXTS, 77, 0, resample=Image.BILINEAR, statistics=ONE),
    "mobileclip-split-pad-0": bundle("mobileclip", CLIP_TEXTS, 77, 0, resample=Image.BILINEAR, statistics=ONE),
    "mobileclip-immich": bundle("mobileclip", CLIP_TEXTS, 77, 0, resample=Image.BILINEAR, statistics=ONE, rounds=True),
    "mobileclip2-s0": bundle("mobileclip", CLIP_TEXTS, 77, 0, statistics=ONE),
    "xlm-r-immich": bundle("xlm-r", XLMR_77_TEXTS, 77, 1, rounds=True),
    "roberta-immich": bundle("roberta", ROBERTA_TEXTS, 77, 1, rounds=True),
    "m-clip-immich": bundle("m-clip", XLMR_77_TEXTS, 77, 1, rounds=True),
    "metaclip2-split": bundle("metaclip2", XLMR_77_TEXTS, 77, 1),
    "metaclip2-whole": bundle("metaclip2", XLMR_77_TEXTS, 77, 1, scale=float(np.exp(IN_GRAPH))),
    "m-clip-labse-immich": bundle("labse", BERT_77_TEXTS, 77, 0, rounds=True),
    "metaclip2-mt5-immich": bundle("metaclip2-mt5", MT5_TEXTS, 77, 0, rounds=True),
    "jina-clip-v2": bundle("jina2", XLMR_TEXTS, 512, 1, rounds=True),
    "jina-clip-v1": bundle("jina1", BERT_TEXTS, 512, 0, rounds=True),
    "chinese-clip": bundle("chinese", CHINESE_TEXTS, 52, 0, fit="squash", scale=float(np.exp(IN_GRAPH))),
    "chinese-clip-own": bundle("chinese", CHINESE_TEXTS, 52, 0, fit="squash"),
    "nllb-clip-immich": bundle("nllb", NLLB_TEXTS, 77, 1, rounds=True),
    "nllb-clip-korean": bundle("nllb", KOREAN_TEXTS, 77, 1, rounds=True),
    "nllb-siglip-immich": bundle("nllb", NLLB_TEXTS, 77, 1, fit="squash", statistics=HALF, rounds=True, score=SIGMOID, **NOT_TOLD),
    "biomedclip-immich": bundle("biomed", BERT_256_TEXTS, 256, 0, rounds=True),
    "biomedclip-open-clip": bundle("biomed", BERT_256_TEXTS, 256, 0, rounds=True),
    "clipa-immich": bundle("clipa", CLIPA_TEXTS, 32, 0, fit="squash", resample=Image.BILINEAR, statistics=IMAGENET, rounds=True),
    "coca-immich": bundle("coca", COCA_TEXTS, 76, 0, rounds=True),
}


def draw(name, *shape, scale=1.0):
    """Weights between -scale/2 and scale/2: SplitMix64 from a seed that is the name's FNV-1a, its upper 24 bits."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2 ** 64
    values = []
    for i in range(int(np.prod(shape))):
        z = (seed + (i + 1) * 0x9E3779B97F4A7C15) % 2 ** 64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2 ** 64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2 ** 64
        z ^= z >> 31
        values.append((z >> 40) / 2 ** 24 - 0.5)
    return np.array(values).reshape(shape) * scale


class Tower:
    """Layer norm and projection, which both towers end with."""

    def __init__(self, name, width, dimension, projects, bias):
        self.norm, self.norm_bias = 1 + draw(f"{name}.norm", width), draw(f"{name}.norm_bias", width)
        self.projection = draw(f"{name}.projection", width, dimension, scale=2) if projects else np.eye(width)
        self.bias = draw(f"{name}.projection_bias", dimension) if bias else 0

    def project(self, x):
        x = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
        return (x * self.norm + self.norm_bias) @ self.projection + self.bias


class TextTower(Tower):
    def __init__(self, name, vocabulary, places, sees, pools, widths=(8, 12, 6), bias=False):
        super().__init__(f"{name}.text", widths[0], widths[2], widths[0] != widths[2], bias)
        self.sees, self.pools = sees, pools
        self.tokens = draw(f"{name}.text.tokens", vocabulary, widths[0], scale=2)
        self.positions, self.mix = (draw(f"{name}.text.{part}", places, widths[0], scale=s) for part, s in (("positions", 1), ("mix", 2)))
        self.own = draw(f"{name}.text.class", widths[0])

    def embed(self, ids, length):
        ids = np.array(ids)
        n = len(ids)
        x = self.tokens[ids] + self.positions[:n]
        if self.sees.startswith("not"):
            mask = ids != int(self.sees[4:])
        else:
            mask = np.arange(n) < length if self.sees == "mask" else np.ones(n, bool)
        y = x * self.mix[:n] * mask[:, None]
        if self.pools == "class":
            return self.project(self.own + y.sum(0))
        h = x + (np.cumsum(y, 0) if self.sees == "before" else y.sum(0))
        if self.pools == "mean":
            return self.project(h[mask].mean(0))
        place = {"highest": ids.argmax(), "last": n - 1, "start": 0, "first 1": (ids == 1).argmax(), "first 2": (ids == 2).argmax()}[self.pools]
        return self.project(h[place])


class ImageTower(Tower):
    def __init__(self, name, widths=(8, 12, 6)):
        super().__init__(f"{name}.image", widths[1], widths[2], widths[1] != widths[2], False)
        patches = (IMAGE_SIZE // PATCH) ** 2
        self.patch, self.patch_bias = draw(f"{name}.image.patch", widths[1], 3 * PATCH * PATCH, scale=0.5), draw(f"{name}.image.patch_bias", widths[1])
        self.positions, self.own = draw(f"{name}.image.positions", patches, widths[1], scale=2), draw(f"{name}.image.class", widths[1])

    def embed(self, pixels):
        side = IMAGE_SIZE // PATCH
        patches = pixels.reshape(3, side, PATCH, side, PATCH).transpose(1, 3, 0, 2, 4).reshape(side * side, -1)
        return self.project(self.own + ((patches @ self.patch.T + self.patch_bias) * self.positions).mean(0))


def picture(width, height, seed):
    image = Image.new("RGB", (width, height))
    image.putdata([((x * 7 + y * y + seed * 31) % 256, (x * x + y * 5 + seed * 17) % 256, (x // 4 + y // 4) % 2 * 160 + (x * y + seed) % 64) for y in range(height) for x in range(width)])
    return image


PICTURES = [picture(50, 40, 1), picture(37, 61, 2)]


def prepare(image, fit, resample, statistics, rounds):
    width, height = image.size
    if fit == "squash":
        image = image.resize((IMAGE_SIZE, IMAGE_SIZE), resample)
    else:
        longest = int(IMAGE_SIZE * max(width, height) / min(width, height))
        image = image.resize((IMAGE_SIZE, longest) if width <= height else (longest, IMAGE_SIZE), resample)
        # torchvision rounds the middle, Hugging Face cuts it.
        left, top = (round((side - IMAGE_SIZE) / 2) if rounds else (side - IMAGE_SIZE) // 2 for side in image.size)
        image = image.crop((left, top, left + IMAGE_SIZE, top + IMAGE_SIZE))
    mean, deviation = (np.array(values, np.float64) for values in statistics)
    return ((np.asarray(image, np.float64) / 255 - mean) / deviation).transpose(2, 0, 1)


def answer(model, texts, context, pad, fit, resample, statistics, rounds, score, scale, bias):
    shape = MODELS[model]
    text_tower, image_tower = TextTower(model, **shape), ImageTower(model, **({"widths": shape["widths"]} if "widths" in shape else {}))
    images = [image_tower.embed(prepare(image, fit, resample, statistics, rounds)) for image in PICTURES]
    embedded = {text: text_tower.embed(ids + [pad] * (context - len(ids)), len(ids)) for text, ids in texts.items()}
    result = {"context_length": context, "pad_id": pad, "score_function": score, "logit_scale": scale, "logit_bias": bias,
              "images": [row(image) for image in images], "texts": [{"text": text, "ids": texts[text], **row(vector)} for text, vector in embedded.items()]}
    # Where nothing tells scale and bias, they are given as options.
    t, b = (TRAINED["scale"], TRAINED["bias"]) if scale is UNKNOWN else (scale, bias)
    labels = np.stack([unit(embedded[TEMPLATE.replace("{}", label)]) for label in LABELS])
    logits = np.stack([unit(image) for image in images]) @ labels.T * t + b
    scores = 1 / (1 + np.exp(-logits)) if score == SIGMOID else np.exp(logits - logits.max(1, keepdims=True))
    result["scores"] = rounded(scores if score == SIGMOID else scores / scores.sum(1, keepdims=True))
    return result


def unit(vector):
    return vector / np.linalg.norm(vector)


def row(vector):
    return {"norm": rounded(np.linalg.norm(vector)), "embedding": rounded(unit(vector))}


def rounded(values):
    return np.round(values, 9).tolist()


def differences(a, b):
    if isinstance(a, dict):
        return max((differences(a[key], b[key]) for key in a), default=0) if a.keys() == b.keys() else float("inf")
    if isinstance(a, list):
        return max((differences(x, y) for x, y in zip(a, b)), default=0) if len(a) == len(b) else float("inf")
    return abs(a - b) if isinstance(a, float) and isinstance(b, float) else 0 if a == b else float("inf")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    answers = {name: answer(**fields) for name, fields in BUNDLES.items()}
    if not arguments.check:
        with open(arguments.file, "w") as file:
            file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in answers.items()) + "\n}\n")
        return
    worst = differences(answers, json.load(open(arguments.file)))
    print(f"{len(answers)} bundles, at most {worst:.1e} apart")
    sys.exit(worst > 1e-8)


if __name__ == "__main__":
    main()
