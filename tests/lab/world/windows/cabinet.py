"""expand.exe: one file out of a cabinet that is not compressed, each block compared with its checksum ([MS-CAB])."""
import struct

from ..filesystem import read
from .files import guest_path

HEADER, FOLDER, FILE, DATA = "<4sIIIIIBBHHHHH", "<IHH", "<IIHHHH", "<IHH"


class Damaged(Exception):
    pass


def run(console):
    options = [arg for arg in console.args if arg.startswith(("-", "/"))]
    paths = [arg for arg in console.args if arg not in options]
    if options or len(paths) != 2:
        console.say(f"The lab's expand.exe wants a cabinet and a new file: {console.args}\n", 2)
        return 1
    source, target = (guest_path(path if path[1:2] == ":" else f"{console.windows_folder()[0]}\\{path}") for path in paths)
    try:
        cabinet = read(source)
    except OSError:
        console.say(f"Can't open input file: {paths[0]}.\n", 2)
        return 1
    written, code = b"", 0
    try:
        for block in blocks(cabinet):
            written += block
    except Damaged as damage:
        console.say(f"{damage}\n", 2)
        code = 1
    with open(target, "wb") as file:  # what came before the damage is there, as Windows leaves it
        file.write(written)
    return code


def blocks(cabinet):
    try:
        magic, _, size, _, at, *_, folders, files, _, _, _ = struct.unpack_from(HEADER, cabinet)
        first, count, compression = struct.unpack_from(FOLDER, cabinet, struct.calcsize(HEADER))
        length = struct.unpack_from(FILE, cabinet, at)[0]
        if magic != b"MSCF" or size != len(cabinet) or (folders, files, compression) != (1, 1, 0):
            raise Damaged("not a cabinet of one file")
        for _ in range(count):
            sum_, packed, unpacked = struct.unpack_from(DATA, cabinet, first)
            block = cabinet[first + 8 : first + 8 + packed]
            if packed != unpacked or checksum(cabinet[first + 4 : first + 8] + block) != sum_:
                raise Damaged("a block is not as its checksum says")
            yield block[:length]
            first, length = first + 8 + packed, length - packed
    except struct.error:
        raise Damaged("the cabinet is cut off") from None


def checksum(data):
    words, rest = divmod(len(data), 4)
    total = int.from_bytes(data[4 * words :], "big") if rest else 0
    for (word,) in struct.iter_unpack("<I", data[: 4 * words]):
        total ^= word
    return total
