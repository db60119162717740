"""What Pillow makes of icons with a mask: prints the numbers of IconDecoderTests. Needs Pillow (made with 9.4)."""
import hashlib
import io
import struct

from PIL import Image

WIDTH, HEIGHT = 19, 13


def icon(bits):
    """As IconDecoderTests.Icon: a bitmap whose bytes follow a rule, and a mask that does."""
    stride, mask_stride = (WIDTH * bits + 31) // 32 * 4, (WIDTH + 31) // 32 * 4
    palette = b"".join(bytes([i * 7 & 255, i * 3 & 255, 255 - i & 255, 0]) for i in range(1 << bits)) if bits <= 8 else b""
    rows = b"".join(bytes((x * 5 + y * 11) & 255 for x in range(stride)) for y in range(HEIGHT))
    mask = b"".join(bytes((x * 37 + y * 91) & 255 for x in range(mask_stride)) for y in range(HEIGHT))
    dib = struct.pack("<IiiHHIIiiII", 40, WIDTH, 2 * HEIGHT, 1, bits, 0, 0, 0, 0, 0, 0) + palette + rows + mask
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", WIDTH, HEIGHT, 0, 0, 1, bits, len(dib), 22) + dib


for bits in (1, 4, 8, 24, 32):
    image = Image.open(io.BytesIO(icon(bits)))
    resized = image.resize((8, 8), Image.BICUBIC).convert("RGB")  # OpenAI's order: the alpha counts
    print(bits, *(hashlib.sha256(i.tobytes()).hexdigest()[:16] for i in (image.convert("RGB"), resized)))
