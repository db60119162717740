#!/usr/bin/env python3
"""What the references' preprocessing makes of image files, for PreprocessGoldenTests and others in tests/Microsoft.ML.Clip.Tests/Imaging.

    /usr/bin/python3 eng/golden/preprocess.py ../shared/fixtures/preprocess [--check]

Every file below images/ gets an entry in expected.json: the SHA-256 of the crop of 224 x 224, bytes of RGB, row by row, as OpenAI's transform and as Hugging
Face's CLIPImageProcessor make it. Files that are there are taken as they are; into an empty folder a set is drawn, in the formats and modes where decoders go
astray (put photographs beside them: they are taken, too). --check writes nothing and compares.

Both references resize with Pillow, so Pillow is all that this needs; their steps around it are written out here (clip/clip.py of openai/CLIP at d05afc4, with
torchvision's Resize and CenterCrop; image_processing_clip.py of transformers 4.51.3).

Version: Pillow 9.4.0 (Debian 12: python3-pil). Newer ones decode some files otherwise.
"""
import argparse
import hashlib
import json
import math
import os
import sys
import warnings

from PIL import Image, ImageOps

EDGE = 224


def resize(image):
    """The shortest edge becomes EDGE; the longest is cut to whole pixels."""
    width, height = image.size
    longest = int(EDGE * max(width, height) / min(width, height))
    return image.resize((EDGE, longest) if width <= height else (longest, EDGE), Image.BICUBIC)


def openai(image):
    """Resizes in the file's own mode, rounds the middle, then converts."""
    resized = resize(image)
    left, top = (int(round((side - EDGE) / 2.0)) for side in resized.size)
    return resized.crop((left, top, left + EDGE, top + EDGE)).convert("RGB")


def hugging_face(image):
    """Converts, then resizes, and cuts the middle downwards."""
    resized = resize(image.convert("RGB"))
    left, top = ((side - EDGE) // 2 for side in resized.size)
    return resized.crop((left, top, left + EDGE, top + EDGE))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def describe(folder, name):
    path = os.path.join(folder, "images", name)
    image = Image.open(path)
    entry = {"file": name, "bytes_sha256": sha256(open(path, "rb").read()), "format": image.format, "mode": image.mode, "width": image.width, "height": image.height,
             "openai": {"sha256": sha256(openai(image).tobytes())}, "hf": {"sha256": sha256(hugging_face(image).tobytes())}}
    orientation = image.getexif().get(0x0112, 1)
    if orientation != 1:
        entry["exif_orientation"] = orientation
        entry["openai_after_exif_transpose"] = {"sha256": sha256(openai(ImageOps.exif_transpose(image)).tobytes())}
    return entry


def draw(width, height, mode="RGB"):
    """Waves of colour, with edges and, where the mode has it, transparency."""
    picture = Image.new("RGBA", (width, height))
    picture.putdata([(int(127 + 127 * math.sin(x / 9 + y / 31)), int(127 + 127 * math.cos(x / 23 - y / 7)), (x * 5 + y * 3) % 256 if (x // 16 + y // 16) % 2 else 40,
                      min(255, 40 + (x + y) * 2)) for y in range(height) for x in range(width)])
    return picture if mode == "RGBA" else picture.convert("RGB").convert(mode)


def make(folder):
    images = os.path.join(folder, "images")
    os.makedirs(images, exist_ok=True)

    def save(picture, name, **options):
        picture.save(os.path.join(images, name), **options)

    for width, height in [(1, 1), (1, 37), (37, 1), (64, 333), (97, 61), (224, 224), (224, 227), (225, 225), (300, 224), (640, 481)]:
        save(draw(width, height), f"size_{width}x{height}.png")
    size = 151, 112
    rgb, rgba = draw(*size), draw(*size, "RGBA")
    opaque, hard = rgba.copy(), rgba.copy()
    opaque.putalpha(255)
    hard.putalpha(rgba.getchannel("A").point(lambda a: 255 if a > 127 else 0))
    palette = rgb.quantize(64)
    exif = Image.Exif()
    exif[0x0112] = 6
    save(rgb, "m_q30_420.jpg", quality=30, subsampling=2)
    save(rgb, "m_progressive.jpg", quality=90, progressive=True)
    save(rgb, "m_exif6.jpg", quality=90, exif=exif)
    save(rgb.convert("CMYK"), "m_cmyk.jpg", quality=90)
    save(rgb.convert("L"), "m_gray8.png")
    # Bright enough to be white after clipping; below that, docs/numerics.md has a known difference.
    save(rgb.convert("L").convert("I").point(lambda v: v * 200 + 1000), "m_gray16.png")
    save(rgb.convert("1"), "m_bit1.png")
    save(rgba.convert("LA"), "m_graya.png")
    save(palette, "m_palette.png")
    save(palette, "m_palette_trns.png", transparency=bytes(range(0, 256, 4)))
    save(opaque, "m_rgba_opaque.png")
    save(hard, "m_rgba_hard.png")
    save(rgba, "m_rgba_soft.png")
    save(rgb, "m_rgb24.bmp")
    save(rgb, "m_lossy.webp", quality=80)
    save(rgba, "m_alpha.webp", lossless=True)
    save(palette, "m_anim.gif", save_all=True, append_images=[ImageOps.mirror(rgb).quantize(64)], duration=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    images, file = os.path.join(arguments.folder, "images"), os.path.join(arguments.folder, "expected.json")
    if not os.path.isdir(images):
        make(arguments.folder)
    entries = [describe(arguments.folder, name) for name in sorted(os.listdir(images))]
    if not arguments.check:
        json.dump(entries, open(file, "w"), indent=1)
        return
    known = {entry["file"]: entry for entry in json.load(open(file))}
    different = [f"{entry['file']}: {key}" for entry in entries for key in entry
                 if (entry[key]["sha256"] != known[entry["file"]][key]["sha256"] if isinstance(entry[key], dict) else entry[key] != known[entry["file"]].get(key))]
    print(f"{len(entries)} images, {len(different)} differences", *different, sep="\n")
    sys.exit(bool(different))


main()
