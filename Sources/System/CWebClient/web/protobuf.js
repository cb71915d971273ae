/** As much of protobuf's binary form as data packets need. */

const lengthDelimited = 2;
const longest = 1 << 20;

/** A message from `[number, value]` pairs: numbers, texts, bytes. Undefined values are left out. */
export function encode(fields) {
  const bytes = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    if (typeof value === 'number') {
      writeNumber(bytes, number * 8);
      writeNumber(bytes, value);
      continue;
    }
    const content = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    writeNumber(bytes, number * 8 + lengthDelimited);
    writeNumber(bytes, content.length);
    for (const byte of content) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The fields of a message by number, the last of each; null for what is not one. */
export function decode(bytes) {
  const reader = { bytes, at: 0 };
  const fields = new Map();
  while (reader.at < bytes.length) {
    const key = readNumber(reader);
    if (key === null) return null;
    const value = readValue(reader, key % 8);
    if (value === null) return null;
    fields.set(Math.floor(key / 8), value);
  }
  return fields;
}

/** A field of `decode` as text. */
export function text(value) {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
}

function writeNumber(bytes, value) {
  let rest = value;
  while (rest > 127) {
    bytes.push(rest % 128 + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function readNumber(reader) {
  let value = 0;
  for (let scale = 1; reader.at < reader.bytes.length; scale *= 128) {
    const byte = reader.bytes[reader.at];
    reader.at += 1;
    value += byte % 128 * scale;
    if (byte < 128) return value;
  }
  return null;
}

function readValue(reader, type) {
  if (type === 0) return readNumber(reader);
  const length = { 1: 8, 5: 4 }[type] ?? (type === lengthDelimited ? readNumber(reader) : null);
  if (length === null || length > longest || reader.at + length > reader.bytes.length) return null;
  const value = reader.bytes.subarray(reader.at, reader.at + length);
  reader.at += length;
  return value;
}
