// Preloaded into a zygote (LD_PRELOAD): V8 asks for each of its heap's pages at a random address, so that each needs a
// page of page table of its own, two more above it, and a mapping: all of which is copied at each fork. Without the hint
// the kernel puts them side by side. The address of the first is as random as before.

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Larger ranges are reservations, which V8 places with care.
static const size_t kLargest = 16UL << 20;

static void* Map(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  const int is_fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  if (!is_fixed && (flags & MAP_ANONYMOUS) != 0 && size <= kLargest) hint = NULL;
  return (void*)syscall(SYS_mmap, hint, size, protection, flags, fd, offset);
}

void* mmap(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  return Map(hint, size, protection, flags, fd, offset);
}

void* mmap64(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  return Map(hint, size, protection, flags, fd, offset);
}

// It is for this process alone, not for what a function starts.
__attribute__((constructor)) static void Forget(void) { unsetenv("LD_PRELOAD"); }
