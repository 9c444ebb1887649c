// @ts-check
"use strict";

const { formatWithOptions } = require("node:util");
const { writeAll } = require("./channel.cjs");

/**
 * Makes what the function prints synchronous: what it wrote before it answered is in the pipe when the answer is,
 * and a full pipe slows the writer instead of filling its memory. It also spares every call that logs the load of
 * Node's socket streams.
 */
function installOutput() {
  let indentation = "";
  /** @param {number} fd */
  const printTo =
    (fd) =>
    /** @param {unknown[]} values */
    (...values) => {
      const text = formatWithOptions({}, ...values);
      const lines = indentation === "" ? text : indentation + text.replaceAll("\n", `\n${indentation}`);
      writeAll(fd, Buffer.from(`${lines}\n`));
    };
  const print = printTo(1);
  const printError = printTo(2);
  Object.assign(console, {
    log: print,
    info: print,
    debug: print,
    warn: printError,
    error: printError,
    /** @param {unknown[]} label */
    group(...label) {
      if (label.length > 0) print(...label);
      indentation += "  ";
    },
    groupEnd() {
      indentation = indentation.slice(2);
    },
  });
  console.groupCollapsed = console.group;
  installStream("stdout", 1);
  installStream("stderr", 2);
}

/** @param {"stdout" | "stderr"} name @param {1 | 2} fd */
function installStream(name, fd) {
  /** @type {import("node:stream").Writable & { fd?: number } | undefined} */
  let stream;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (stream === undefined) {
        const { Writable } = require("node:stream");
        stream = new Writable({
          write(chunk, _encoding, done) {
            writeAll(fd, chunk);
            done();
          },
        });
        stream.fd = fd;
      }
      return stream;
    },
  });
}

module.exports = { installOutput };
