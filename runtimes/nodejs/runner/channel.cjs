// @ts-check
"use strict";

const { readSync, writeSync } = require("node:fs");

/** The worker's descriptor in the sandbox: one end of a stream socket. */
let control = 3;

/** For a rehearsal, which talks to nobody. @param {number} fd @returns {number} the one before */
function useControl(fd) {
  const before = control;
  control = fd;
  return before;
}

/** Numbers of `protocol/frames.ts`. A frame is its payload's length (u32, big endian), its type (u8), its payload. */
const FRAME = { invoke: 1, cancel: 2, called: 16, result: 17, error: 18, settled: 20, tooLarge: 21 };
const HEAD_BYTES = 5;

const FLAG_HTTP_RESPONSE = 1;
const FLAG_PENDING = 2;

/** Microseconds of the monotonic clock, which the worker reads too (a time namespace shifts boottime alone). */
function nowUs() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Blocks this thread, for a descriptor that somebody made non-blocking and that has no room or no data yet. */
function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** @param {number} fd @param {Uint8Array} bytes */
function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EAGAIN") throw error;
      pause();
    }
  }
}

/** @param {Uint8Array} into filled whole @returns {boolean} false at the end of the stream */
function readAll(into) {
  for (let done = 0; done < into.length; ) {
    const got = readSync(control, into, done, into.length - done, null);
    if (got === 0) return false;
    done += got;
  }
  return true;
}

/**
 * Waits for the one invoke frame. The read blocks, since nothing else is to be done before, and the `net` module
 * would cost milliseconds.
 *
 * @typedef {{ header: any, event: Buffer, rawBody: Buffer }} Invoke
 * @returns {Invoke | null} null where the worker is gone
 */
function receiveInvoke() {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  if (!readAll(head)) return null;
  const payload = Buffer.allocUnsafe(head.readUInt32BE(0));
  if (head[4] !== FRAME.invoke || !readAll(payload)) return null;
  const headerEnd = 4 + payload.readUInt32BE(0);
  const eventEnd = headerEnd + 4 + payload.readUInt32BE(headerEnd);
  const header = JSON.parse(payload.toString("utf8", 4, headerEnd));
  const event = payload.subarray(headerEnd + 4, eventEnd);
  const rawBody = header.http?.rawBodyIsEvent === true ? event : payload.subarray(eventEnd);
  return { header, event, rawBody };
}

/** @param {number} type @param {Uint8Array} payload */
function frameOf(type, payload) {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame[4] = type;
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** @param {number} type @param {unknown} value */
function sendJson(type, value) {
  writeAll(control, frameOf(type, Buffer.from(JSON.stringify(value))));
}

/** @param {string} json @param {{ isHttpResponse: boolean, pending: boolean }} facts */
function sendResult(json, facts) {
  writeAll(control, resultFrame(json, facts));
}

/** @param {string} json @param {{ isHttpResponse: boolean, pending: boolean }} facts */
function resultFrame(json, { isHttpResponse, pending }) {
  const text = Buffer.from(json);
  const payload = Buffer.allocUnsafe(9 + text.length);
  payload[0] = (isHttpResponse ? FLAG_HTTP_RESPONSE : 0) | (pending ? FLAG_PENDING : 0);
  payload.writeDoubleBE(nowUs(), 1);
  payload.set(text, 9);
  return frameOf(FRAME.result, payload);
}

/**
 * Calls back once the worker says that the invocation is cancelled. It costs a socket, so it is asked for only by a
 * function that looks at its signal; the socket does not keep the process alive.
 *
 * @param {() => void} onCancel
 */
function listenForCancel(onCancel) {
  const { Socket } = require("node:net");
  const socket = new Socket({ fd: control, readable: true, writable: false });
  socket.on("error", () => {});
  socket.once("data", onCancel);
  socket.unref();
}

/**
 * Blocks for good: the call has been answered, so nothing of the function runs while the worker ends the process.
 *
 * @returns {never}
 */
function waitToBeEnded() {
  const byte = Buffer.allocUnsafe(1);
  for (;;) {
    try {
      if (readSync(control, byte) === 0) break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EAGAIN") break;
      pause();
    }
  }
  // @ts-expect-error: it leaves at once, where `process.exit` would run the function's exit listeners.
  return process.reallyExit(0);
}

module.exports = {
  FRAME,
  useControl,
  nowUs,
  writeAll,
  receiveInvoke,
  sendJson,
  sendResult,
  resultFrame,
  listenForCancel,
  waitToBeEnded,
};
