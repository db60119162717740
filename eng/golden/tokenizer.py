#!/usr/bin/env python3
"""Token ids by OpenAI's simple_tokenizer.py and by Hugging Face's tokenizers, for ClipTokenizerGoldenTests and others in tests/Microsoft.ML.Clip.Tests/Text.

    python3 eng/golden/models.py ../shared/fixtures/models                     # first: the vocabulary is with the models
    /usr/bin/python3 eng/golden/tokenizer.py ../shared/fixtures --openai-clip DIR --npm DIR [--check]

A line of tokenizer/tokenizer_dev.jsonl is a text with its ids: `ids` as OpenAI's code gives them, padded with 0 to 77; `ids_noftfy` the same without
ftfy.fix_text, where that differs; `hf` as Hugging Face gives them, cut to 77. Texts that are there are taken as they are; else those below. --check writes nothing
and compares what it can: without ftfy installed the ids without it.

--openai-clip is a clone of github.com/openai/CLIP (see openai_clip.py), --npm a folder in which `npm install tokenizers@0.23.2` has been.

Versions: openai/CLIP d05afc4 with regex 2022.10.31 (Debian 12: python3-regex) and ftfy 6; tokenizers 0.23.2 (npm, Node.js 20). regex decides which Unicode
version OpenAI's side knows: texts of category unicode_version are not compared by the tests.
"""
import argparse
import json
import os
import subprocess
import sys

import openai_clip

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH, END = 77, 49407

