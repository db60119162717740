#!/usr/bin/env python3
"""Two small CLIPs with seeded random weights and what OpenAI's own code computes with them, for GoldenEncoderTests, PipelineGoldenTests, ReleasedWeightsTests.

    /usr/bin/python3 eng/golden/preprocess.py ../shared/fixtures/preprocess     # first: the images are there
    /usr/bin/python3 eng/golden/models.py ../shared/fixtures --openai-clip DIR [--check]

tiny-vit and tiny-rn (the modified ResNet) are exported as Hugging Face's exports look (onnx/vision_model.onnx, text_model.onnx and model.onnx with both), and as
immich's (visual/ and textual/), with CLIP's real vocabulary. expected_NAME.json and tensors_NAME/ hold what OpenAI's code makes of a few images and texts, in
float32: pixel values, ids, embeddings, logits, probabilities and zero-shot results.

The exported networks are written here a second time, because OpenAI's modules do not export with the names and outputs that others' files have; the expectations
come from OpenAI's modules. Where the ONNX files are there, their weights are taken, and the images and texts of the expectations beside them. --check writes nothing
and compares.

--openai-clip is a clone of github.com/openai/CLIP (see openai_clip.py).

Versions: PyTorch 1.13 (Debian 12: python3-torch), Pillow 9.4.0, openai/CLIP d05afc4; reading weights back also wants onnx 1.12 (python3-onnx). Newer exporters write other
graphs, which the tests should take as well.
"""
import argparse
import hashlib
import json
import math
import os
import sys

import numpy as np
import torch
import torch.nn as nn
from PIL import Image

import openai_clip

IMAGE_SIZE, DIMENSION, LENGTH, VOCABULARY = 64, 32, 77, 49408
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
TOKEN_STEP = 2.0 ** -8  # token embeddings are multiples of it, so that the table fits in int8
LOGIT_SCALES = {"tiny-vit": 30.0, "tiny-rn": 100.0}
HEADS = {"tiny-vit": (4, 4), "tiny-rn": (4, 2)}  # of the image tower and of the text tower
IMAGES = ["size_300x224.png", "size_97x61.png", "size_64x333.png", "size_640x481.png", "m_rgba_soft.png", "m_gray8.png", "m_palette.png", "m_q30_420.jpg",
          "m_progressive.jpg", "m_lossy.webp", "size_224x227.png", "size_225x225.png"]
TEXTS = ["a photo of a cat", "a photo of a dog.", "A diagram", "", "a low resolution photo of the Golden Gate Bridge, 1985!!!", "It's the dog's bone, isn't it?",
         "cr\u00e8me br\u00fbl\u00e9e with raspberries", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \U0001f600", "first <|endoftext|> second", "word " * 100,
         "THREE   spaces\n\nand newlines", "&lt;b&gt;bold &amp; beautiful&lt;/b&gt;"]
LABELS = ["tench", "goldfish", "cellular telephone", "Airedale Terrier", "school bus"]
TEMPLATES = ["a photo of a {}.", "a bad photo of the {}.", "art of the {}.", "a {} in a video game.", "itap of a {}.", "a photo of the small {}.", "a origami {}."]


def openai_network(code, name):
    """OpenAI's modules in the sizes of the fixture, on which a seed decides every weight."""
    if name == "tiny-vit":
        model = code.CLIP(DIMENSION, IMAGE_SIZE, 2, 64, 16, LENGTH, VOCABULARY, 64, HEADS[name][1], 2)
        # The constructor gives a tower of this width one head only.
        model.visual = code.VisionTransformer(IMAGE_SIZE, 16, 64, 2, HEADS[name][0], DIMENSION)
    else:
        model = code.CLIP(DIMENSION, IMAGE_SIZE, (1, 1, 1, 1), 8, None, LENGTH, VOCABULARY, 32, HEADS[name][1], 2)
    generator = torch.Generator().manual_seed(len(name))

    def normal(like, deviation, mean=0.0):
        return torch.randn(like.shape, generator=generator) * deviation + mean
    with torch.no_grad():
        for key, p in model.state_dict().items():
            norm = "ln_" in key or "bn" in key or "downsample.1" in key
            if key == "logit_scale":
                p.fill_(math.log(LOGIT_SCALES[name]))
            elif key == "token_embedding.weight":
                p.copy_(torch.randint(-127, 128, p.shape, generator=generator) * TOKEN_STEP)
            elif key.endswith("running_var"):
                p.copy_(torch.rand(p.shape, generator=generator) + 0.5)
            elif key.endswith(("bias", "running_mean")):
                p.copy_(normal(p, 0.1))
            elif norm and key.endswith("weight"):
                p.copy_(normal(p, 0.1, mean=1.0))
            elif p.dim() >= 2 and key not in ("positional_embedding",) and "positional" not in key:
                # Projections are [in, out], weights of layers [out, in, ...].
                fan_in = p.shape[0] if key in ("visual.proj", "text_projection") else p[0].numel()
                p.copy_(normal(p, 1.2 * fan_in ** -0.5))
            elif p.is_floating_point():
                p.copy_(normal(p, 0.3))
    return model.eval()


