import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandboxes } from "../src/index.ts";
import { MODES, openWay, python, shell, WAYS } from "./support/box.ts";

/** Calls by number, so that no wrapper of a C library stands in between. Prints the errno's name, or the result. */
const PRELUDE = `
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *args):
  ctypes.set_errno(0)
  result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
  return errno.errorcode[ctypes.get_errno()] if result == -1 else result
def attempt(f):
  try: f(); return 'done'
  except OSError as e: return errno.errorcode.get(e.errno, e.errno)
`;

const isX64 = process.arch === "x64";

/** It is the same with every kind of cgroups. */
const ONCE = WAYS.filter(({ mode }) => mode === MODES[0]);

describe.runIf(isX64).each(ONCE)("the filter of a process by $way", (given) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openWay(given);
  });
  afterAll(() => sandboxes.close());

  const evaluate = async (expression: string) => {
    const result = await python(sandboxes, `${PRELUDE}\nprint(${expression})`);
    return result.stdout === "" ? `${result.signal} ${result.stderr}` : result.stdout;
  };

  test("what is allowed arrives at the kernel: getpid, and an unshare of nothing is refused before it", async () => {
    expect(await evaluate("call(39)")).toBe("2");
  });

  test.each([
    ["unshare", "call(272, 0x10000000)"],
    ["unshare of nothing", "call(272, 0)"],
    ["setns", "call(308, 0, 0)"],
    ["clone with a namespace flag", "call(56, 0x10000000 | 17, 0, 0, 0, 0)"],
    ["clone with a flag hidden above 32 bits", "call(56, 0x7e020000 | (1 << 32), 0, 0, 0, 0)"],
    ["mount", "call(165, b'a', b'/tmp', b'tmpfs', 0, 0)"],
    ["umount2", "call(166, b'/proc/kallsyms', 2)"],
    ["pivot_root", "call(155, b'/', b'/')"],
    ["chroot", "call(161, b'/tmp')"],
    ["fsopen", "call(430, b'tmpfs', 0)"],
    ["open_tree", "call(428, -100, b'/', 1)"],
    ["move_mount", "call(429, -1, b'', -1, b'', 0)"],
    ["mount_setattr", "call(442, -100, b'/', 0, 0, 0)"],
    ["open_by_handle_at", "call(304, -100, 0, 0)"],
    ["name_to_handle_at", "call(303, -100, b'/', 0, 0, 0)"],
    ["bpf", "call(321, 0, 0, 0)"],
    ["perf_event_open", "call(298, 0, 0, 0, 0, 0)"],
    ["userfaultfd", "call(323, 0)"],
    ["io_uring_setup", "call(425, 8, 0)"],
    ["io_uring_enter", "call(426, 0, 0, 0, 0, 0)"],
    ["io_uring_register", "call(427, 0, 0, 0, 0)"],
    ["keyctl", "call(250, 0, 0)"],
    ["add_key", "call(248, 0, 0, 0, 0, 0)"],
    ["request_key", "call(249, 0, 0, 0, 0)"],
    ["ptrace", "call(101, 0, 0, 0, 0)"],
    ["process_vm_readv", "call(310, 1, 0, 0, 0, 0, 0)"],
    ["pidfd_getfd", "call(438, 0, 0, 0)"],
    ["kcmp", "call(312, 1, 2, 0, 0, 0)"],
    ["init_module", "call(175, 0, 0, 0)"],
    ["finit_module", "call(313, 0, 0, 0)"],
    ["kexec_load", "call(246, 0, 0, 0, 0)"],
    ["reboot", "call(169, 0, 0, 0, 0)"],
    ["swapon", "call(167, b'/x', 0)"],
    ["acct", "call(163, 0)"],
    ["quotactl", "call(179, 0, 0, 0, 0)"],
    ["syslog", "call(103, 3, 0, 0)"],
    ["settimeofday", "call(164, 0, 0)"],
    ["clock_settime", "call(227, 0, 0)"],
    ["adjtimex", "call(159, 0)"],
    ["sethostname", "call(170, b'x', 1)"],
    ["iopl", "call(172, 3)"],
    ["personality without address randomisation", "call(135, 0x0040000)"],
    ["seccomp", "call(317, 0, 0, 0)"],
    ["TIOCSTI", "call(16, 0, 0x5412, b'x')"],
    ["TIOCSTI hidden below 32 more bits", "call(16, 0, 0x100005412, b'x')"],
    ["TIOCLINUX", "call(16, 0, 0x541c, b'x')"],
    ["AF_ALG", "call(41, 38, 5, 0)"],
    ["AF_VSOCK", "call(41, 40, 1, 0)"],
    ["AF_PACKET", "call(41, 17, 3, 0)"],
    ["MPTCP", "call(41, 2, 1, 262)"],
    ["SCTP over AF_INET6", "call(41, 10, 1, 132)"],
    ["ICMP", "call(41, 2, 2, 1)"],
    ["AF_NETLINK other than ROUTE", "call(41, 16, 3, 12)"],
    ["a socketpair that is not AF_UNIX", "call(53, 30, 1, 0, 0)"],
  ])("refuses %s with EPERM", async (_name, expression) => {
    expect(await evaluate(expression)).toBe("EPERM");
  });

  test.each([
    ["clone3, so that libraries take clone", "call(435, 0, 0)"],
    ["a call that is newer than the profile", "call(462, 0, 0, 0)"],
    ["a call of the far future", "call(900)"],
  ])("answers ENOSYS to %s", async (_name, expression) => {
    expect(await evaluate(expression)).toBe("ENOSYS");
  });

  test.each([
    ["AF_UNIX", "call(41, 1, 1, 0) > 2"],
    ["AF_INET", "call(41, 2, 1, 0) > 2"],
    ["AF_INET6", "call(41, 10, 1, 0) > 2"],
    ["TCP by its number", "call(41, 2, 1, 6) > 2"],
    ["UDP by its number", "call(41, 10, 2, 17) > 2"],
    ["NETLINK_ROUTE", "call(41, 16, 3, 0) > 2"],
    ["FIONREAD", "call(16, 0, 0x541b, ctypes.byref(ctypes.c_int())) == 0"],
    ["a thread", "attempt(lambda: __import__('threading').Thread(target=print).start()) == 'done'"],
    ["a fork", "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)[1] == 0"],
  ])("allows %s", async (_name, expression) => {
    expect(await evaluate(expression)).toMatch(/True$/);
  });

  test("x32 calls and calls of another architecture kill the process", async () => {
    expect(await evaluate("call(0x40000000 | 39)")).toMatch(/^SIGSYS/);
    const int80 = `${PRELUDE}
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())`;
    const result = await python(sandboxes, int80);
    expect(["SIGSYS", "SIGSEGV"]).toContain(result.signal);
  });

  test("locking memory, raising priority and real-time scheduling are refused", async () => {
    expect(await evaluate("call(149, 0, 4096)")).toMatch(/EPERM|ENOMEM/);
    expect(
      await evaluate("attempt(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))"),
    ).toBe("EPERM");
    expect(await evaluate("attempt(lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))")).toMatch(
      /EACCES|EPERM/,
    );
    expect(await evaluate("attempt(lambda: os.setuid(0))")).toMatch(/EINVAL|EPERM/);
  });

  test("a device cannot be made, and a set-uid bit gains nothing", async () => {
    const { stdout } = await shell(
      sandboxes,
      "mknod /tmp/sda b 8 0 2>&1; cp /usr/bin/id /tmp/id; chmod 6755 /tmp/id; /tmp/id -u",
    );
    expect(stdout).toMatch(/Operation not permitted\n1000$/);
  });
});
