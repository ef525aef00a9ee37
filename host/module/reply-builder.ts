// ReplyBuilder: takes the reply of a command as values, without protocol bytes in between. The
// nodes are kept in the order they came and put together when the reply is complete, so that
// going back and lengths that come late cost nothing.

import { type ByteString, byteString } from '../lib/bytes.ts';
import { formatDouble } from '../lib/number.ts';
import type { Slice } from '../lib/slice.ts';
import type { AggregateKind, ReplyMark, ReplySink } from '../resp/sink.ts';
import { CallReply, NODE, type NodeKind } from './call-reply.ts';
import { ModuleTrap } from './trap.ts';

const AGGREGATES = {
  array: NODE.array,
  map: NODE.map,
  set: NODE.set,
  attribute: NODE.attribute,
  push: NODE.push,
} as const;

/** A node of a reply, without its text. */
const NODE_BYTES = 160;
/** Arrays in arrays. */
const NESTING_MAX = 1024;

/** An array that a large reply left behind is not used again. */
const KEPT_NODES = 1024;

/** Used again for each call: `begin`, the command, `finish`. */
export class ReplyBuilder implements ReplySink {
  protocol: 2 | 3 = 2;
  /** Only the first `#count` count: cutting an array short costs more than a whole small reply. */
  #nodes: CallReply[] = [];
  #count = 0;
  /** The next node that `finish` puts to its place. */
  #at = 0;
  /** What the nodes take, and what they may; beyond it they are counted but not kept. */
  costBytes = 0;
  #maxBytes = 0;

  /** Makes the builder ready for a reply. */
  begin(protocol: 2 | 3, maxBytes: number): void {
    this.protocol = protocol;
    this.costBytes = 0;
    this.#maxBytes = maxBytes;
    this.#count = 0;
    if (this.#nodes.length > KEPT_NODES) this.#nodes = [];
  }

  /** There was more than fits: `finish` has no reply to give. */
  get isTooLarge(): boolean {
    return this.costBytes > this.#maxBytes;
  }

  /** The reply; of several only the first. Traps when a module's command has written none. */
  finish(): CallReply {
    const first = this.#nodes[0];
    this.#at = 0;
    let reply: CallReply;
    if (first === undefined || this.#count === 0) reply = new CallReply(NODE.none);
    else if (this.#count === 1 && isScalar(first.kind)) reply = first;
    else reply = this.#assemble(0);
    reply.protocol = this.protocol;
    reply.costBytes = this.costBytes;
    return reply;
  }

  #assemble(depth: number): CallReply {
    const nodes = this.#nodes;
    while (nodes[this.#at]?.kind === NODE.none) this.#at++; // lengths that never came
    const node = nodes[this.#at++];
    // Commands of modules may announce what they like.
    if (node === undefined || this.#at > this.#count) {
      throw new ModuleTrap('the reply of the command is shorter than it announced');
    }
    if (depth > NESTING_MAX) throw new ModuleTrap(`a reply nests deeper than ${NESTING_MAX}`);
    if (isScalar(node.kind)) return node;
    const isPaired = node.kind === NODE.map || node.kind === NODE.attribute;
    const count = Number(node.value) * (isPaired ? 2 : 1);
    const parts: CallReply[] = [];
    for (let i = 0; i < count; i++) {
      const part = this.#assemble(depth + 1);
      if (part.needsResp3) node.needsResp3 = true;
      parts.push(part);
    }
    node.parts = parts;
    if (node.kind !== NODE.attribute) return node;
    const target = this.#assemble(depth + 1);
    target.attribute = node;
    target.needsResp3 = true;
    return target;
  }

  simple(text: string): void {
    this.#add(new CallReply(NODE.simple, oneLine(text)));
  }

  error(text: string): void {
    this.#add(new CallReply(NODE.error, oneLine(text)));
  }

  integer(value: number | bigint): void {
    this.#add(new CallReply(NODE.integer, undefined, value));
  }

  bulk(bytes: string): void {
    this.#add(new CallReply(NODE.bulk, bytes as ByteString)); // what the sink demands
  }

  slice(bytes: Slice): void {
    this.#add(new CallReply(NODE.bulk, bytes.toByteString()));
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#add(new CallReply(NODE.bulk, byteString(buffer, start, end)));
  }

  null(): void {
    this.#typed(new CallReply(NODE.null));
  }

  nullArray(): void {
    if (this.protocol === 3) this.null();
    else this.#add(new CallReply(NODE.nullArray));
  }

  double(value: number): void {
    if (this.protocol === 2) this.bulk(formatDouble(value));
    else this.#typed(new CallReply(NODE.double, undefined, value));
  }

  bool(value: boolean): void {
    const kind = this.protocol === 2 ? NODE.integer : NODE.bool;
    this.#typed(new CallReply(kind, undefined, value ? 1 : 0));
  }

  bigNumber(digits: string): void {
    if (this.protocol === 2) this.bulk(digits);
    else this.#typed(new CallReply(NODE.bigNumber, digits as ByteString)); // ASCII
  }

  verbatim(format: string, bytes: string): void {
    if (this.protocol === 2) {
      this.bulk(bytes);
      return;
    }
    const letters = format.padEnd(3).slice(0, 3);
    this.#typed(new CallReply(NODE.verbatim, bytes as ByteString, 0, letters)); // as in bulk
  }

  array(length: number): void {
    this.#add(new CallReply(NODE.array, undefined, length));
  }

  map(pairs: number): void {
    this.#add(this.#aggregate('map', pairs));
  }

  set(length: number): void {
    this.#add(this.#aggregate('set', length));
  }

  push(length: number): void {
    this.#add(this.#aggregate('push', length));
  }

  attribute(pairs: number): void {
    if (this.protocol === 3) this.#add(this.#aggregate('attribute', pairs));
  }

  deferred(): ReplyMark {
    return this.#add(new CallReply(NODE.none));
  }

  setDeferred(mark: ReplyMark, kind: AggregateKind, length: number): void {
    this.#nodes[mark] = this.#aggregate(kind, length);
  }

  mark(): ReplyMark {
    return this.#count;
  }

  rewind(mark: ReplyMark): void {
    this.#count = mark;
  }

  errorSince(mark: ReplyMark): string | null {
    const node = mark < this.#count ? this.#nodes[mark] : undefined;
    return node?.kind === NODE.error ? node.bytes : null;
  }

  /** Adds a node; returns its place. */
  #add(node: CallReply): number {
    this.costBytes += NODE_BYTES + node.bytes.length;
    if (this.costBytes > this.#maxBytes) return this.#count;
    this.#nodes[this.#count] = node;
    return this.#count++;
  }

  /** Adds a node whose type only RESP3 has, if that is the protocol. */
  #typed(node: CallReply): void {
    node.needsResp3 = this.protocol === 3;
    this.#add(node);
  }

  #aggregate(kind: AggregateKind, length: number): CallReply {
    if (this.protocol === 3) {
      const node = new CallReply(AGGREGATES[kind], undefined, length);
      node.needsResp3 = kind !== 'array';
      return node;
    }
    const isPaired = kind === 'map' || kind === 'attribute';
    return new CallReply(NODE.array, undefined, isPaired ? length * 2 : length);
  }
}

function isScalar(kind: NodeKind): boolean {
  return (
    kind < NODE.array ||
    kind === NODE.bool ||
    kind === NODE.double ||
    kind === NODE.bigNumber ||
    kind === NODE.verbatim
  );
}

/** The text on one line, as the protocol would carry it. */
function oneLine(text: string): ByteString {
  return (/[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text) as ByteString; // as in bulk
}