class Layer(nn.Module):
    """A block as Hugging Face's modules name and compute it."""

    def __init__(self, block, heads):
        super().__init__()
        width, self.heads = block.ln_1.weight.shape[0], heads
        self.q_proj, self.k_proj, self.v_proj = (linear(w, b) for w, b in zip(block.attn.in_proj_weight.chunk(3), block.attn.in_proj_bias.chunk(3)))
        self.out_proj = linear(block.attn.out_proj.weight, block.attn.out_proj.bias)
        self.layer_norm1, self.layer_norm2 = layer_norm(block.ln_1), layer_norm(block.ln_2)
        self.fc1, self.fc2 = linear(block.mlp.c_fc.weight, block.mlp.c_fc.bias), linear(block.mlp.c_proj.weight, block.mlp.c_proj.bias)
        self.scale = (width // heads) ** -0.5

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x, mask=None):
        y = self.layer_norm1(x)
        scores = self.split(self.q_proj(y) * self.scale) @ self.split(self.k_proj(y)).transpose(2, 3)
        scores = scores if mask is None else scores + mask
        y = scores.softmax(-1) @ self.split(self.v_proj(y))
        x = x + self.out_proj(y.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1))
        y = self.fc1(self.layer_norm2(x))
        return x + self.fc2(y * torch.sigmoid(1.702 * y))


class VisionTransformer(nn.Module):
    def __init__(self, visual, heads):
        super().__init__()
        self.cls, self.pos = nn.Parameter(visual.class_embedding.data), nn.Parameter(visual.positional_embedding.data)
        self.patch = visual.conv1
        self.pre, self.post = layer_norm(visual.ln_pre), layer_norm(visual.ln_post)
        self.layers = nn.ModuleList(Layer(block, heads) for block in visual.transformer.resblocks)
        self.visual_projection = linear(visual.proj.T, None)

    def forward(self, pixel_values):
        x = self.patch(pixel_values).flatten(2).transpose(1, 2)
        x = self.pre(torch.cat([self.cls.expand(x.shape[0], 1, -1), x], 1) + self.pos)
        for layer in self.layers:
            x = layer(x)
        return self.visual_projection(self.post(x[:, 0])), x


