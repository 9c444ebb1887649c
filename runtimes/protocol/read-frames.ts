import {
  FLAG_HTTP_RESPONSE,
  FLAG_PENDING,
  FRAME,
  HEAD_BYTES,
  RESULT_HEAD_BYTES,
  type RunnerFrame,
} from "./frames.ts";

/** More than a runner's longest error; what is longer is not a runner's. */
const MAX_JSON_BYTES = 512 * 1024;
/** In characters. Every attempt keeps its error in the invocation's record, so that records stay small. */
const MAX_ERROR = { errorType: 200, errorMessage: 8 * 1024, stack: 16 * 1024, code: 200 } as const;

/** Thrown where the peer wrote what is not a frame. It speaks a language of its own: nothing after it is read. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

export interface FrameReaderOptions {
  /** A longer result is told as `tooLarge` without being taken in. */
  readonly maxResultBytes: number;
  readonly onFrame: (frame: RunnerFrame) => void;
}

/**
 * Cuts what a sandbox writes into frames. The peer is hostile: a length of its is compared with the largest that its
 * type can have before anything is allocated for it, one frame is held at the most, and bytes that come one by one
 * cost no more than the frame that they make.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #buffer: Buffer = Buffer.alloc(HEAD_BYTES);
  #filled = 0;
  /** Null while the head is read. */
  #type: number | null = null;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** @throws MalformedFrame */
  push(chunk: Buffer): void {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(this.#buffer, this.#filled, taken);
      taken += copied;
      this.#filled += copied;
      if (this.#filled < this.#buffer.length) return;
      if (this.#type === null) this.#endHead();
      else this.#endPayload(this.#type, this.#buffer);
    }
  }

  #endHead(): void {
    const payloadBytes = this.#buffer.readUInt32BE(0);
    const type = this.#buffer[4] ?? 0;
    this.#checkLength(type, payloadBytes);
    if (payloadBytes === 0) {
      this.#endPayload(type, Buffer.alloc(0));
      return;
    }
    this.#type = type;
    this.#buffer = Buffer.allocUnsafe(payloadBytes);
    this.#filled = 0;
  }

  #endPayload(type: number, payload: Buffer): void {
    this.#type = null;
    this.#buffer = Buffer.alloc(HEAD_BYTES);
    this.#filled = 0;
    this.#options.onFrame(parseFrame(type, payload));
  }

  #checkLength(type: number, payloadBytes: number): void {
    if (type === FRAME.result && payloadBytes > this.#options.maxResultBytes + RESULT_HEAD_BYTES) {
      this.#options.onFrame({ type: "tooLarge", bytes: payloadBytes - RESULT_HEAD_BYTES, atUs: Number.NaN });
      throw new MalformedFrame("a result over its limit");
    }
    if (type !== FRAME.result && payloadBytes > MAX_JSON_BYTES)
      throw new MalformedFrame(`a frame of type ${type} with ${payloadBytes} bytes`);
  }
}

function parseFrame(type: number, payload: Buffer): RunnerFrame {
  switch (type) {
    case FRAME.called: {
      const { bootedUs, calledUs } = parseObject(payload);
      return { type: "called", bootedUs: time(bootedUs), calledUs: time(calledUs) };
    }
    case FRAME.result:
      return parseResult(payload);
    case FRAME.error: {
      const { errorType, errorMessage, stack, code, atUs, isTimeUp } = parseObject(payload);
      return {
        type: "error",
        errorType: text(errorType, MAX_ERROR.errorType) ?? "Error",
        errorMessage: text(errorMessage, MAX_ERROR.errorMessage) ?? "",
        stack: text(stack, MAX_ERROR.stack),
        code: text(code, MAX_ERROR.code),
        atUs: time(atUs),
        isTimeUp: isTimeUp === true,
      };
    }
    case FRAME.heapOom:
      return { type: "heapOom" };
    case FRAME.settled:
      return { type: "settled" };
    case FRAME.tooLarge: {
      const { bytes, atUs } = parseObject(payload);
      return { type: "tooLarge", bytes: time(bytes), atUs: time(atUs) };
    }
    default:
      throw new MalformedFrame(`a frame of the unknown type ${type}`);
  }
}

function parseResult(payload: Buffer): RunnerFrame {
  if (payload.length <= RESULT_HEAD_BYTES) throw new MalformedFrame("a result without text");
  const flags = payload[0] ?? 0;
  return {
    type: "result",
    isHttpResponse: (flags & FLAG_HTTP_RESPONSE) !== 0,
    pending: (flags & FLAG_PENDING) !== 0,
    atUs: time(payload.readDoubleBE(1)),
    json: payload.subarray(RESULT_HEAD_BYTES),
  };
}

function parseObject(payload: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8"));
  } catch (cause) {
    throw new MalformedFrame("a frame whose payload is not JSON", { cause });
  }
  if (typeof value !== "object" || value === null) throw new MalformedFrame("a frame without an object");
  return value as Record<string, unknown>;
}

/** A time that is none becomes NaN, which the reader of times takes for "not said". */
function time(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : Number.NaN;
}

function text(value: unknown, most: number): string | null {
  if (typeof value !== "string") return null;
  return value.length <= most ? value : `${value.slice(0, most)}… (cut)`;
}
