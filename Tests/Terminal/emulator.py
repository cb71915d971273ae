"""A terminal in a few lines: understands what confab writes, keeps the character and colours of each cell."""

import re

BASE = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)]
LEVELS = [0, 95, 135, 175, 215, 255]
PALETTE = BASE + [(r, g, b) for r in LEVELS for g in LEVELS for b in LEVELS] + [(8 + 10 * i,) * 3 for i in range(24)]
TOKEN = re.compile(rb"\x1b\[([0-9;?>$]*)([A-Za-z@~])|\x1b[\]P_][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b[^\[\]P_]|[\x00-\x1a\x1c-\x1f]|[^\x00-\x1f]+")


class Emulator:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[(" ", None, None)] * columns for _ in range(rows)]
        self.x = self.y = 0
        self.foreground = self.background = None
        self.rest = b""
        self.unknown = set()
        self.last = " "

    def feed(self, data):
        """Takes bytes; gives the questions among them, in order."""
        data = self.rest + data
        end = data.rfind(b"\x1b", max(0, len(data) - 64))
        complete = end < 0 or TOKEN.match(data, end)
        self.rest = b"" if complete else data[end:]
        data = data if complete else data[:end]
        partial = self.partial_character(data)
        data, self.rest = data[: len(data) - partial], data[len(data) - partial :] + self.rest
        questions = []
        for token in TOKEN.finditer(data):
            text = token.group(0)
            if token.group(2):
                self.control(token.group(1).decode(), chr(token.group(2)[0]), questions)
            elif text[0] >= 0x20:
                for character in text.decode(errors="replace"):
                    self.put(character)
            elif text == b"\r":
                self.x = 0
            elif text == b"\n":
                self.y = min(self.rows - 1, self.y + 1)
            elif text == b"\x08":
                self.x = max(0, self.x - 1)
            elif text[0] != 0x1b:
                self.unknown.add(text)
        return questions

    @staticmethod
    def partial_character(data):
        """How many bytes at the end are the beginning of a character of UTF-8 whose rest has not come."""
        for count in range(1, min(4, len(data) + 1)):
            byte = data[-count]
            if byte < 0x80:
                break
            if byte >= 0xc0:
                return count if count < (2 if byte < 0xe0 else 3 if byte < 0xf0 else 4) else 0
        return 0

    def put(self, character):
        self.last = character
        self.cells[self.y][self.x] = (character, self.foreground, self.background)
        self.x = min(self.columns - 1, self.x + 1)

    def control(self, text, final, questions):
        numbers = [int(number) if number.isdigit() else 0 for number in text.split(";")] if text else []
        first = max(1, numbers[0]) if numbers else 1
        match final:
            case "m":
                self.style(numbers or [0])
            case "H":
                self.y = min(self.rows, first) - 1
                self.x = min(self.columns, max(1, numbers[1]) if len(numbers) > 1 else 1) - 1
            case "C":
                self.x = min(self.columns - 1, self.x + first)
            case "D":
                self.x = max(0, self.x - first)
            case "b":
                for _ in range(first):
                    self.put(self.last)
            case "J":
                self.cells = [[(" ", None, self.background)] * self.columns for _ in range(self.rows)]
            case "n" | "c" | "q" | "p" | "t" | "u" | "S":
                questions.append(text + final)
            case "h" | "l":
                pass
            case _:
                self.unknown.add(text + final)

    def style(self, numbers):
        numbers = iter(numbers)
        for number in numbers:
            if number == 0:
                self.foreground = self.background = None
            elif number in (38, 48):
                colour = PALETTE[next(numbers)] if next(numbers) == 5 else (next(numbers), next(numbers), next(numbers))
                if number == 38:
                    self.foreground = colour
                else:
                    self.background = colour
            elif 30 <= number <= 37 or 90 <= number <= 97:
                self.foreground = PALETTE[number - 30 if number < 90 else number - 82]
            elif 40 <= number <= 47 or 100 <= number <= 107:
                self.background = PALETTE[number - 40 if number < 100 else number - 92]
            elif number == 39:
                self.foreground = None
            elif number == 49:
                self.background = None

    def brightness(self, row, column):
        """About how bright a cell is, 0 to 255."""
        character, foreground, background = self.cells[row][column]
        ink = 0.0 if character == " " else 1.0 if character == "█" else 0.5
        mean = lambda colour, default: sum(colour) / 3 if colour else default
        return ink * mean(foreground, 229) + (1 - ink) * mean(background, 0)

    def text(self, row):
        return "".join(cell[0] for cell in self.cells[row]).rstrip()
