#include "huge_pages.h"

#include <sys/mman.h>

#include <climits>
#include <cstring>
#include <filesystem>

#include "memory_map.h"

namespace mayfly::zygote {
namespace {

constexpr std::uintptr_t kHugeBytes = 2UL << 20;

std::uintptr_t RoundUp(std::uintptr_t address) { return (address + kHugeBytes - 1) & ~(kHugeBytes - 1); }

bool HasResident(std::uintptr_t block) {
  bool found = false;
  ForResident({block, block + kHugeBytes, "r--p", "", false}, [&](auto, auto) { found = true; });
  return found;
}

// The block is replaced in one step, so that nobody sees it missing.
bool MoveBlock(std::uintptr_t block, int protection) {
  void* const room = mmap(nullptr, 2 * kHugeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  const auto begin = reinterpret_cast<std::uintptr_t>(room);
  const std::uintptr_t aligned = RoundUp(begin);
  auto* const copy = reinterpret_cast<void*>(aligned);
  auto* const place = reinterpret_cast<void*>(block);
  bool is_moved = madvise(copy, kHugeBytes, MADV_HUGEPAGE) == 0;
  if (is_moved) {
    std::memcpy(copy, place, kHugeBytes);
    is_moved = mprotect(copy, kHugeBytes, protection) == 0 &&
               mremap(copy, kHugeBytes, kHugeBytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED;
  }
  if (!is_moved) {
    munmap(room, 2 * kHugeBytes);
    return false;
  }
  if (aligned > begin) munmap(room, aligned - begin);
  const std::uintptr_t end = begin + 2 * kHugeBytes;
  if (end > aligned + kHugeBytes) munmap(reinterpret_cast<void*>(aligned + kHugeBytes), end - aligned - kHugeBytes);
  return true;
}

}  // namespace

int MoveExecutableToHugePages() {
  std::error_code error;
  const std::string executable = std::filesystem::read_symlink("/proc/self/exe", error).string();
  int moved = 0;
  for (const Mapping& mapping : ReadMappings()) {
    const bool is_code = mapping.access == "r-xp";
    if (error || mapping.name != executable || !(is_code || mapping.access == "r--p")) continue;
    const int protection = PROT_READ | (is_code ? PROT_EXEC : 0);
    for (std::uintptr_t block = RoundUp(mapping.first); block + kHugeBytes <= mapping.end; block += kHugeBytes) {
      if (HasResident(block) && MoveBlock(block, protection)) moved++;
    }
  }
  return moved;
}

}  // namespace mayfly::zygote
