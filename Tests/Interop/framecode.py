"""The code that confab's test picture carries, by which a machine knows a decoded frame again.

Three rows of sixteen black or white blocks in the bottom fifth of the picture, most significant bit on the left: frame
counter, low bits of the capture time in milliseconds, CRC-16/CCITT of both.
"""

import numpy

columns, rows, rows_per_height = 16, 3, 15


def draw(width, height, counter, milliseconds):
    """A grey luma plane that carries the code."""
    luma = numpy.full((height, width), 90, numpy.uint8)
    x = [round(column * width / columns) for column in range(columns + 1)]
    for row, word in enumerate((counter, milliseconds, checksum(counter, milliseconds))):
        top = round((rows_per_height - rows + row) * height / rows_per_height)
        bottom = round((rows_per_height - rows + row + 1) * height / rows_per_height)
        for column in range(columns):
            luma[top:bottom, x[column]:x[column + 1]] = 235 if word >> (15 - column) & 1 else 16
    return luma


def read(luma):
    """(counter, milliseconds), or None where there is no undamaged code."""
    height, width = luma.shape
    words = []
    for row in range(rows):
        lines = _middle(rows_per_height - rows + row, rows_per_height, height)
        word = 0
        for column in range(columns):
            mean = luma[lines, _middle(column, columns, width)].mean()
            if 100 < mean < 150:
                return None
            word = word << 1 | int(mean >= 150)
        words.append(word)
    return (words[0], words[1]) if words[2] == checksum(words[0], words[1]) else None


def checksum(counter, milliseconds):
    crc = 0xFFFF
    for shift in range(31, -1, -1):
        carry = crc >> 15 ^ ((counter << 16 | milliseconds) >> shift & 1)
        crc = crc << 1 & 0xFFFF
        if carry:
            crc ^= 0x1021
    return crc


def _middle(index, count, length):
    block = length / count
    centre = (index + 0.5) * block
    first, last = int(numpy.ceil(centre - block / 4)), int(numpy.floor(centre + block / 4))
    return slice(first, max(first + 1, last))
