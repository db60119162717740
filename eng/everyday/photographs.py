"""Photographs on which samples/Everyday fits how sure it is: those of GCompris that labels.tsv names. They are CC0 or in the public domain, as the READMEs
beside them say, and nothing of this repository was trained on them.

    apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_*.deb gcompris      (3.1-2, Debian 12)
    python3 eng/everyday/photographs.py gcompris/usr/share/gcompris-qt/rcc FOLDER
    dotnet run -c Release --project samples/Everyday -- --fit FOLDER/labels.tsv

Needs zstd where a resource is packed with it. A resource file (.rcc) is Qt's: a header, a tree of nodes, names in UTF-16, data; all numbers are big-endian.
"""
import pathlib
import shutil
import struct
import subprocess
import sys
import zlib

COMPRESSED, DIRECTORY, ZSTANDARD = 1, 2, 4
ACTIVITIES = "/gcompris/src/activities/"
# The short names of labels.tsv and the folders that they stand for.
FOLDERS = {
    "farm": "explore_farm_animals/resource/animals", "world": "explore_world_animals/resource/animals", "erase": "erase/resource",
    "others": "categorization/resource/images/others", "fishes": "categorization/resource/images/fishes",
    "renewable": "categorization/resource/images/renewable", "monuments": "categorization/resource/images/monuments",
    "mon": "explore_monuments/resource", "mus": "explore_world_music/resource/music",
}


def files(path):
    """Every file of a resource, as its path and its bytes."""
    packed = path.read_bytes()
    if packed[:4] != b"qres":
        raise SystemExit(f"{path} is no Qt resource")
    version, tree, data, names = struct.unpack(">4I", packed[4:20])
    size = 14 if version < 2 else 22

    def name(offset):
        length, = struct.unpack_from(">H", packed, names + offset)
        start = names + offset + 6
        return packed[start:start + 2 * length].decode("utf-16-be")

    def walk(node, folder):
        place = tree + node * size
        name_offset, flags = struct.unpack_from(">IH", packed, place)
        own = f"{folder}/{name(name_offset)}" if node else ""
        if flags & DIRECTORY:
            count, first = struct.unpack_from(">2I", packed, place + 6)
            for child in range(first, first + count):
                yield from walk(child, own)
            return
        offset, = struct.unpack_from(">I", packed, place + 10)
        length, = struct.unpack_from(">I", packed, data + offset)
        content = packed[data + offset + 4:data + offset + 4 + length]
        if flags & COMPRESSED:
            content = zlib.decompress(content[4:])
        elif flags & ZSTANDARD:
            content = subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True).stdout
        yield own, content

    yield from walk(0, "")


def main(resources, target):
    labels = pathlib.Path(__file__).with_name("labels.tsv")
    wanted = {}
    for line in labels.read_text("utf-8").splitlines():
        short = line.split("\t")[0]
        folder, name = short.split("_", 1)
        wanted[f"{ACTIVITIES}{FOLDERS[folder]}/{name.replace('-', '/')}"] = short
    target.mkdir(parents=True, exist_ok=True)
    for resource in sorted(resources.glob("*.rcc")):
        for path, content in files(resource):
            if path in wanted:
                (target / wanted.pop(path)).write_bytes(content)
    shutil.copy(labels, target / "labels.tsv")
    if wanted:
        raise SystemExit(f"Not there: {', '.join(wanted)}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
