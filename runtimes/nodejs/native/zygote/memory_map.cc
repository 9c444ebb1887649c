#include "memory_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace mayfly::zygote {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::uint64_t kPresent = 1ULL << 63;
// A reserved range, and no heap.
constexpr std::size_t kMostSearched = 256UL << 20;

bool ReadHead(const std::string& line, Mapping& mapping) {
  char access[5] = {};
  int name_at = 0;
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &mapping.first, &mapping.end, access, &name_at) != 3)
    return false;
  mapping.access = access;
  mapping.name = name_at > 0 ? line.substr(static_cast<std::size_t>(name_at)) : "";
  return true;
}

bool MayHoldHeap(const Mapping& mapping) {
  return mapping.access == "rw-p" && !mapping.dont_fork && mapping.size() <= kMostSearched &&
         (mapping.name.empty() || mapping.name == "[heap]");
}

}  // namespace

std::vector<Mapping> ReadMappings() {
  std::vector<Mapping> mappings;
  std::ifstream smaps("/proc/self/smaps");
  for (std::string line; std::getline(smaps, line);) {
    Mapping mapping = {};
    if (line.starts_with("VmFlags:")) {
      if (!mappings.empty()) mappings.back().dont_fork = line.find(" dc") != std::string::npos;
    } else if (ReadHead(line, mapping)) {
      mappings.push_back(std::move(mapping));
    }
  }
  return mappings;
}

void ForResident(const Mapping& mapping, const std::function<void(std::uintptr_t, std::uintptr_t)>& visit) {
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  std::vector<std::uint64_t> pages(mapping.size() / kPageBytes);
  const auto bytes = static_cast<ssize_t>(pages.size() * sizeof(std::uint64_t));
  const auto at = static_cast<off_t>(mapping.first / kPageBytes * sizeof(std::uint64_t));
  const ssize_t got = pread(pagemap, pages.data(), static_cast<std::size_t>(bytes), at);
  close(pagemap);
  if (got != bytes) return;
  for (std::size_t i = 0; i < pages.size();) {
    const std::size_t begin = i;
    while (i < pages.size() && (pages[i] & kPresent) != 0) i++;
    if (i > begin) visit(mapping.first + begin * kPageBytes, mapping.first + i * kPageBytes);
    else i++;
  }
}

bool Peek(std::uintptr_t address, void* into, std::size_t bytes) {
  const iovec to = {into, bytes};
  const iovec from = {reinterpret_cast<void*>(address), bytes};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(bytes);
}

std::vector<void*> SearchHeap(std::size_t bytes, std::size_t alignment,
                              const std::function<bool(const void*)>& matches) {
  std::vector<void*> hits;
  for (const Mapping& mapping : ReadMappings()) {
    if (!MayHoldHeap(mapping)) continue;
    ForResident(mapping, [&](std::uintptr_t first, std::uintptr_t end) {
      // Mapped after the list was read, or what it holds would be found, too.
      const std::size_t size = end - first;
      void* const room = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (room == MAP_FAILED) return;
      const auto* const copy = static_cast<const char*>(room);
      if (Peek(first, room, size)) {
        for (std::size_t at = 0; at + bytes <= size; at += alignment) {
          if (matches(copy + at)) hits.push_back(reinterpret_cast<void*>(first + at));
        }
      }
      munmap(room, size);
    });
  }
  return hits;
}

}  // namespace mayfly::zygote
