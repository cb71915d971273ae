import { decode, encode, text } from './protobuf.js';

/** LiveKit's data packets, as far as chat goes. Numbers are those of its protobuf messages. */

const chatTopic = 'lk.chat';
const olderTopics = ['chat', 'lk-chat-topic'];
const chunkBytes = 15_000;
const longestText = 64 * 1024;
const mostStreams = 64;

const packet = { user: 2, chat: 9, header: 13, chunk: 14, trailer: 15, sequence: 16, sender: 17 };

/** Writes chat as text streams and reads it in every form that others send. */
export class ChatPackets {
  #sequence = 0;
  #streams = new Map(); // id → bytes
  #heard = new Map(); // sender → the last sequence number

  /** The packets of one message. */
  write(message, id) {
    const content = new TextEncoder().encode(message);
    const header = encode([
      [1, id], [2, Date.now()], [3, chatTopic], [4, 'text/plain'], [5, content.length], [9, new Uint8Array()],
    ]);
    const packets = [this.#packet(packet.header, header)];
    for (let at = 0, index = 0; at < content.length; at += chunkBytes, index += 1) {
      const chunk = encode([[1, id], [2, index], [3, content.subarray(at, at + chunkBytes)]]);
      packets.push(this.#packet(packet.chunk, chunk));
    }
    return [...packets, this.#packet(packet.trailer, encode([[1, id]]))];
  }

  /** `{sender, text}` when a message is complete with this packet; `sender` is a participant's sid. */
  read(bytes) {
    const fields = decode(bytes);
    if (!fields) return null;
    const sender = text(fields.get(packet.sender));
    if (this.#isRepeated(sender, fields.get(packet.sequence))) return null;
    const message = this.#message(fields);
    return message === null ? null : { sender, text: message };
  }

  #packet(kind, message) {
    this.#sequence += 1;
    return encode([[kind, message], [packet.sequence, this.#sequence]]);
  }

  #isRepeated(sender, sequence) {
    if (!sequence) return false;
    if (sequence <= (this.#heard.get(sender) ?? 0)) return true;
    this.#heard.set(sender, sequence);
    return false;
  }

  #message(fields) {
    if (fields.has(packet.header)) return this.#begin(decode(fields.get(packet.header)));
    if (fields.has(packet.chunk)) return this.#append(decode(fields.get(packet.chunk)));
    if (fields.has(packet.trailer)) return this.#finish(decode(fields.get(packet.trailer)));
    if (fields.has(packet.chat)) return text(decode(fields.get(packet.chat))?.get(4));
    return fields.has(packet.user) ? readOlder(decode(fields.get(packet.user))) : null;
  }

  #begin(header) {
    if (text(header?.get(3)) !== chatTopic || this.#streams.size >= mostStreams) return null;
    if (header.has(11) && !header.get(12)) return text(header.get(11));
    this.#streams.set(text(header.get(1)), []);
    return null;
  }

  #append(chunk) {
    const id = text(chunk?.get(1));
    const bytes = this.#streams.get(id);
    if (!bytes) return null;
    for (const byte of chunk.get(3) ?? []) bytes.push(byte);
    if (bytes.length > longestText) this.#streams.delete(id);
    return null;
  }

  #finish(trailer) {
    const id = text(trailer?.get(1));
    const bytes = this.#streams.get(id);
    this.#streams.delete(id);
    return bytes ? text(Uint8Array.from(bytes)) : null;
  }
}

function readOlder(user) {
  if (!olderTopics.includes(text(user?.get(4)))) return null;
  try {
    const { message } = JSON.parse(text(user.get(2)));
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}