class ModifiedResNet(nn.Module):
    """OpenAI's convolutions; the attention pooling in operations that every exporter knows."""

    def __init__(self, visual, heads):
        super().__init__()
        self.v, self.heads = visual, heads
        self.pos = nn.Parameter(visual.attnpool.positional_embedding.data)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, pixel_values):
        v = self.v
        x = v.relu1(v.bn1(v.conv1(pixel_values)))
        x = v.relu2(v.bn2(v.conv2(x)))
        x = v.avgpool(v.relu3(v.bn3(v.conv3(x))))
        x = v.layer4(v.layer3(v.layer2(v.layer1(x)))).flatten(2).transpose(1, 2)
        x = torch.cat([x.mean(1, keepdim=True), x], 1) + self.pos
        q = self.split(v.attnpool.q_proj(x[:, :1]) * (x.shape[2] // self.heads) ** -0.5)
        y = (q @ self.split(v.attnpool.k_proj(x)).transpose(2, 3)).softmax(-1) @ self.split(v.attnpool.v_proj(x))
        return (v.attnpool.c_proj(y.transpose(1, 2).flatten(1)),)


class TextTransformer(nn.Module):
    def __init__(self, model, heads):
        super().__init__()
        self.pos = nn.Parameter(model.positional_embedding.data)
        self.register_buffer("tok", torch.round(model.token_embedding.weight.data / TOKEN_STEP).to(torch.int8))
        self.register_buffer("causal", torch.full((LENGTH, LENGTH), float("-inf")).triu(1))
        self.layers = nn.ModuleList(Layer(block, heads) for block in model.transformer.resblocks)
        self.final = layer_norm(model.ln_final)
        self.text_projection = linear(model.text_projection.T, None)

    def forward(self, input_ids):
        length = input_ids.shape[1]
        x = self.tok[input_ids.long()].float() * TOKEN_STEP + self.pos[:length]
        for layer in self.layers:
            x = layer(x, self.causal[:length, :length])
        x = self.final(x)
        # The first of the highest ids is the end of the text.
        end = input_ids.to(torch.int32).argmax(-1)
        return self.text_projection(x[torch.arange(x.shape[0]), end]), x


class Combined(nn.Module):
    def __init__(self, v, t, logit_scale):
        super().__init__()
        self.v, self.t, self.logit_scale = v, t, nn.Parameter(logit_scale.data)

    def forward(self, input_ids, pixel_values, attention_mask):
        image, text = self.v(pixel_values)[0], self.t(input_ids)[0]
        image, text = image / image.norm(dim=-1, keepdim=True), text / text.norm(dim=-1, keepdim=True)
        per_text = text @ image.T * self.logit_scale.exp()
        return per_text.T, per_text, text, image


class Normalized(nn.Module):
    """A tower as open_clip's export has it."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        return nn.functional.normalize(self.m(x)[0], dim=-1)


def linear(weight, bias):
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    layer.weight = nn.Parameter(weight.data.clone())
    if bias is not None:
        layer.bias = nn.Parameter(bias.data.clone())
    return layer


def layer_norm(norm):
    # torch's own class: OpenAI's casts, which clutters the graph.
    layer = nn.LayerNorm(norm.weight.shape[0])
    layer.load_state_dict(norm.state_dict())
    return layer


def write_models(model, name, folder, tokenizer):
    vision = (VisionTransformer if name == "tiny-vit" else ModifiedResNet)(model.visual, HEADS[name][0]).eval()
    text = TextTransformer(model, HEADS[name][1]).eval()
    pixels, ids = torch.randn(2, 3, IMAGE_SIZE, IMAGE_SIZE), torch.randint(1, 1000, (2, LENGTH))
    batch = {"pixel_values": {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}, "input_ids": {0: "batch_size", 1: "sequence_length"},
             "last_hidden_state": {0: "batch_size", 1: "sequence_length"}, "image_embeds": {0: "batch_size"}, "text_embeds": {0: "batch_size"}}

    def export(module, arguments, path, inputs, outputs, axes):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        torch.onnx.export(module.eval(), arguments, path, input_names=inputs, output_names=outputs, opset_version=14, dynamic_axes=axes)

    hugging_face, immich = os.path.join(folder, name), os.path.join(folder, name + "-immich")
    vision_outputs = ["image_embeds", "last_hidden_state"][:2 if name == "tiny-vit" else 1]
    export(vision, (pixels,), f"{hugging_face}/onnx/vision_model.onnx", ["pixel_values"], vision_outputs, {k: batch[k] for k in ["pixel_values", *vision_outputs]})
    export(text, (ids,), f"{hugging_face}/onnx/text_model.onnx", ["input_ids"], ["text_embeds", "last_hidden_state"],
           {k: batch[k] for k in ["input_ids", "text_embeds", "last_hidden_state"]})
    texts, images = {0: "text_batch_size", 1: "sequence_length"}, {**batch["pixel_values"], 0: "image_batch_size"}
    export(Combined(vision, text, model.logit_scale), (ids, pixels, torch.ones_like(ids)), f"{hugging_face}/onnx/model.onnx",
           ["input_ids", "pixel_values", "attention_mask"], ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"],
           {"input_ids": texts, "attention_mask": texts, "pixel_values": images, "logits_per_image": {0: "image_batch_size", 1: "text_batch_size"},
            "logits_per_text": {0: "text_batch_size", 1: "image_batch_size"}, "text_embeds": {0: "text_batch_size"}, "image_embeds": {0: "image_batch_size"}})
    export(Normalized(vision), (pixels,), f"{immich}/visual/model.onnx", ["image"], ["image_embedding"], {"image": {0: "batch_size"}, "image_embedding": {0: "batch_size"}})
    export(Normalized(text), (ids.to(torch.int32),), f"{immich}/textual/model.onnx", ["text"], ["text_embedding"], {"text": {0: "batch_size"}, "text_embedding": {0: "batch_size"}})

    def write(path, content):
        with open(path, "w") as file:
            json.dump(content, file)

    openai_clip.write_tokenizer_files(tokenizer, hugging_face)
    openai_clip.write_tokenizer_files(tokenizer, f"{immich}/textual")
    write(f"{hugging_face}/preprocessor_config.json", {
        "crop_size": {"height": IMAGE_SIZE, "width": IMAGE_SIZE}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": MEAN, "image_std": DEVIATION, "image_processor_type": "CLIPImageProcessor", "resample": 3, "rescale_factor": 1 / 255, "size": {"shortest_edge": IMAGE_SIZE}})
    write(f"{immich}/visual/preprocess_cfg.json", {"size": [IMAGE_SIZE, IMAGE_SIZE], "mode": "RGB", "mean": MEAN, "std": DEVIATION, "interpolation": "bicubic",
                                                   "resize_mode": "shortest", "fill_color": 0})
    width = model.positional_embedding.shape[1]
    text_cfg = {"context_length": LENGTH, "vocab_size": VOCABULARY, "width": width, "heads": HEADS[name][1], "layers": 2}
    vision_cfg = {"image_size": IMAGE_SIZE, **({"layers": 2, "width": 64, "patch_size": 16} if name == "tiny-vit" else {"layers": [1, 1, 1, 1], "width": 8, "patch_size": None})}
    write(f"{immich}/config.json", {"embed_dim": DIMENSION, "quick_gelu": True, "vision_cfg": vision_cfg, "text_cfg": text_cfg})
    if name == "tiny-rn":
        write(f"{hugging_face}/config.json", {"model_type": "clip", "embed_dim": DIMENSION, "projection_dim": DIMENSION, "logit_scale_init_value": 2.6592,
                                              "vision_cfg": vision_cfg, "text_cfg": text_cfg})
        return
    common = {"hidden_act": "quick_gelu", "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "projection_dim": DIMENSION, "layer_norm_eps": 1e-05}
    write(f"{hugging_face}/config.json", {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": DIMENSION, "logit_scale_init_value": 2.6592,
        "text_config": {**common, "model_type": "clip_text_model", "num_attention_heads": HEADS[name][1], "max_position_embeddings": LENGTH, "vocab_size": VOCABULARY,
                        "bos_token_id": 0, "eos_token_id": 2},
        "vision_config": {**common, "model_type": "clip_vision_model", "num_attention_heads": HEADS[name][0], "image_size": IMAGE_SIZE, "num_channels": 3, "patch_size": 16}})


def read_weights(code, name, folder):
    """OpenAI's modules with the weights of the ONNX files: of constants that torch folded, the node that uses them tells the name."""
    import onnx
    from onnx.numpy_helper import to_array
    model = openai_network(code, name)
    state = model.state_dict()
    for tower in ("vision", "text"):
        graph = onnx.load(f"{folder}/{name}/onnx/{tower}_model.onnx").graph
        constants = {i.name: torch.from_numpy(to_array(i).copy()) for i in graph.initializer}
        named = {key: value for key, value in constants.items() if not key.startswith("onnx::")}
        convolutions = []
        for node in graph.node:
            if node.op_type == "MatMul" and node.input[1] in constants:
                key = "projection" if node.output[0].endswith("_embeds") else node.output[0].strip("/").replace("/MatMul_output_0", "").replace("/", ".")
                named[key + ".weight"] = constants[node.input[1]].T
            elif node.op_type == "Conv" and len(node.input) == 3:
                convolutions.append((constants[node.input[1]], constants[node.input[2]]))
        if tower == "text":
            steps = [to_array(n.attribute[0].t) for n in graph.node if n.op_type == "Constant" and n.attribute[0].t.data_type == 1]
            state["token_embedding.weight"] = named["tok"].float() * float(steps[0])
            state["positional_embedding"], state["text_projection"] = named["pos"], named["projection.weight"].T
            take_layers(state, named, "", {"ln_final": "final"})
        elif name == "tiny-vit":
            state["visual.conv1.weight"], state["visual.class_embedding"] = named["patch.weight"], named["cls"]
            state["visual.positional_embedding"], state["visual.proj"] = named["pos"], named["projection.weight"].T
            take_layers(state, named, "visual.", {"visual.ln_pre": "pre", "visual.ln_post": "post"})
        else:
            state["visual.attnpool.positional_embedding"] = named["pos"]
            for part in ("q_proj", "k_proj", "v_proj", "c_proj"):
                state[f"visual.attnpool.{part}.weight"] = named.get(f"{part}.weight", named.get(f"v.attnpool.{part}.weight"))
                state[f"visual.attnpool.{part}.bias"] = named[f"v.attnpool.{part}.bias"]
            # The norms were folded into the convolutions; these only add what is left of them.
            places = [k[:-len(".weight")] for k, v in state.items() if k.startswith("visual.") and k.endswith(".weight") and v.dim() == 4]
            for place, (weight, bias) in zip(places, convolutions):
                norm = place.replace("conv", "bn").replace("downsample.0", "downsample.1")
                state.update({f"{place}.weight": weight, f"{norm}.weight": torch.ones_like(bias), f"{norm}.bias": bias,
                              f"{norm}.running_mean": torch.zeros_like(bias), f"{norm}.running_var": torch.full_like(bias, 1 - 1e-5)})
    graph = onnx.load(f"{folder}/{name}/onnx/model.onnx").graph
    scalars = {i.name: to_array(i) for i in graph.initializer if not i.dims} | {n.output[0]: to_array(n.attribute[0].t) for n in graph.node if n.op_type == "Constant"}
    state["logit_scale"] = torch.tensor(float(next(scalars[n.input[0]] for n in graph.node if n.op_type == "Exp")))
    model.load_state_dict(state)
    return model


def take_layers(state, named, prefix, norms):
    for ours, theirs in norms.items():
        state[f"{ours}.weight"], state[f"{ours}.bias"] = named[f"{theirs}.weight"], named[f"{theirs}.bias"]
    for i in range(2):
        ours, theirs = f"{prefix}transformer.resblocks.{i}.", f"layers.{i}."
        for kind in ("weight", "bias"):
            state[f"{ours}attn.in_proj_{kind}"] = torch.cat([named[f"{theirs}{p}_proj.{kind}"] for p in "qkv"])
            for a, b in {"attn.out_proj": "out_proj", "ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "fc1", "mlp.c_proj": "fc2"}.items():
                state[f"{ours}{a}.{kind}"] = named[f"{theirs}{b}.{kind}"]


def crop(path):
    """OpenAI's transform up to the bytes: see preprocess.py."""
    image = Image.open(path)
    width, height = image.size
    longest = int(IMAGE_SIZE * max(width, height) / min(width, height))
    image = image.resize((IMAGE_SIZE, longest) if width <= height else (longest, IMAGE_SIZE), Image.BICUBIC)
    left, top = (int(round((side - IMAGE_SIZE) / 2.0)) for side in image.size)
    return image.crop((left, top, left + IMAGE_SIZE, top + IMAGE_SIZE)).convert("RGB")


def expect(model, name, crops, texts, ids):
    # ToTensor and Normalize.
    pixels = torch.stack([torch.from_numpy(np.array(c)).permute(2, 0, 1).float().div(255) for c in crops.values()])
    pixels = (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)

    def unit(x):
        return x / x.norm(dim=-1, keepdim=True)
    with torch.no_grad():
        scale = model.logit_scale.exp()
        images, encoded = model.encode_image(pixels), model.encode_text(torch.tensor(ids["texts"]))
        logits = scale * unit(images) @ unit(encoded).T
        prompts = model.encode_text(torch.tensor(ids["prompts"])).view(len(LABELS), len(TEMPLATES), -1)
        single = scale * unit(images) @ unit(prompts[:, 0]).T
        classes = unit(unit(prompts).mean(1))
        ensemble = scale * unit(images) @ classes.T

    def rows(keys, values, embeddings):
        return [{**k, "embedding": e.tolist(), "l2_norm": e.norm().item(), "normalized": unit(e).tolist()} for k, e in zip([dict(zip(keys, v)) for v in values], embeddings)]
    return pixels, {
        "model": name, "image_size": IMAGE_SIZE, "embed_dim": DIMENSION, "logit_scale": scale.item(), "context_length": LENGTH,
        "images": rows(("file", "crop_sha256"), [(f, hashlib.sha256(c.tobytes()).hexdigest()) for f, c in crops.items()], images),
        "texts": rows(("text", "ids"), zip(texts, ids["texts"]), encoded),
        "logits_per_image": logits.tolist(), "logits_per_text": logits.T.tolist(), "probs_per_image": logits.softmax(-1).tolist(),
        "zero_shot": {"labels": LABELS, "templates": TEMPLATES, "single_template": TEMPLATES[0], "logits_single": single.tolist(), "probs_single": single.softmax(-1).tolist(),
                      "logits_ensemble": ensemble.tolist(), "probs_ensemble": ensemble.softmax(-1).tolist(), "class_embeddings_ensemble": classes.tolist()}}


def difference(ours, theirs):
    """The largest difference between numbers in the same places; infinite where other things differ."""
    if isinstance(theirs, dict):
        return max((difference(ours[k], v) for k, v in theirs.items()), default=0)
    if isinstance(theirs, list):
        return max((difference(a, b) for a, b in zip(ours, theirs)), default=0) if len(ours) == len(theirs) else math.inf
    return abs(ours - theirs) if isinstance(theirs, (int, float)) and not isinstance(theirs, bool) else 0 if ours == theirs else math.inf


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the folder that holds preprocess/ and takes models/")
    parser.add_argument("--openai-clip", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    code = openai_clip.module(arguments.openai_clip, "model")
    tokenizer, _ = openai_clip.tokenizer(arguments.openai_clip)
    folder, failed = os.path.join(arguments.folder, "models"), False
    for name in HEADS:
        file = os.path.join(folder, f"expected_{name}.json")
        known = json.load(open(file)) if os.path.exists(file) else None
        model = read_weights(code, name, folder) if known else openai_network(code, name)
        images, texts = ([i["file"] for i in known["images"]], [t["text"] for t in known["texts"]]) if known else (IMAGES, TEXTS)
        crops = {i: crop(os.path.join(arguments.folder, "preprocess", "images", i)) for i in images}
        ids = {"texts": [openai_clip.tokenize(tokenizer, t) for t in texts],
               "prompts": [openai_clip.tokenize(tokenizer, t.replace("{}", label)) for label in LABELS for t in TEMPLATES]}
        pixels, expected = expect(model, name, crops, texts, ids)
        if arguments.check:
            worst = difference(expected, known)
            print(f"{name}: at most {worst:.1e} apart")
            failed |= worst > 2e-4  # of logits, which are a hundred times a cosine
            continue
        if not known:
            write_models(model, name, folder, tokenizer)
        json.dump(expected, open(file, "w"))
        tensors = os.path.join(folder, f"tensors_{name}")
        os.makedirs(tensors, exist_ok=True)
        for i, values in zip(images, pixels):
            values.numpy().tofile(os.path.join(tensors, f"{i}.pixel_values.f32"))
        print(f"{name}: norms of image embeddings {min(i['l2_norm'] for i in expected['images']):.1f} to {max(i['l2_norm'] for i in expected['images']):.1f}, "
              f"of text embeddings {min(t['l2_norm'] for t in expected['texts']):.1f} to {max(t['l2_norm'] for t in expected['texts']):.1f}")
    sys.exit(failed)


main()
