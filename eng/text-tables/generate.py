#!/usr/bin/env python3
"""Writes the two tables that the tokenizer carries, from public standards:

  UnicodeNormalization.txt  from UnicodeData.txt and CompositionExclusions.txt of the Unicode Character Database (UAX #15)
  HtmlEntities.txt          from Python's html.entities.html5, which is the entity list of the HTML standard

usage: generate.py UnicodeData.txt CompositionExclusions.txt VERSION OUTPUT_FOLDER

The version is 9.0.0 and not the newest: Hugging Face's tokenizers normalise with the crate unicode-normalization-alignments, whose tables are of
Unicode 9.0. It leaves later combining marks where they stand, and the ids have to agree.
"""
import html.entities
import os
import sys


def read_unicode_data(path):
    for line in open(path, encoding="utf-8"):
        fields = line.rstrip("\n").split(";")
        yield int(fields[0], 16), int(fields[3]), fields[5]


def write_normalization(unicode_data, exclusions, version, output):
    excluded = {int(line.split("#")[0], 16) for line in open(exclusions, encoding="utf-8") if line.split("#")[0].strip()}
    classes, decompositions = {}, {}
    for code, combining_class, mapping in read_unicode_data(unicode_data):
        if combining_class:
            classes[code] = combining_class
        if mapping and not mapping.startswith("<"):
            decompositions[code] = [int(c, 16) for c in mapping.split()]

    def recomposes(code):
        parts = decompositions[code]
        return len(parts) == 2 and code not in excluded and code not in classes and parts[0] not in classes

    with open(output, "w", encoding="utf-8", newline="\n") as out:
        out.write(f"# Canonical normalization data of Unicode {version} (UnicodeData.txt, CompositionExclusions.txt; UAX #15).\n")
        out.write("# Made by eng/text-tables/generate.py. Code points are hexadecimal; Hangul syllables are computed, not listed.\n")
        out.write("# FIRST-LAST CLASS (decimal): the canonical combining class of a range of code points.\n")
        codes = sorted(classes)
        start = 0
        while start < len(codes):
            end = start
            while end + 1 < len(codes) and codes[end + 1] == codes[end] + 1 and classes[codes[end + 1]] == classes[codes[start]]:
                end += 1
            out.write(f"{codes[start]:X}-{codes[end]:X} {classes[codes[start]]}\n")
            start = end + 1
        out.write("# COMPOSITE = PARTS recomposes, COMPOSITE > PARTS only decomposes.\n")
        for code in sorted(decompositions):
            out.write(f"{code:X} {'=' if recomposes(code) else '>'} {' '.join(f'{p:X}' for p in decompositions[code])}\n")


def write_entities(output):
    names = html.entities.html5
    with open(output, "w", encoding="utf-8", newline="\n") as out:
        out.write("# Named character references of the HTML standard (as in Python's html.entities.html5): name, then code points in hexadecimal.\n")
        out.write("# Made by eng/text-tables/generate.py. A name with '?' is also recognised without its semicolon.\n")
        for name in sorted(n for n in names if n.endswith(";")):
            bare = name[:-1]
            out.write(f"{bare}{'?' if bare in names else ''} {' '.join(f'{ord(c):X}' for c in names[name])}\n")
        assert all(n.endswith(";") or names[n] == names[n + ";"] for n in names)


if __name__ == "__main__":
    unicode_data, exclusions, version, folder = sys.argv[1:]
    write_normalization(unicode_data, exclusions, version, os.path.join(folder, "UnicodeNormalization.txt"))
    write_entities(os.path.join(folder, "HtmlEntities.txt"))
