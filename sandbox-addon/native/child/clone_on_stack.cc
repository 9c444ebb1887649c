#include "child/clone_on_stack.h"

#include <sys/syscall.h>

namespace mayfly::sys {

long CloneOnStack(clone_args& arguments, void (*entry)()) {
  long result = 0;
#if defined(__x86_64__)
  register void (*begin)() asm("r12") = entry;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "call *%%r12\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"(static_cast<long>(SYS_clone3)), "D"(&arguments), "S"(sizeof arguments), "r"(begin)
      : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long number asm("x8") = SYS_clone3;
  register long first asm("x0") = reinterpret_cast<long>(&arguments);
  register long second asm("x1") = sizeof arguments;
  register void (*begin)() asm("x19") = entry;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "blr x19\n\t"
      "brk #0\n"
      "1:"
      : "+r"(first)
      : "r"(number), "r"(second), "r"(begin)
      : "memory", "x30");
  result = first;
#else
#error "forking is not written for this processor"
#endif
  return result;
}

}  // namespace mayfly::sys
