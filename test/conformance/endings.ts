import type { ManifestInput, OutcomeKind } from "@mayfly/contract";

export interface Ending {
  /** The body of an async handler. */
  readonly code: string;
  readonly limits?: ManifestInput["limits"];
  /** V8 prints addresses and times where it gives up: then only that something was printed is compared. */
  readonly log?: "varies";
  /** Where a fork ends otherwise than a boot, as which kind of outcome, and why. */
  readonly forksKind?: OutcomeKind;
  readonly why?: string;
}

const FOREVER = "return new Promise(() => setTimeout(() => {}, 9000));";
const SAY = "const say = (...words) => console.log(...words);";

/** How a process can end, by a sentence. A fork's ends with the outcome and the log that a boot's does. */
export const ENDINGS: Readonly<Record<string, Ending>> = {
  "process.exit(3)": { code: "process.exit(3);" },
  "process.exit() with process.exitCode set": { code: "process.exitCode = 4; process.exit();" },
  "process.reallyExit(6)": { code: "process.reallyExit(6);" },
  "the loop is empty": { code: "return new Promise(() => {});" },
  "the loop is empty, with process.exitCode set": {
    code: "process.exitCode = 5; return new Promise(() => {});",
  },
  "an exit listener sets the code at the last moment": {
    code: "process.on('exit', () => { process.exitCode = 9; }); return new Promise(() => {});",
  },
  "an exit listener exits itself": {
    code: "process.on('exit', () => process.exit(8)); process.exit(1);",
  },
  "an exit listener throws": {
    code: "process.on('exit', () => { throw new Error('at the end'); }); return new Promise(() => {});",
  },
  "beforeExit, then exit, in this order and with the code": {
    code: `${SAY} process.once('beforeExit', (code) => { say('before', code); setTimeout(() => say('once more'), 1); }); process.on('exit', (code) => say('exit', code)); process.exitCode = 2; return new Promise(() => {});`,
  },
  "process.exit() skips beforeExit and runs exit": {
    code: `${SAY} process.on('beforeExit', () => say('before')); process.on('exit', (code) => say('exit', code)); process.exit(7);`,
  },
  "what was printed just before an exit is all there": {
    code: "for (let i = 0; i < 500; i++) console.log(String(i).padStart(200, '.')); process.stderr.write('last\\n'); process.exit(1);",
  },
  "process.abort()": { code: "process.abort();", log: "varies" },
  "SIGTERM of its own": { code: `process.kill(process.pid, 'SIGTERM'); ${FOREVER}` },
  "SIGKILL of its own": { code: `process.kill(process.pid, 'SIGKILL'); ${FOREVER}` },
  "SIGSEGV of its own": { code: `process.kill(process.pid, 'SIGSEGV'); ${FOREVER}` },
  "SIGINT of its own": { code: `process.kill(process.pid, 'SIGINT'); ${FOREVER}` },
  "SIGPIPE and SIGUSR2, of which one is ignored": {
    code: `process.kill(process.pid, 'SIGPIPE'); process.kill(process.pid, 'SIGUSR2'); ${FOREVER}`,
  },
  "a signal of its own that it hears, and then the loop is empty": {
    code: "process.once('SIGTERM', (name) => { console.log(name); process.exitCode = 6; }); process.kill(process.pid, 'SIGTERM'); return new Promise(() => setTimeout(() => {}, 50));",
  },
  "a signal that there is not, and then the loop is empty": {
    code: "try { process.kill(process.pid, 987); } catch (error) { console.log(error.code); } return new Promise(() => {});",
  },
  "SIGUSR1 that nobody hears": {
    code: `process.kill(process.pid, 'SIGUSR1'); await new Promise((resolve) => setTimeout(resolve, 300)); return 'goes on';`,
    forksKind: "signalled",
    why: "a boot opens its inspector on its own loopback, where nobody is; a copy has no thread that waits for that signal, and ends by it as by any other",
  },
  "trace events are taken": {
    code: `process.chdir('/tmp'); const tracing = require('node:trace_events').createTracing({ categories: ['node.perf'] }); tracing.enable(); tracing.disable(); return 'taken';`,
    forksKind: "signalled",
    why: "Node's tracing has an event loop of its own since its boot, which a copy does not have; a function that traces sets isolation to exec",
  },
  "SIGQUIT, heard and answered with an exit": {
    code: `process.on('SIGQUIT', (name, number) => process.exit(number)); process.kill(process.pid, 'SIGQUIT'); ${FOREVER}`,
  },
  "an error that is thrown": { code: "throw new RangeError('thrown');" },
  "something that is no error": { code: "throw 'a string';" },
  "null is thrown": { code: "throw null;" },
  "an error in a timer": { code: `setTimeout(() => { throw new TypeError('in a timer'); }, 1); ${FOREVER}` },
  "an error in a tick": { code: `process.nextTick(() => { throw new Error('in a tick'); }); ${FOREVER}` },
  "an error event that nobody hears": {
    code: `const { EventEmitter } = require('node:events'); setImmediate(() => new EventEmitter().emit('error', new Error('unheard'))); ${FOREVER}`,
  },
  "a rejection that nobody handles": { code: `Promise.reject(new Error('unhandled')); ${FOREVER}` },
  "a rejection with what is no error": { code: `Promise.reject(42); ${FOREVER}` },
  "a rejection that a listener hears": {
    code: "return new Promise((resolve) => { process.on('unhandledRejection', (reason) => resolve(reason.message)); Promise.reject(new Error('heard')); });",
  },
  "an error that a listener swallows, and the process goes on": {
    code: "return new Promise((resolve) => { process.on('uncaughtException', (error, origin) => setTimeout(() => resolve([error.message, origin]), 5)); setTimeout(() => { throw new Error('swallowed'); }, 1); });",
  },
  "a monitor hears of an error, and changes nothing": {
    code: `${SAY} process.on('uncaughtExceptionMonitor', (error, origin) => say(error.message, origin)); setTimeout(() => { throw new Error('watched'); }, 1); ${FOREVER}`,
  },
  "an error with a cause and a code": {
    code: "throw Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'EWHY' });",
  },
  "the error of a file that is not there": { code: "require('node:fs').readFileSync('/nowhere');" },
  "a stack that overflows": { code: "const f = () => f() + 1; return f();" },
  "eval of what does not parse": { code: "eval('let = ;');" },
  "a heap that overflows": {
    code: "const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length));",
    limits: { memory: "96m" },
    log: "varies",
  },
  "buffers past the limit": {
    code: "const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));",
    limits: { memory: "96m" },
  },
  "a busy loop past the wall limit": { code: "for (;;);", limits: { timeoutMs: 700 } },
  "a busy loop past the CPU limit": { code: "for (;;);", limits: { cpuTimeMs: 300, timeoutMs: 9000 } },
  "a signal that is heeded in time": {
    code: "return new Promise((resolve) => { context.signal.addEventListener('abort', () => resolve(context.signal.reason.name)); setTimeout(() => {}, 9000); });",
    limits: { timeoutMs: 700 },
  },
  "a worker thread calls process.exit()": {
    code: "const { Worker } = require('node:worker_threads'); return new Promise((resolve) => new Worker('process.exit(3)', { eval: true }).on('exit', resolve));",
  },
  "a worker thread's error that nobody hears": {
    code: `new (require('node:worker_threads').Worker)('throw new Error("in a thread")', { eval: true }); ${FOREVER}`,
  },
  "process.execve() becomes another program": {
    code: "process.execve('/bin/sh', ['sh', '-c', 'echo $$ $0 $MARK; exit 11'], { MARK: 'marked' });",
  },
  "a warning is printed": {
    code: "process.emitWarning('careful', { code: 'W1' }); await new Promise((resolve) => setTimeout(resolve, 20)); return 1;",
  },
  "a deprecation is printed": {
    code: "new Buffer(1); require('node:util').deprecate(() => {}, 'old', 'DEP9')(); await new Promise((resolve) => setTimeout(resolve, 20)); return 1;",
  },
  "a large answer": { code: "return 'x'.repeat(5_000_000);" },
  "an answer that JSON cannot hold": { code: "return { big: 1n };" },
  "a child is still running at the answer": {
    code: "require('node:child_process').spawn('/bin/sleep', ['60'], { stdio: 'ignore' }); return 'answered';",
  },
  "standard output is closed": {
    code: "process.stdout.end(); require('node:fs').closeSync(1); return 'still here';",
  },
};