TEXTS = {
    "caption": ["a photo of a cat", "A diagram.", "two dogs playing in the snow, oil on canvas", "an astronaut riding a horse on mars", "Vincent van Gogh's \"Starry Night\"",
                "a bad photo of the 3 cats & 1 dog!!", "close-up of a hummingbird (Archilochus colubris)"],
    "contraction": ["it's", "I'm", "they're we've she'll he'd can't", "IT'S", "dog's dogs' 's", "'s's's", "rock 'n' roll", "don''t"],
    "whitespace": ["", " ", "  a  photo\tof\na\r\ncat  ", "a\u00a0photo", "a\u3000photo\u2003of\u200ba cat", "\u0085line"],
    "html": ["a cat &amp; a dog", "&lt;b&gt;bold&lt;/b&gt;", "caf&eacute;", "&#233; &#xe9;", "&amp;amp;", "&notanentity; &", "AT&T"],
    "emoji": ["\U0001f408 on a mat", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\U0001f1e9\U0001f1ea flag", "thumbs up \U0001f44d\U0001f3fd"],
    "language": ["ein Foto einer Katze", "une photo d'un chat", "Ein GROSSER Hund, \u00dcbergr\u00f6\u00dfe", "\u732b\u306e\u5199\u771f", "\u4e00\u53ea\u732b\u7684\u7167\u7247",
                 "\u0444\u043e\u0442\u043e \u043a\u043e\u0448\u043a\u0438", "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u03c3\u03ba\u03cd\u03bb\u03bf\u03c2", "\u0635\u0648\u0631\u0629 \u0642\u0637\u0629",
                 "\ud55c\uad6d\uc5b4 \uace0\uc591\uc774", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e41\u0e21\u0e27"],
    "combining": ["e\u0301 \u00e9", "n\u0303o", "a\u0323\u0302 \u1ead", "\u1100\u1161\u11a8", "Z\u030c\u0323"],
    "digits": ["1234567890", "3.14159", "1st 2nd 3rd", "\u00bd \u2163 \u0664\u0665", "2024-11-27"],
    "punct": ["...!!!???", "e-mail: a@b.c", "#hashtag $5.00 100%", "(a) [b] {c}", "\u201cquoted\u201d \u2018text\u2019 \u2014 dash"],
    "special": ["<|startoftext|>", "<|endoftext|>", "a photo <|endoftext|> of a cat", "<|StartOfText|>", "<start_of_text>"],
    "control": ["a\u0000b", "a\u0007b", "tab\u000bvertical", "\ufeffbom", "\u00ad soft hyphen"],
    "long": ["a photo of a very " + "very " * 100 + "large cat", "antidisestablishmentarianism " * 30, "x" * 300],
    "lowercase": ["\u0130stanbul", "STRASSE \u1e9e", "\u039f\u0394\u039f\u03a3", "\u01c5 \u01c6"],
}

# Every template with every name.
TEMPLATES = ["{}", "a photo of a {}.", "A bad photo of the {}!", "a {} in a video game", "art of the {}", "itap of my {}", "2 {}s, 1 {}'s", "THE {}", "the \"{}\" (1985)", "{}&amp;co",
             "{}...{}", "a-{}-like thing", " {}\t", "#{} @{}", "{}\u2019s", "{} \U0001f600", "\u7684{}\u3002", "a photo of {} and caf\u00e9"]
NAMES = ["cat", "Airedale Terrier", "school bus", "tench", "Cr\u00e8me br\u00fbl\u00e9e", "T-shirt", "jack-o'-lantern", "black-and-tan coonhound", "Stra\u00dfe", "747", "3D printer",
         "\u0441\u043e\u0431\u0430\u043a\u0430", "\u72ac", "\u0393\u03ac\u03c4\u03b1", "A4", "iPhone", "na\u00efve", "St. Bernard", "d\u2019or", "\u00c5ngstr\u00f6m", "Wi-Fi\u2122",
         "rock'n'roll", "O'Neill", "can't opener", "hot-dog", "Xoloitzcuintli", "pick-up truck", "USA", "5,000", "\u00bd pint"]


def texts():
    for category, some in TEXTS.items():
        for text in some:
            yield {"cat": category, "text": text}
    for template in TEMPLATES:
        for name in NAMES:
            yield {"cat": "prompt", "text": template.replace("{}", name)}


def hugging_face(texts, tokenizer_json, npm):
    answer = subprocess.run(["node", os.path.join(HERE, "tokenizer_hf.mjs"), os.path.abspath(tokenizer_json)], cwd=npm, check=True, capture_output=True,
                            input=json.dumps(texts), text=True)
    return [ids if len(ids) <= LENGTH else ids[:LENGTH - 1] + [END] for ids in json.loads(answer.stdout)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the folder that holds tokenizer/ and models/")
    parser.add_argument("--openai-clip", required=True)
    parser.add_argument("--npm", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    file = os.path.join(arguments.folder, "tokenizer", "tokenizer_dev.jsonl")
    known = [json.loads(line) for line in open(file, encoding="utf-8")] if os.path.exists(file) else None
    rows = [{"cat": row["cat"], "text": row["text"]} for row in known] if known else list(texts())

    tokenizer, has_ftfy = openai_clip.tokenizer(arguments.openai_clip)
    fix_text = sys.modules["ftfy"].fix_text
    for row, hf in zip(rows, hugging_face([row["text"] for row in rows], os.path.join(arguments.folder, "models", "tiny-vit", "tokenizer.json"), arguments.npm)):
        row["ids"] = openai_clip.tokenize(tokenizer, row["text"])
        sys.modules["ftfy"].fix_text = lambda text: text
        without = openai_clip.tokenize(tokenizer, row["text"])
        sys.modules["ftfy"].fix_text = fix_text
        if without != row["ids"]:
            row["ids_noftfy"] = without
        row["hf"] = hf

    if not arguments.check:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8", newline="\n") as output:
            output.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
        print(f"{len(rows)} texts" + ("" if has_ftfy else "; ftfy is not installed, so OpenAI's ids are those without it"))
        return
    different = []
    for ours, theirs in zip(rows, known):
        if ours["hf"] != theirs["hf"]:
            different.append(f"hf: {ours['cat']}: {ours['text']!r}")
        if ours.get("ids_noftfy", ours["ids"]) != theirs.get("ids_noftfy", theirs["ids"]) or (has_ftfy and ours["ids"] != theirs["ids"]):
            different.append(f"openai: {ours['cat']}: {ours['text']!r}")
    print(f"{len(rows)} texts, ftfy {'compared' if has_ftfy else 'not installed, not compared'}, {len(different)} differences", *different, sep="\n")
    sys.exit(bool(different))


main()
